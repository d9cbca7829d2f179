import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { colors, lights, tones } from '../../device/domain/signals.ts';
import { FirmataPanel } from '../../device/panel/firmata-panel.ts';
import { createLog } from '../../shared/log.ts';
import { PanelRecord, panelContract, patience } from '../contracts/panel-contract.ts';
import type { ProgramName } from '../support/avr-programs.ts';
import { SimulatedBoard } from '../support/simulated-board.ts';

const log = createLog('test', 'silent');
/** Longer than settling, asking again and a heartbeat take together. */
const quietMs = 1500;
/** Beyond johnny-five's own 7 ms, and within the time that contacts are given to settle. */
const bounceMs = 18;
const bounceMsMax = 30;

panelContract('FirmataPanel', async () => {
  const board = await SimulatedBoard.start();
  return {
    panel: new FirmataPanel({ path: board.path, log }),
    press: board.press,
    release: board.release,
    light: () => board.light(),
    buzzerIsOn: () => board.buzzerIsOn(),
    dispose: () => board.stop(),
  };
});

describe('FirmataPanel in trouble', () => {
  const open: { panel: FirmataPanel; board: SimulatedBoard }[] = [];
  afterEach(async () => {
    for (const { panel, board } of open.splice(0)) {
      await panel.stop();
      await board.stop();
    }
  });

  async function started(program: ProgramName = 'firmata') {
    const board = await SimulatedBoard.start(program);
    const panel = new FirmataPanel({ path: board.path, log });
    const record = new PanelRecord();
    open.push({ panel, board });
    panel.start(record);
    const becomes = (state: string) => expect.poll(() => record.state, patience).toBe(state);
    const faults = () => record.states.filter((s) => s.state === 'fault').map((s) => s.detail);
    if (program === 'firmata') await becomes('ready');
    return { board, panel, record, becomes, faults };
  }

  test('unplugged while blinking: a fault; replugged: light and button work again', async () => {
    const { board, panel, record, becomes } = await started();
    panel.show(lights.undelivered);
    await expect.poll(() => board.light(), patience).toEqual(colors.amber);
    await board.unplug();
    await becomes('fault');
    panel.show(lights.credited);
    await board.plug();
    await becomes('ready');
    await expect.poll(() => board.light(), patience).toEqual(colors.green);
    await board.press();
    await expect.poll(() => record.edges, patience).toEqual(['down']);
  });

  test('unplugged while pressed: one release, and nothing more', async () => {
    const { board, record, becomes } = await started();
    await board.press();
    await expect.poll(() => record.edges, patience).toEqual(['down']);
    await board.unplug();
    await becomes('fault');
    await sleep(quietMs);
    expect(record.edges).toEqual(['down', 'up']);
    // After the fault: it says that nobody sees the button any more, not that somebody let it go.
    expect(record.all.indexOf('up')).toBeGreaterThan(record.all.indexOf('fault'));
  });

  test('unplugged while it says "phone for help": replugged, it says so again, until another tone', async () => {
    const { board, panel, becomes } = await started();
    const hears = (on: boolean) => expect.poll(() => board.buzzerIsOn(), patience).toBe(on);
    panel.sound(tones.insistent);
    await hears(true);
    await board.unplug();
    await becomes('fault');
    await board.plug();
    await becomes('ready');
    for (const on of [true, false, true, false]) await hears(on);
    await board.unplug();
    await becomes('fault');
    panel.sound(tones.long);
    await board.plug();
    await becomes('ready');
    await sleep(quietMs);
    expect(board.buzzerIsOn()).toBe(false);
  });

  test.each(['reset', 'hang'] as const)('a %s of the board: a fault, then back', async (fault) => {
    const { board, panel, becomes, faults } = await started();
    panel.show(lights.credited);
    await expect.poll(() => board.light(), patience).toEqual(colors.green);
    await (fault === 'reset' ? board.reset() : board.stall(true));
    // On a machine that is busy enough, a board that restarts is not back in time for its next heartbeat.
    const told = fault === 'reset' ? /restarted|hangs/ : /hangs/;
    await expect.poll(faults, patience).toContainEqual(expect.stringMatching(told));
    if (fault === 'hang') await board.stall(false);
    await becomes('ready');
    await expect.poll(() => board.light(), patience).toEqual(colors.green);
  });

  test('noise that reads as a press is not believed, and a real press still is', async () => {
    const { board, record } = await started();
    for (let i = 0; i < 5; i++) {
      await board.garbage('900000');
      await sleep(quietMs / 5);
    }
    expect(record.edges).toEqual([]);
    await board.press();
    await expect.poll(() => record.edges, patience).toEqual(['down']);
  });

  test('contacts that bounce for longer than johnny-five waits are one press', async () => {
    const { board, record } = await started();
    const bounce = async (): Promise<number> => {
      const atMs = [performance.now()];
      for (const move of ['press', 'release', 'press', 'release', 'press'] as const) {
        await board[move]();
        atMs.push(performance.now());
        await sleep(bounceMs);
      }
      return Math.max(...atMs.slice(1).map((ms, index) => ms - (atMs[index] ?? ms)));
    };
    // On a busy machine a bounce may last as long as a press: such a try says nothing.
    while ((await bounce()) > bounceMsMax) {
      await board.release();
      await sleep(quietMs);
      record.edges.length = 0;
    }
    await expect.poll(() => record.edges, patience).toEqual(['down']);
    await sleep(quietMs);
    expect(record.edges).toEqual(['down']);
  });

  test('noise on which Firmata throws is a fault, then back', async () => {
    const { board, becomes, faults } = await started();
    // Noise in the middle of a real message is swallowed with it: it is made until it is noticed.
    while (!faults().some((fault) => fault.includes('not Firmata'))) {
      await board.garbage('f06e7f0000f7');
      await sleep(100);
    }
    await becomes('ready');
  });

  test.each([
    ['silent', 'does not answer'],
    ['chatter', 'sends what is not Firmata'],
  ] as const)('wrong firmware (%s): a clear fault', async (program, reason) => {
    const { board, faults } = await started(program);
    await expect.poll(faults, patience).toContainEqual(expect.stringContaining(reason));
    expect(board.light()).toEqual(colors.off);
  });
});
