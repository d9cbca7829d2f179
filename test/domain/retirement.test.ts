import { describe, expect, it } from 'vitest';
import { decide } from '../../device/domain/decide.ts';
import { otherPastDetail } from '../../device/domain/retirement.ts';
import { epoch, nextEpoch, Scene, token } from '../support/station-scene.ts';

const fault = (state: 'begun' | 'ended') => ({
  type: 'append',
  lane: 'routine',
  draft: { type: 'fault', part: 'journal', state, detail: otherPastDetail },
});
const sends = (scene: Scene) => scene.take('send').map(({ lane, from }) => [lane, from]);
const running = (...args: ConstructorParameters<typeof Scene>): Scene =>
  new Scene(...args).ready().online();

describe('a hub that has committed more than there is here', () => {
  it('moves no cursor, is on the light and in an entry, and ends the epoch once all is delivered', () => {
    const scene = running(5, 5);
    scene.receipt('routine', 9, { past: 'rolled-back' });
    expect(scene.state.lanes.routine).toMatchObject({ committed: 5, last: 6 });
    expect(scene.light).toBe('fault');
    expect(scene.steps).toContainEqual(fault('begun'));
    expect(scene.state.epoch).toBe(epoch);
    scene.setAside('routine', 6);
    expect(scene.state.epoch).toBe(nextEpoch);
  });

  it('says nothing about entries that are still to be delivered: they are sent until it answers for them', () => {
    const scene = running(5, 3);
    scene.receipt('routine', 9, { past: 'rolled-back' });
    scene.take('send');
    scene.pass(10_000);
    expect(sends(scene)).toEqual([['routine', 4]]);
    expect(scene.state.epoch).toBe(epoch);
  });

  it('can say no more of an alarm than that: it is raised anew in the next epoch', () => {
    const scene = running(0, 0, { last: 3, committed: 3 }).hold();
    scene.receipt('alarm', 9, { past: 'rolled-back' });
    expect(scene.state.epoch).toBe(epoch);
    scene.take('append');
    scene.receipt('routine', 1);
    expect(scene.state.epoch).toBe(nextEpoch);
    expect(scene.take('append').map(({ draft }) => draft.type)).toEqual(['fault', 'alarm']);
    expect(scene.light).toBe('alarm-sending');
    expect(scene.receipt('alarm', 1).light).toBe('alarm-stored');
  });
});

describe('a hub that has other entries', () => {
  it('is shown the first that differs again, with all that follows', () => {
    const scene = running(9, 9);
    scene.take('send');
    scene.receipt('routine', 7, { past: 'other' });
    expect(sends(scene)).toContainEqual(['routine', 7]);
    expect(scene.state.lanes.routine.committed).toBe(6);
    expect(scene.light).toBe('fault');
  });

  it('never moves a cursor forward by that, and marks no alarm as stored', () => {
    const scene = running(0, 0, { last: 4, committed: 1 }).hold();
    scene.receipt('alarm', 5, { past: 'other' });
    expect(scene.state.lanes.alarm.committed).toBe(1);
    expect(scene.light).toBe('alarm-sending');
  });

  it('sets them aside; what it has set aside is not sent for ever', () => {
    const scene = running(9, 9);
    scene.receipt('routine', 7, { past: 'other' }).setAside('routine', 8);
    scene.take('send');
    scene.receipt('routine', 7, { past: 'other' });
    expect(scene.state.lanes.routine.committed).toBe(8);
    expect(sends(scene)).toEqual([]);
  });

  it('has not stored an alarm by setting it aside: it is raised anew', () => {
    const scene = running(0, 0, { last: 3, committed: 3 }).hold();
    scene.take('append');
    scene.setAside('alarm', 4);
    expect(scene.light).toBe('alarm-sending');
    scene.receipt('routine', 1);
    expect(scene.state.epoch).toBe(nextEpoch);
    expect(scene.take('append').map(({ draft }) => draft.type)).toContain('alarm');
  });

  it('may have it from another epoch: that is nothing to this one', () => {
    const scene = running(9, 5);
    scene.give({ type: 'set-aside', epoch: nextEpoch, lane: 'routine', through: 9 });
    expect(scene.state.lanes.routine.committed).toBe(5);
    expect(scene.light).toBe('all-well');
  });
});

describe('the end of an epoch', () => {
  it('waits for both lanes', () => {
    const scene = running(9, 9, { last: 2, committed: 1 });
    scene.setAside('routine', 9);
    scene.receipt('routine', 10);
    expect(scene.state.epoch).toBe(epoch);
    scene.receipt('alarm', 2);
    expect(scene.state.epoch).toBe(nextEpoch);
  });

  it('waits for a tap that is being written just now', () => {
    const scene = running(9, 9).setAside('routine', 9).receipt('routine', 10);
    expect(scene.state.retirement?.phase).toBe('telling');
    const draining = running(9, 9).setAside('routine', 9);
    const tapped = decide(draining.state, { type: 'card', token }, draining.nowMs);
    expect(tapped.steps.map(({ type }) => type)).not.toContain('begin-epoch');
    // The receipt overtakes the journal's answer: the step says how much of the journal it is for.
    const receipt = { type: 'receipt', epoch, lane: 'routine', through: 10, past: 'same' } as const;
    const due = decide(tapped.state, { ...receipt, outcomes: [] }, draining.nowMs);
    expect(due.steps).toContainEqual({
      type: 'begin-epoch',
      epoch,
      last: { alarm: 0, routine: 10 },
    });
  });

  it('keeps stored alarms latched in the new journal', () => {
    const scene = running().hold().receipt('alarm', 1).setAside('routine', 1);
    scene.take('keep-latched');
    scene.receipt('routine', scene.state.lanes.routine.last);
    expect(scene.state.epoch).toBe(nextEpoch);
    const kept = scene.take('keep-latched').at(-1);
    expect(kept?.alarms.map(({ key, phase }) => [key.epoch, phase])).toEqual([[epoch, 'stored']]);
    expect(scene.light).toBe('alarm-stored');
  });

  it('is on the light until the hub has heard of it, whatever else the journal says', () => {
    const scene = running(9, 9).setAside('routine', 9).receipt('routine', 10);
    expect(scene.state.epoch).toBe(nextEpoch);
    scene.give({ type: 'part', part: 'journal', state: 'ready', detail: '' });
    expect(scene.light).toBe('fault');
    scene.take('append');
    scene.receipt('routine', 1);
    expect(scene.light).toBe('all-well');
    expect(scene.take('append')).toEqual([fault('ended')]);
    expect(scene.state.retirement).toBeUndefined();
  });
});
