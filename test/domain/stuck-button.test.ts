import { describe, expect, it } from 'vitest';
import { wakeAtMs } from '../../device/domain/decide.ts';
import {
  foundWithinMs,
  type Hold,
  pauseMs,
  sameHoldWithinMs,
  stuckAfterMs,
} from '../../device/domain/gesture.ts';
import { initialState } from '../../device/domain/state.ts';
import { epoch, journalReplaced, nextEpoch, rules, Scene } from '../support/station-scene.ts';

const panel = (scene: Scene, state: 'ready' | 'fault', afterMs = 0) =>
  scene.give({ type: 'part', part: 'panel', state, detail: '' }, afterMs);
const button = (scene: Scene, edge: 'down' | 'up', afterMs = 0) =>
  scene.give({ type: 'button', edge }, afterMs);
const running = () => panel(new Scene().ready(), 'ready').online().pass(60_000);
const held = () => button(running(), 'down').pass(rules.holdMs);
const stuck = () => held().pass(stuckAfterMs);

/** What went into the journal since the last call: alarms, mistakes, and faults of the button. */
const told = (scene: Scene): string[] =>
  scene.take('append').flatMap(({ draft }) => {
    if (draft.type === 'fault') return draft.part === 'button' ? [`stuck ${draft.state}`] : [];
    return draft.type === 'alarm' || draft.type === 'mistake' ? [draft.type] : [];
  });
/** The panel is lost with the button down, and back after so long. */
const flap = (scene: Scene, awayMs: number) => {
  button(panel(scene, 'fault', 300), 'up');
  return panel(scene, 'ready', awayMs);
};
/** The program starts again with what its journal was told of the hold. */
const restarted = (hold: Hold) => {
  const lanes = { alarm: { last: 1, committed: 1 }, routine: { last: 0, committed: 0 } };
  const scene = new Scene(0, 0, lanes.alarm);
  scene.state = initialState(rules, { epoch, lanes, latched: [], hold }, scene.nowMs);
  return panel(scene.ready().online(), 'ready', 20_000);
};

describe('a stuck button', () => {
  it('is one alarm, and a fault from its minute until it is left alone', () => {
    const scene = held();
    expect(told(scene)).toEqual(['alarm']);
    expect(scene.pass(stuckAfterMs - rules.holdMs - 1).state.parts.button).toBe('ready');
    expect(wakeAtMs(scene.state)).toBe(scene.nowMs + 1);
    expect(scene.pass(1).state.parts.button).toBe('fault');
    expect(told(scene)).toEqual(['stuck begun']);
    scene.pass(3_600_000);
    expect(told(scene)).toEqual([]);
    button(scene, 'up').pass(pauseMs - 1);
    expect(told(scene)).toEqual([]);
    expect(wakeAtMs(scene.state)).toBe(scene.nowMs + 1);
    expect(scene.pass(1).state.parts.button).toBe('ready');
    expect(told(scene)).toEqual(['stuck ended']);
  });

  it('is told at once to who asks how the station is', () => {
    const scene = held();
    scene.take('announce');
    expect(scene.pass(stuckAfterMs).take('announce')).toHaveLength(1);
  });

  it('is stuck too when the third press of three is the one that stays down', () => {
    const scene = running();
    for (let press = 0; press < 2; press += 1) button(button(scene, 'down', 200), 'up', 200);
    button(scene, 'down', 200).pass(stuckAfterMs);
    expect(told(scene)).toEqual(['alarm', 'stuck begun']);
  });

  it('calls for help again once it came free', () => {
    const scene = button(stuck(), 'up').pass(pauseMs);
    told(scene);
    scene.hold();
    expect(told(scene)).toEqual(['alarm']);
  });

  it('is the same hold whose panel comes and goes: one alarm, one fault, by the time that it is down', () => {
    const scene = held();
    for (let time = 0; time < 12; time += 1) button(flap(scene, 5_000), 'down', 100);
    expect(told(scene)).toEqual(['alarm', 'stuck begun']);
    button(flap(scene, 10 * sameHoldWithinMs), 'down', 100).pass(stuckAfterMs);
    expect(told(scene), 'however long the panel was away').toEqual([]);
    expect(button(scene, 'up').pass(pauseMs).state.parts.button).toBe('ready');
  });

  it('is free when the panel is back and does not find it down', () => {
    const scene = stuck();
    told(scene);
    flap(scene, 5_000);
    expect(scene.pass(foundWithinMs).state.parts.button).toBe('fault');
    scene.pass(1);
    expect(told(scene)).toEqual(['stuck ended']);
    scene.pass(pauseMs).hold();
    expect(told(scene)).toEqual(['alarm']);
  });

  it('stays a fault while nobody can see it', () => {
    const scene = stuck();
    button(panel(scene, 'fault'), 'up').pass(3_600_000);
    expect(scene.state.parts.button).toBe('fault');
  });
});

describe('a use of the button that goes on without a pause', () => {
  /** The button comes up for a moment and is down again, over and over. */
  const again = (scene: Scene, times: number, downMs: number, upMs: number) => {
    for (let time = 0; time < times; time += 1) {
      button(button(scene, 'up', downMs), 'down', upMs);
    }
    return scene;
  };
  const resolved = (scene: Scene, seq: number) =>
    scene
      .receipt('alarm', seq)
      .give({ type: 'alarm-state', alarm: { epoch, seq }, state: 'resolved' });

  it.each([
    { how: 'a jam with a loose contact', times: 10, downMs: 30_000, upMs: 200 },
    { how: 'a contact that flutters', times: 240, downMs: 250, upMs: 250 },
    { how: 'as long up as can be', times: 60, downMs: 3_000, upMs: pauseMs - 1 },
  ])('is one alarm and one fault: $how', ({ times, downMs, upMs }) => {
    const scene = again(button(running(), 'down'), times, downMs, upMs);
    expect(told(scene)).toEqual(['alarm', 'stuck begun']);
    scene.pass(stuckAfterMs);
    expect(told(scene)).toEqual([]);
    button(scene, 'up').pass(pauseMs);
    expect(told(scene)).toEqual(['stuck ended']);
    scene.hold();
    expect(told(scene)).toEqual(['alarm']);
  });

  it('is stuck only from its minute', () => {
    const scene = again(button(running(), 'down'), 119, 250, 250);
    expect(told(scene)).toEqual(['alarm']);
    again(scene, 1, 250, 250);
    expect(told(scene)).toEqual(['stuck begun']);
  });

  it('calls at once, however long it went on before without a call', () => {
    const scene = again(button(running(), 'down'), 60, 100, 2_500);
    expect(told(scene)).toEqual([]);
    scene.pass(rules.holdMs);
    expect(told(scene)[0]).toBe('alarm');
  });

  it('still calls when what it did before was to mark a mistake, once', () => {
    const scene = held();
    button(button(scene, 'up', 300), 'down', pauseMs).pass(rules.holdMs);
    expect(told(scene)).toEqual(['alarm', 'mistake']);
    again(scene, 10, rules.holdMs, 200);
    expect(told(scene)).toEqual(['alarm']);
  });

  it('still calls when what it did before was a test', () => {
    const scene = panel(new Scene().ready().online(), 'ready');
    scene.give({ type: 'button', edge: 'down', found: true }, 100).pass(rules.holdMs);
    expect(told(scene)).toEqual([]);
    again(scene, 1, 300, 200).pass(rules.holdMs);
    expect(told(scene)).toEqual(['alarm']);
  });

  it('calls anew when its alarm was resolved under the hand, unless it is known to be stuck', () => {
    const scene = resolved(held(), 1);
    again(scene, 1, 300, 200).pass(rules.holdMs);
    expect(told(scene)).toEqual(['alarm', 'alarm']);
    resolved(scene.pass(stuckAfterMs), 2);
    again(scene, 10, rules.holdMs, 200);
    expect(told(scene)).toEqual(['stuck begun']);
  });

  it('is the same over a panel that comes and goes, and over a restart', () => {
    const scene = again(stuck(), 1, 100, 200);
    button(scene, 'up', 100);
    panel(panel(scene, 'fault', 100), 'ready', 20_000);
    again(button(scene, 'down', 200), 10, rules.holdMs, 200);
    expect(told(scene)).toEqual(['alarm', 'stuck begun']);
    const next = again(button(restarted('stuck'), 'down', 100), 10, rules.holdMs, 200);
    expect(told(next)).toEqual([]);
  });

  it('is over with a pause: each call after one is an alarm', () => {
    const scene = button(held(), 'up', 8_000);
    for (let call = 0; call < 20; call += 1) scene.pass(pauseMs + 8_000).hold();
    expect(told(scene)).toEqual(Array(21).fill('alarm'));
  });
});

describe('a restart under a button that is down', () => {
  it.each(['called', 'stuck'] as const)('that had %s makes no second alarm of it', (hold) => {
    const scene = button(restarted(hold), 'down', 100).pass(20_000);
    expect(told(scene)).toEqual([]);
    scene.pass(stuckAfterMs);
    expect(told(scene)).toEqual(hold === 'called' ? ['stuck begun'] : []);
    button(scene, 'up').pass(pauseMs);
    expect(told(scene)).toEqual(['stuck ended']);
    scene.hold();
    expect(told(scene)).toEqual(['alarm']);
  });

  it('ends the fault when the button came free meanwhile, and takes the next press for a call', () => {
    const scene = restarted('stuck');
    expect(scene.state.parts.button).toBe('fault');
    scene.pass(foundWithinMs + 1);
    expect(told(scene)).toEqual(['stuck ended']);
    scene.hold();
    expect(told(scene)).toEqual(['alarm']);
  });

  it('is known from the disk, which is told of the hold after all that people see', () => {
    const scene = running();
    const kept = () => scene.take('keep-hold').map(({ hold }) => hold);
    button(scene, 'down').pass(rules.holdMs);
    const order = scene.steps.map(({ type }) => type);
    expect(order.indexOf('keep-hold')).toBeGreaterThan(order.lastIndexOf('show'));
    expect(order.indexOf('keep-hold')).toBeGreaterThan(order.lastIndexOf('send'));
    expect(kept()).toEqual(['called']);
    scene.pass(stuckAfterMs);
    expect(kept()).toEqual(['stuck']);
    scene.give(journalReplaced(nextEpoch));
    expect(kept(), 'by another journal too').toEqual(['stuck']);
    button(scene, 'up').pass(pauseMs);
    expect(kept()).toEqual(['none']);
  });
});
