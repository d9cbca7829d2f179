import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChronyWatch } from '../../device/clock/chrony-watch.ts';
import { startClockWatch } from '../../device/clock/clock-watch.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Timers } from '../../shared/timers.ts';
import { eventually } from '../support/eventually.ts';
import { LoneStation, macKey } from '../support/lone-station.ts';
import { ModelHub } from '../support/model-hub.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yizhan-clock-'));
});
// What was asked last may still be writing there.
afterEach(() => rmSync(folder, { recursive: true, maxRetries: 10, retryDelay: 100 }));

/** Timers that a test turns by hand. */
class Turned implements Timers {
  readonly #runs = new Set<() => void>();
  now = (): number => 0;
  after(): () => void {
    throw new Error('nothing here waits once');
  }
  every(_ms: number, run: () => void): () => void {
    this.#runs.add(run);
    return () => this.#runs.delete(run);
  }
  turn(): void {
    for (const run of this.#runs) run();
  }
}

describe('chrony', () => {
  const program = (): string => join(folder, 'chronyc');
  /** What `chronyc -c tracking` prints, and a note of each time that it was asked. */
  const says = (leap: string, status = 0): void => {
    const line = `D8EF2308,216.239.35.8,2,1700000000.1,0.1,0.1,0.1,-1.5,0,0.1,0.01,0.001,64.5,${leap}`;
    writeFileSync(
      program(),
      `#!/bin/sh\n[ "$*" = "-n -c tracking" ] || exit 1\necho >>${folder}/asked\necho '${line}'\nexit ${status}\n`,
    );
    chmodSync(program(), 0o700);
  };
  const runs = (): void => {
    mkdirSync(join(folder, 'run'));
  };
  const watch = () => new ChronyWatch({ folder: join(folder, 'run'), program: program() });

  it('is not asked where it does not run', async () => {
    says('Normal');
    const timers = new Turned();
    const chrony = watch();
    chrony.start(timers);
    runs();
    expect(chrony.synced).toBe(false);
    await eventually('it is asked once it runs', () => {
      timers.turn();
      return chrony.synced;
    });
  });

  it('vouches for the clock once it follows a source, and is asked no more', async () => {
    runs();
    says('Not synchronised');
    const timers = new Turned();
    const chrony = watch();
    const stop = chrony.start(timers);
    await eventually('it was asked', () => timers.turn() === undefined && asked() >= 2);
    expect(chrony.synced).toBe(false);
    expect(systemClock(() => true).read().synced).toBe(true);
    says('Normal');
    await eventually('it follows a source', () => timers.turn() === undefined && chrony.synced);
    const before = asked();
    for (const round of [1, 2]) {
      timers.turn();
      // Asked later than that, and answered: the first one, had it asked, would have been heard by now.
      const other = watch();
      other.start(new Turned());
      await eventually('another is told the same', () => other.synced);
      expect(asked()).toBe(before + round);
    }
    stop();
  });

  it('that cannot be asked vouches for nothing', async () => {
    runs();
    says('Normal', 1);
    const timers = new Turned();
    const chrony = watch();
    chrony.start(timers);
    await eventually('it was asked', () => timers.turn() === undefined && asked() >= 2);
    expect(chrony.synced).toBe(false);
  });

  function asked(): number {
    return existsSync(join(folder, 'asked')) ? statSync(join(folder, 'asked')).size : 0;
  }
});

it('a station tells the hub as soon as its clock is set', async () => {
  const hub = new ModelHub(macKey);
  const station = new LoneStation(join(folder, 'data'), hub);
  const timers = new Turned();
  let synced = false;
  const at = { wallMs: 1_767_225_600_000, monoMs: 5, boot: 'boot-1' };
  startClockWatch(timers, { read: () => ({ ...at, synced }) }, station.brain.dispatch);
  station.tap();
  timers.turn();
  synced = true;
  timers.turn();
  timers.turn();
  await station.connect();
  const { epoch } = station.keeper.journal;
  const types = () => hub.committed(epoch, 'routine').map((text): unknown => JSON.parse(text).type);
  await eventually('both are there', () => types().length === 2);
  expect(types()).toEqual(['check-in', 'clock']);
  await station.stop();
});
