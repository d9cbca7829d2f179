import { describe, expect, it } from 'vitest';
import { undeliveredAfterMs } from '../../device/domain/alarms.ts';
import { initialState } from '../../device/domain/state.ts';
import { startHoldWithinMs, testShownMs } from '../../device/domain/station-test.ts';
import { epoch, journalReplaced, nextEpoch, rules, Scene } from '../support/station-scene.ts';

const request = 'te-000000000001';
const ask = (scene: Scene, id = request) => scene.give({ type: 'test', request: id });
/** The entries of the alarm lane since the last call. */
const entries = (scene: Scene) =>
  scene.take('append').flatMap(({ lane, draft }) => (lane === 'alarm' ? [draft] : []));
const panel = (scene: Scene, state: 'ready' | 'fault') =>
  scene.give({ type: 'part', part: 'panel', state, detail: '' });
const down = (scene: Scene, found = false) => scene.give({ type: 'button', edge: 'down', found });
const up = (scene: Scene) => scene.give({ type: 'button', edge: 'up' });
const test = { type: 'test', by: 'unit' };
const alarm = { type: 'alarm', gesture: 'hold' };

describe('a test that an operator asks for', () => {
  it('is one entry of the alarm lane, sent at once, however often it is asked for', () => {
    const scene = ask(ask(new Scene().ready().online()));
    expect(scene.steps.filter(({ type }) => type === 'send')).toEqual([
      { type: 'send', lane: 'alarm', from: 1, through: 1 },
    ]);
    expect(scene.steps).toContainEqual({ type: 'hurry' });
    expect(entries(scene)).toEqual([{ type: 'test', by: 'operator', request }]);
    expect(entries(ask(scene, 'te-000000000002'))).toHaveLength(1);
  });

  it('is shown as what it is: being sent, stored by the hub, and then no more', () => {
    const scene = ask(new Scene().ready().online());
    expect(scene.light).toBe('test-sending');
    scene.receipt('alarm', 1);
    expect(scene.light).toBe('test-stored');
    expect(scene.pass(testShownMs).light).toBe('all-well');
    expect(scene.state.test).toBeUndefined();
  });

  it('that nobody has stored in time has failed, and stays so', () => {
    const scene = ask(new Scene().ready());
    expect(scene.pass(undeliveredAfterMs - 1).light).toBe('test-sending');
    expect(scene.pass(1).light).toBe('test-undelivered');
    expect(scene.online().receipt('alarm', 1).light).toBe('test-undelivered');
    expect(scene.pass(testShownMs).light).toBe('all-well');
  });

  it('has failed by the clock, also where the receipt is dealt with before the tick', () => {
    const scene = ask(new Scene().ready().online());
    scene.nowMs += undeliveredAfterMs;
    expect(scene.receipt('alarm', 1).light).toBe('test-undelivered');
  });

  it('is not stored by a receipt of another epoch, or of less', () => {
    const scene = ask(new Scene(0, 0, { last: 1, committed: 0 }).ready().online());
    scene.receipt('alarm', 1);
    expect(scene.light).toBe('test-sending');
    scene.give(journalReplaced(nextEpoch)).receipt('alarm', 2);
    expect(scene.light).toBe('test-sending');
  });

  it('never stands above an alarm, and changes nothing about it', () => {
    const scene = ask(new Scene().ready().online()).hold();
    expect(entries(scene)).toEqual([{ type: 'test', by: 'operator', request }, alarm]);
    expect(scene.light).toBe('alarm-sending');
    expect(scene.receipt('alarm', 2).light).toBe('alarm-stored');
    expect(ask(scene, 'te-000000000002').light).toBe('alarm-stored');
    scene.pass(undeliveredAfterMs);
    expect(scene.light).toBe('alarm-stored');
  });

  it('latches nothing', () => {
    const scene = ask(new Scene().ready().online());
    expect(scene.take('keep-latched')).toEqual([]);
    expect(scene.state.alarms).toEqual([]);
  });

  it('takes no room on a full disk: it has failed, and the light says so', () => {
    const scene = new Scene().ready().online();
    scene.give({ type: 'part', part: 'disk', state: 'fault', detail: 'full' }).take('append');
    expect(entries(ask(scene))).toEqual([]);
    expect(scene.light).toBe('test-undelivered');
  });
});

describe('what the light said of a test', () => {
  const whole = () => panel(new Scene().ready(), 'ready');
  const shown = (scene: Scene) =>
    scene.take('append').flatMap(({ lane, draft }) => (lane === 'routine' ? [draft] : []));
  const told = (light: string, tookMs: number) => [
    { type: 'test-shown', test: 1, epoch, light, tookMs },
  ];

  it('is told once it says it, and once only', () => {
    const scene = ask(whole().online()).pass(120);
    expect(shown(scene)).toEqual([]);
    expect(shown(scene.receipt('alarm', 1))).toEqual(told('stored', 120));
    expect(shown(scene.receipt('alarm', 1).pass(testShownMs))).toEqual([]);
  });

  it('is told of one that failed too, and a late receipt takes nothing back', () => {
    const scene = ask(whole()).pass(undeliveredAfterMs);
    expect(shown(scene)).toEqual(told('undelivered', undeliveredAfterMs));
    expect(shown(scene.online().receipt('alarm', 1))).toEqual([]);
  });

  it('is nothing while an alarm hides it, until that is over', () => {
    const scene = ask(whole().online()).hold().receipt('alarm', 2);
    expect(shown(scene)).toEqual([]);
    scene.give({ type: 'alarm-state', alarm: { epoch, seq: 2 }, state: 'resolved' });
    expect(scene.light).toBe('test-stored');
    expect(shown(scene)).toMatchObject([{ light: 'stored' }]);
  });

  it('is nothing on a panel that does not work', () => {
    const scene = panel(ask(whole().online()), 'fault');
    scene.take('append');
    expect(shown(scene.receipt('alarm', 1).pass(testShownMs))).toEqual([]);
  });
});

describe('a test of a station that has other paths', () => {
  const tried = [{ path: 'https', tookMs: 240, detail: '' }] as const;
  const said = (scene: Scene, of: string) =>
    scene.give({ type: 'second-path-tried', test: { epoch: of, seq: 1 }, tried });

  it('says by which, whoever asks for it', () => {
    const scene = ask(new Scene().with('https', 'relay').ready().online());
    const paths = ['https', 'relay'];
    expect(entries(scene)).toEqual([{ type: 'test', by: 'operator', request, paths }]);
    const held = down(panel(new Scene().with('https').ready(), 'ready'), true).pass(rules.holdMs);
    expect(entries(held)).toEqual([{ ...test, paths: ['https'] }]);
  });

  it('tells what came of it on the lane that never holds up an alarm', () => {
    const scene = ask(new Scene().with('https').ready().online());
    scene.take('append');
    expect(said(scene, epoch).take('append')).toEqual([
      { type: 'append', lane: 'routine', draft: { type: 'second-path', test: 1, epoch, tried } },
    ]);
    expect(scene.light).toBe('test-sending');
  });

  it('tells nothing of a test whose journal is gone', () => {
    const scene = ask(new Scene().with('https').ready().online()).give(journalReplaced(nextEpoch));
    scene.take('append');
    expect(said(scene, epoch).take('append')).toEqual([]);
  });
});

describe('a button that is held since before the start', () => {
  it('asks for a test once the hold is long enough, and then calls for help like any other', () => {
    const scene = down(panel(new Scene().ready(), 'ready'), true).pass(rules.holdMs - 1);
    expect(entries(scene)).toEqual([]);
    expect(entries(scene.pass(1))).toEqual([test]);
    expect(scene.state.alarms).toEqual([]);
    up(scene).pass(60_000);
    expect(entries(scene.hold())).toEqual([alarm]);
  });

  it('asks for none when it was let go too soon; the next hold is a call', () => {
    const scene = up(down(panel(new Scene().ready(), 'ready'), true).pass(500));
    expect(entries(scene.hold())).toEqual([alarm]);
  });

  it('calls for help when it is pressed three times', () => {
    const scene = up(down(panel(new Scene().ready(), 'ready'), true));
    up(down(scene.pass(200)));
    down(scene.pass(200));
    expect(entries(scene)).toEqual([{ type: 'alarm', gesture: 'triple-press' }]);
  });

  it('calls for help when it was pressed only after the start, however soon', () => {
    const scene = down(panel(new Scene().ready(), 'ready')).pass(rules.holdMs);
    expect(entries(scene)).toEqual([alarm]);
  });

  it('calls for help when the board was lost and is back: that is no start', () => {
    const scene = panel(panel(new Scene().ready(), 'ready'), 'fault').pass(60_000);
    expect(entries(down(panel(scene, 'ready'), true).pass(rules.holdMs))).toEqual([alarm]);
  });

  it('asks for a test when the board was looked for first', () => {
    const scene = panel(panel(new Scene().ready(), 'fault').pass(5_000), 'ready');
    expect(entries(down(scene, true).pass(rules.holdMs))).toEqual([test]);
  });

  it('calls for help when the board is there only long after the start, whether it was missed or not', () => {
    for (const missed of [true, false]) {
      const before = missed ? panel(new Scene().ready(), 'fault') : new Scene().ready();
      const late = down(panel(before.pass(startHoldWithinMs), 'ready'), true);
      expect(entries(late.pass(rules.holdMs))).toEqual([alarm]);
    }
    const soon = down(panel(new Scene().ready().pass(startHoldWithinMs - 1), 'ready'), true);
    expect(entries(soon.pass(rules.holdMs))).toEqual([test]);
  });

  it('calls for help when the unit comes back in an alarm', () => {
    const scene = new Scene().ready();
    const lanes = { alarm: { last: 1, committed: 1 }, routine: { last: 0, committed: 0 } };
    const latched = [{ key: { epoch, seq: 1 }, phase: 'stored', mistake: false } as const];
    scene.state = initialState(rules, { epoch, lanes, latched }, scene.nowMs);
    expect(entries(down(panel(scene, 'ready'), true).pass(rules.holdMs))).toEqual([alarm]);
  });
});

it('a station that is told to speak more often does so from its next word on', () => {
  const scene = new Scene().ready().online();
  scene.take('announce');
  scene.give({ type: 'announce-every', everyMs: 6_000 }).pass(5_999);
  expect(scene.take('announce')).toEqual([]);
  expect(scene.pass(1).take('announce')).toHaveLength(1);
  // The hub says it again at each word: that must not put the next one off.
  scene.pass(3_000).give({ type: 'announce-every', everyMs: 6_000 });
  expect(scene.pass(3_000).take('announce')).toHaveLength(1);
});
