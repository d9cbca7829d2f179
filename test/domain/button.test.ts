import { describe, expect, it } from 'vitest';
import { mistakeWithinMs } from '../../device/domain/alarms.ts';
import { decide } from '../../device/domain/decide.ts';
import { foundWithinMs, pauseMs, sameHoldWithinMs } from '../../device/domain/gesture.ts';
import { initialState } from '../../device/domain/state.ts';
import { epoch, journalReplaced, nextEpoch, rules, Scene } from '../support/station-scene.ts';

const alarm = { type: 'alarm', gesture: 'hold' };
const called = (scene: Scene) => scene.take('append').map(({ draft }) => draft);
const calls = (scene: Scene) =>
  called(scene).filter(({ type }) => type === 'alarm' || type === 'mistake');

describe('a call for help is not taken for a mistake', () => {
  it('because another alarm was brought back at the start', () => {
    const scene = new Scene().ready();
    const lanes = { alarm: { last: 1, committed: 1 }, routine: { last: 0, committed: 0 } };
    const latched = [{ key: { epoch, seq: 1 }, phase: 'stored', mistake: false } as const];
    scene.state = initialState(rules, { epoch, lanes, latched }, scene.nowMs);
    scene.hold();
    expect(called(scene)).toEqual([alarm]);
  });

  it('because another alarm was raised anew in the next journal', () => {
    const scene = new Scene().ready().hold().pass(60_000);
    scene.give(journalReplaced(nextEpoch)).take('append');
    scene.pass(1_000).hold();
    expect(called(scene)).toEqual([alarm]);
  });

  it('because the button is hammered', () => {
    const scene = new Scene().ready();
    for (let press = 0; press < 9; press += 1) {
      scene.give({ type: 'button', edge: 'down' }, 150).give({ type: 'button', edge: 'up' }, 150);
    }
    expect(called(scene)).toEqual([{ type: 'alarm', gesture: 'triple-press' }]);
  });

  it('because it comes without a pause, or too late', () => {
    const soon = new Scene().ready().hold();
    soon.take('append');
    soon.pass(pauseMs - 1).hold();
    expect(called(soon)).toEqual([]);
    const late = new Scene().ready().hold();
    late.take('append');
    late.pass(mistakeWithinMs).hold();
    expect(called(late)).toEqual([alarm]);
  });
});

describe('a mistake', () => {
  it('marks the alarm of this epoch, not one of the same number', () => {
    const scene = new Scene().ready().hold().receipt('alarm', 1);
    scene.give(journalReplaced(nextEpoch)).pass(mistakeWithinMs).hold().pass(pauseMs).hold();
    expect(scene.state.alarms.map(({ key, mistake }) => [key.epoch, key.seq, mistake])).toEqual([
      [epoch, 1, false],
      [nextEpoch, 1, true],
    ]);
  });

  it('does not end the tone that says "phone for help"', () => {
    const scene = new Scene().ready().hold().pass(60_000).hold().pass(pauseMs);
    scene.take('sound');
    scene.hold();
    const steps = [...scene.steps];
    expect(called(scene)).toEqual([{ type: 'mistake', alarm: 2 }]);
    expect(steps.filter(({ type }) => type === 'sound')).toEqual([]);
  });
});

describe('a board that resets under a button', () => {
  const panel = (scene: Scene, state: 'ready' | 'fault', afterMs = 0) =>
    scene.give({ type: 'part', part: 'panel', state, detail: '' }, afterMs);
  const button = (scene: Scene, edge: 'down' | 'up', afterMs = 0) =>
    scene.give({ type: 'button', edge }, afterMs);
  const running = () => panel(new Scene().ready(), 'ready').pass(60_000);
  /** The panel is lost, and back after so long; then it tells of the button. */
  const reset = (scene: Scene, wasDown: boolean, awayMs: number) => {
    panel(scene, 'fault', 300);
    if (wasDown) button(scene, 'up');
    return panel(scene, 'ready', awayMs);
  };

  it('that has called does not make it call again, or a mistake of it, until it was left alone', () => {
    const scene = button(running(), 'down').pass(rules.holdMs);
    expect(calls(scene)).toEqual([alarm]);
    button(reset(scene, true, 5_000), 'down', 100).pass(20_000);
    expect(calls(scene)).toEqual([]);
    button(reset(scene, true, 5_000), 'down', 100).pass(20_000);
    expect(calls(scene), 'and again').toEqual([]);
    button(reset(scene, true, 5_000), 'down', 100);
    button(scene, 'up', 100).hold();
    expect(calls(scene), 'without a pause it goes on').toEqual([]);
    scene.pass(pauseMs).hold();
    expect(calls(scene)).toEqual([alarm]);
  });

  it('that had not called yet lets it call when it is held on', () => {
    const scene = button(running(), 'down').pass(rules.holdMs - 500);
    button(reset(scene, true, 5_000), 'down', 100).pass(rules.holdMs);
    expect(calls(scene)).toEqual([alarm]);
  });

  it('that is pressed only while it comes up lets it call, and never marks a mistake', () => {
    const fresh = button(reset(running(), false, 5_000), 'down', 100).pass(rules.holdMs);
    expect(calls(fresh)).toEqual([alarm]);
    const after = running().hold();
    expect(calls(after)).toEqual([alarm]);
    button(reset(after, false, 5_000), 'down', foundWithinMs).pass(rules.holdMs);
    expect(calls(after)).toEqual([]);
  });

  it('that was away for long is pressed by somebody else: better one alarm too many', () => {
    const scene = button(running(), 'down').pass(rules.holdMs);
    expect(calls(scene)).toEqual([alarm]);
    button(reset(scene, true, sameHoldWithinMs), 'down', 100).pass(rules.holdMs);
    expect(calls(scene)).toEqual([alarm]);
  });

  it('counts a hold that was long enough when the board went', () => {
    const scene = button(running(), 'down');
    scene.nowMs += rules.holdMs;
    scene.steps = [];
    const lost = decide(
      scene.state,
      { type: 'part', part: 'panel', state: 'fault', detail: '' },
      scene.nowMs,
    );
    expect(lost.steps).toContainEqual({ type: 'append', lane: 'alarm', draft: alarm });
  });
});
