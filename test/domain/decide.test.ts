import { describe, expect, it } from 'vitest';
import { mistakeWithinMs, undeliveredAfterMs } from '../../device/domain/alarms.ts';
import { decide, wakeAtMs } from '../../device/domain/decide.ts';
import { pauseMs } from '../../device/domain/gesture.ts';
import { wellAfterMs } from '../../device/domain/parts.ts';
import { outcomeAwaitedMs, savedHereAfterMs } from '../../device/domain/taps.ts';
import { announceEveryDefaultMs } from '../../shared/wire/limits.ts';
import { epoch, journalReplaced, nextEpoch, Scene, token } from '../support/station-scene.ts';

describe('a tap', () => {
  it('signals white only after the journal has it, and sends it', () => {
    const scene = new Scene().ready().online();
    scene.take('show');
    const first = decide(scene.state, { type: 'card', token }, scene.nowMs);
    expect(first.steps).toEqual([
      { type: 'append', lane: 'routine', draft: { type: 'check-in', card: token } },
    ]);
    scene.give({ type: 'card', token });
    expect(scene.steps.map((step) => step.type)).toEqual(['append', 'send', 'show', 'sound']);
    expect(scene.light).toBe('on-disk');
  });

  it('turns green when the hub has credited it, and back to the heartbeat after that', () => {
    const scene = new Scene().ready().online().give({ type: 'card', token });
    scene.receipt('routine', 1, { outcome: 'credited' });
    expect(scene.light).toBe('credited');
    expect(scene.pass(1499).light).toBe('credited');
    expect(scene.pass(1).light).toBe('all-well');
  });

  it('turns amber after 400 ms when the hub is out of reach, and never green afterwards for an old tap', () => {
    const scene = new Scene().ready().give({ type: 'card', token });
    expect(scene.pass(savedHereAfterMs - 1).light).toBe('on-disk');
    expect(scene.pass(1).light).toBe('saved-here');
    scene.pass(1500).online().receipt('routine', 1, { outcome: 'credited' });
    expect(scene.light).toBe('all-well');
  });

  it('does not claim an outcome that never came', () => {
    const scene = new Scene().ready().online().give({ type: 'card', token });
    expect(scene.pass(outcomeAwaitedMs - 1).light).toBe('on-disk');
    expect(scene.pass(1).light).toBe('saved-here');
  });

  it('that the journal cannot take is red, and nothing is sent', () => {
    const scene = new Scene().ready().online();
    scene.take('send');
    scene.give({ type: 'append-failed', draft: { type: 'check-in', card: token } });
    expect(scene.light).toBe('refused');
    expect(scene.take('send')).toEqual([]);
  });

  it('speaks of the latest one only', () => {
    const scene = new Scene().ready().online();
    scene.give({ type: 'card', token }).give({ type: 'card', token: 'b'.repeat(32) });
    scene.receipt('routine', 1, { outcome: 'unknown-card' });
    expect(scene.light).toBe('on-disk');
    scene.receipt('routine', 2, { outcome: 'credited' });
    expect(scene.light).toBe('credited');
  });
});

describe('a hub whose presence says that it is away', () => {
  it('is there all the same when it signs a receipt, as it does when it is asked', () => {
    const scene = new Scene().ready().online().give({ type: 'hub', online: false });
    scene.give({ type: 'card', token });
    expect(scene.pass(savedHereAfterMs).light).toBe('saved-here');
    scene.take('send');
    scene.receipt('routine', 0);
    expect(scene.take('send')).toMatchObject([{ lane: 'routine', from: 1 }]);
    expect(scene.pass(1500).light).toBe('all-well');
  });
});

describe('the alarm', () => {
  it('goes out at once with a connection, hub or not, and its light follows the truth', () => {
    const scene = new Scene().ready().give({ type: 'connection', connected: true }).hold();
    expect(scene.take('send')).toEqual([{ type: 'send', lane: 'alarm', from: 1, through: 1 }]);
    expect(scene.light).toBe('alarm-sending');
    expect(scene.receipt('alarm', 1).light).toBe('alarm-stored');
    const alarm = { epoch, seq: 1 };
    expect(scene.give({ type: 'alarm-state', alarm, state: 'acknowledged' }).light).toBe(
      'alarm-acknowledged',
    );
    expect(scene.give({ type: 'alarm-state', alarm, state: 'resolved' }).light).toBe('all-well');
  });

  it('believes what became of it only once a receipt has named its past', () => {
    const scene = new Scene().ready().online().hold();
    const alarm = { epoch, seq: 1 };
    scene.give({ type: 'alarm-state', alarm, state: 'resolved' });
    expect(scene.light).toBe('alarm-sending');
    scene.receipt('alarm', 1).give({ type: 'alarm-state', alarm, state: 'resolved' });
    expect(scene.light).toBe('all-well');
  });

  it('does not wait for the pause between attempts to reach the broker', () => {
    const scene = new Scene().ready();
    scene.take('hurry');
    scene.give({ type: 'card', token });
    expect(scene.take('hurry')).toEqual([]);
    scene.hold();
    expect(scene.take('hurry')).toHaveLength(1);
  });

  it('is kept as stored before the cursor moves past it, or a power cut in between would end it', () => {
    const scene = new Scene().ready().online().hold();
    const before = scene.steps.length;
    scene.receipt('alarm', 1);
    const kept = scene.steps.slice(before).map(({ type }) => type);
    expect(kept.filter((type) => type.startsWith('keep-'))).toEqual([
      'keep-latched',
      'keep-cursor',
    ]);
  });

  it('says "phone yourself" after ten seconds without a receipt, insistently, until one comes', () => {
    const scene = new Scene().ready().hold();
    expect(scene.pass(undeliveredAfterMs - 1).light).toBe('alarm-sending');
    scene.take('sound');
    expect(scene.pass(1).light).toBe('alarm-undelivered');
    expect(scene.take('sound')).toEqual([{ type: 'sound', tone: 'insistent' }]);
    expect(scene.online().receipt('alarm', 1).light).toBe('alarm-stored');
  });

  it('comes from three presses too, and not from two or from a short touch', () => {
    const scene = new Scene().ready();
    const touch = () =>
      scene.give({ type: 'button', edge: 'down' }, 200).give({ type: 'button', edge: 'up' }, 100);
    touch();
    touch();
    expect(scene.take('append')).toEqual([]);
    touch();
    expect(scene.take('append').map(({ draft }) => draft)).toEqual([
      { type: 'alarm', gesture: 'triple-press' },
    ]);
  });

  it('is marked as a mistake by a second gesture, and stays latched', () => {
    const scene = new Scene().ready().online().hold().pass(pauseMs);
    scene.take('append');
    scene.hold();
    const steps = [...scene.steps];
    expect(scene.take('append').map(({ draft }) => draft)).toEqual([{ type: 'mistake', alarm: 1 }]);
    expect(steps).toContainEqual({ type: 'sound', tone: 'twoShort' });
    expect(scene.light).toBe('alarm-sending');
    scene.pass(mistakeWithinMs).hold();
    expect(scene.take('append').map(({ draft }) => draft)).toEqual([
      { type: 'alarm', gesture: 'hold' },
    ]);
  });

  it('that the old journal took with it is raised anew in the next', () => {
    const scene = new Scene().ready().hold();
    scene.take('append');
    const decision = decide(scene.state, journalReplaced(nextEpoch), scene.nowMs);
    expect(decision.steps).toContainEqual({
      type: 'append',
      lane: 'alarm',
      draft: { type: 'alarm', gesture: 'hold' },
    });
  });
});

describe('delivery', () => {
  it('sends a backlog in batches of 200 and goes on with each receipt', () => {
    const scene = new Scene(1000, 100).ready().online();
    const sent = () => scene.take('send').map(({ from, through }) => [from, through]);
    expect(sent()).toEqual([[101, 300]]);
    scene.receipt('routine', 300);
    expect(sent()).toEqual([[301, 500]]);
    // The hub may have committed a part of a batch, of an earlier sending of it.
    scene.receipt('routine', 350);
    expect(sent()).toEqual([[501, 550]]);
  });

  it('sends a tap while another is on its way, and the next with what has gathered meanwhile', () => {
    const scene = new Scene().ready().online();
    const sent = () => scene.take('send').map(({ from, through }) => [from, through]);
    for (let tap = 0; tap < 5; tap += 1) scene.give({ type: 'card', token });
    expect(sent()).toEqual([
      [1, 1],
      [2, 2],
    ]);
    scene.receipt('routine', 1);
    expect(sent()).toEqual([[3, 5]]);
  });

  it('goes back when the hub says that it has less than it had', () => {
    const scene = new Scene(10, 10).ready().online();
    scene.take('send');
    scene.receipt('routine', 4);
    expect(scene.take('send').map(({ from, through }) => [from, through])).toEqual([[5, 10]]);
  });

  it('sends again after a lost connection and after a receipt that does not come', () => {
    const scene = new Scene().ready().online().give({ type: 'card', token });
    scene.take('send');
    scene.give({ type: 'connection', connected: false }).online();
    expect(scene.take('send')).toHaveLength(1);
    scene.pass(10_000);
    expect(scene.take('send')).toHaveLength(1);
  });

  it('ignores receipts for another epoch', () => {
    const scene = new Scene(3, 0).ready().online();
    const receipt = { type: 'receipt', lane: 'routine', through: 3, past: 'same' } as const;
    scene.give({ ...receipt, outcomes: [], epoch: 'ep-zzzzzzzzzzzzzzzz' });
    expect(scene.state.lanes.routine.committed).toBe(0);
  });
});

describe('how the station is', () => {
  it('is announced at once on a connection and every 30 s', () => {
    const scene = new Scene().ready();
    scene.give({ type: 'connection', connected: true });
    expect(scene.take('announce')).toHaveLength(1);
    expect(wakeAtMs(scene.state)).toBe(scene.nowMs + announceEveryDefaultMs);
    expect(scene.pass(announceEveryDefaultMs).take('announce')).toHaveLength(1);
  });

  it('is on the light: a broken reader over an absent hub over all well', () => {
    const scene = new Scene().ready();
    expect(scene.light).toBe('hub-away');
    expect(scene.online().light).toBe('all-well');
    scene.give({ type: 'part', part: 'reader', state: 'fault', detail: 'unplugged' });
    expect(scene.light).toBe('fault');
    expect(scene.take('append').map(({ draft }) => draft)).toEqual([
      { type: 'fault', part: 'reader', state: 'begun', detail: 'unplugged' },
    ]);
  });

  it('tells of a loose plug once, and that it is well when it has been so for a while', () => {
    const scene = new Scene().ready().online();
    const part = (state: 'fault' | 'ready', afterMs: number) =>
      scene.give({ type: 'part', part: 'panel', state, detail: state }, afterMs);
    const told = () => scene.take('append').map(({ draft }) => draft);
    const entry = (state: 'begun' | 'ended', detail: string) => [
      { type: 'fault', part: 'panel', state, detail },
    ];
    for (let flap = 0; flap < 100; flap += 1) part('fault', 5_000).give({ type: 'tick' });
    expect(told()).toEqual(entry('begun', 'fault'));
    for (let flap = 0; flap < 100; flap += 1) {
      part('ready', 200);
      part('fault', wellAfterMs - 1);
    }
    scene.pass(wellAfterMs);
    expect(told()).toEqual([]);
    expect(scene.state.parts.panel).toBe('fault');
    part('ready', 200);
    scene.give({ type: 'connection', connected: true }, wellAfterMs - 2);
    expect(told()).toEqual([]);
    expect(wakeAtMs(scene.state)).toBe(scene.nowMs + 2);
    scene.pass(2);
    expect(told()).toEqual(entry('ended', 'ready'));
    part('fault', 1);
    expect(told()).toEqual(entry('begun', 'fault'));
  });
});
