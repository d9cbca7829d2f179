import { describe, expect, it } from 'vitest';
import { unsyncedFaultAfterMs } from '../../device/domain/parts.ts';
import { Scene } from '../support/station-scene.ts';

const types = (scene: Scene) =>
  scene
    .take('append')
    .map(({ draft }) => ('state' in draft ? `${draft.type} ${draft.state}` : draft.type));
const clock = (synced: boolean) => ({ type: 'clock', synced }) as const;

describe('the clock', () => {
  it('is an entry once, as soon as a time service vouches for it', () => {
    const scene = new Scene().ready().give({ type: 'started', version: '1' }).give(clock(false));
    expect(types(scene)).toEqual(['started']);
    scene.give(clock(true), 10_000).give(clock(true), 10_000);
    expect(types(scene)).toEqual(['clock']);
  });

  it('is one right after the start when it is vouched for already', () => {
    const scene = new Scene().ready().give({ type: 'started', version: '1' }).give(clock(true));
    expect(types(scene)).toEqual(['started', 'clock']);
  });

  it('is a fault once, when nobody has vouched for it for an hour, until somebody does', () => {
    const scene = new Scene().ready().online();
    scene.give(clock(false), unsyncedFaultAfterMs - 1);
    expect(types(scene)).toEqual([]);
    scene.give(clock(false), 1).give(clock(false), 10_000);
    expect(types(scene)).toEqual(['fault begun']);
    expect(scene.state.parts.clock).toBe('fault');
    expect(scene.light, 'taps are taken all the same').toBe('all-well');
    scene.give(clock(true), 10_000);
    expect(types(scene)).toEqual(['clock', 'fault ended']);
  });

  it('that is lost again dates nothing anew', () => {
    const scene = new Scene().ready().give(clock(true));
    scene.take('append');
    scene.give(clock(false), 2 * unsyncedFaultAfterMs).give(clock(true));
    expect(types(scene)).toEqual([]);
  });
});
