import { describe, expect, it } from 'vitest';
import { epoch, journalReplaced, nextEpoch, Scene, token } from '../support/station-scene.ts';

describe('a journal that takes the place of another', () => {
  it('does not end a hold that has begun', () => {
    const scene = new Scene().ready().give({ type: 'button', edge: 'down' }).pass(500);
    scene.give(journalReplaced(nextEpoch)).take('append');
    scene.pass(500);
    expect(scene.take('append').map(({ draft }) => draft)).toEqual([
      { type: 'alarm', gesture: 'hold' },
    ]);
  });

  it('says nothing of a tap of the one before, whatever it has under the same number', () => {
    const scene = new Scene().ready().online().give({ type: 'card', token });
    scene.give(journalReplaced(nextEpoch)).receipt('routine', 1, { outcome: 'credited' });
    expect(scene.light).toBe('all-well');
  });

  it('brings its own alarms and cursors along, also one that was raised anew and is delivered after all', () => {
    const scene = new Scene().ready().hold();
    scene.give(journalReplaced(nextEpoch)).receipt('alarm', 1);
    const other = { key: { epoch, seq: 7 }, phase: 'acknowledged', mistake: false } as const;
    const own = { key: { epoch, seq: 1 }, phase: 'sending', mistake: false } as const;
    const lanes = { alarm: { last: 7, committed: 0 }, routine: { last: 9, committed: 4 } };
    scene.take('append');
    scene.give(journalReplaced(epoch, { lanes, latched: [own, other] }));
    expect(scene.state.alarms.map(({ key }) => key)).toEqual([
      { epoch, seq: 1 },
      { epoch, seq: 7 },
      { epoch: nextEpoch, seq: 1 },
    ]);
    expect(scene.state.lanes.routine).toMatchObject({ last: 9, committed: 4 });
    expect(scene.take('append')).toEqual([]);
  });

  it('does not raise anew a second time what a third journal still tells of', () => {
    const thirdEpoch = 'ep-3333333333333333';
    const scene = new Scene().ready().hold();
    scene.give(journalReplaced(nextEpoch)).receipt('alarm', 1);
    const lost = { key: { epoch, seq: 1 }, phase: 'sending', mistake: false } as const;
    scene.take('append');
    scene.give(journalReplaced(thirdEpoch, { latched: [lost] }));
    expect(scene.state.alarms.map(({ key }) => key)).toEqual([{ epoch: nextEpoch, seq: 1 }]);
    expect(scene.take('append')).toEqual([]);
  });
});
