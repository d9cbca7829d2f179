import { describe, expect, it } from 'vitest';
import { wakeAtMs } from '../../device/domain/decide.ts';
import {
  neighbourAlarmsMax,
  neighbourShownMs,
  neighboursCalling,
} from '../../device/domain/neighbours.ts';
import type { NeighbourAlarmState } from '../../shared/wire/messages.ts';
import { epoch, Scene, token } from '../support/station-scene.ts';

const theirs = (seq: number) => ({ epoch: 'ep-2222222222222222', seq });
const told = (scene: Scene, seq: number, state: NeighbourAlarmState, afterMs = 0) =>
  scene.give(
    { type: 'neighbour-alarm', alarm: theirs(seq), stationName: `Station ${seq}`, state },
    afterMs,
  );
const online = () => new Scene().ready().online();
const names = ({ state }: Scene) => neighboursCalling(state).map(({ stationName }) => stationName);
const tones = (scene: Scene) => scene.take('sound').map(({ tone }) => tone);

describe('a call for help of a neighbour', () => {
  it('has a light and a tone of its own, until it is resolved and not only acknowledged', () => {
    const scene = online();
    scene.take('sound');
    expect(told(scene, 2, 'raised').light).toBe('neighbour-alarm');
    expect(tones(scene)).toEqual(['three']);
    expect(told(scene, 2, 'acknowledged').light).toBe('neighbour-alarm');
    expect(tones(scene)).toEqual([]);
    expect(names(scene)).toEqual(['Station 2']);
    expect(told(scene, 2, 'resolved').light).toBe('all-well');
  });

  it('stands below the alarms of this station and above its taps', () => {
    const scene = told(online(), 2, 'raised');
    scene.give({ type: 'card', token }).receipt('routine', 1, { outcome: 'credited' });
    expect(scene.light).toBe('neighbour-alarm');
    expect(scene.hold().light).toBe('alarm-sending');
    scene.receipt('alarm', 1);
    scene.give({ type: 'alarm-state', alarm: { epoch, seq: 1 }, state: 'acknowledged' });
    expect(scene.light).toBe('alarm-acknowledged');
    scene.give({ type: 'alarm-state', alarm: { epoch, seq: 1 }, state: 'resolved' });
    expect(scene.light).toBe('neighbour-alarm');
  });

  it('is one, however often it is told; each of several sounds, and ends by itself', () => {
    const scene = told(online(), 2, 'raised');
    scene.take('sound');
    told(scene, 2, 'raised', 30_000);
    expect(tones(scene)).toEqual([]);
    told(scene, 3, 'raised');
    expect(tones(scene)).toEqual(['three']);
    expect(names(scene)).toEqual(['Station 2', 'Station 3']);
    told(scene, 2, 'resolved');
    expect(names(scene)).toEqual(['Station 3']);
    expect(scene.light).toBe('neighbour-alarm');
    expect(tones(scene)).toEqual([]);
  });

  it('is over here after its time, also when it is told again', () => {
    const scene = told(online(), 2, 'raised');
    scene.pass(neighbourShownMs - 1);
    expect(scene.light).toBe('neighbour-alarm');
    expect(wakeAtMs(scene.state)).toBe(scene.nowMs + 1);
    expect(scene.pass(1).light).toBe('all-well');
    expect(told(scene, 2, 'acknowledged', 30_000).light).toBe('all-well');
    told(scene, 2, 'resolved');
    expect(scene.state.neighbours).toEqual([]);
  });

  it('goes to no journal and no presence: it is the hub that tells it again', () => {
    const scene = online();
    scene.steps = [];
    told(scene, 2, 'raised');
    expect(scene.steps.map(({ type }) => type)).toEqual(['show', 'sound']);
  });

  it('fills no memory: the oldest goes first', () => {
    const scene = online();
    for (let seq = 1; seq <= neighbourAlarmsMax + 3; seq += 1) told(scene, seq, 'raised');
    expect(scene.state.neighbours).toHaveLength(neighbourAlarmsMax);
    expect(scene.state.neighbours[0]?.key).toEqual(theirs(4));
  });

  it('is nothing new when it is a call of this very station', () => {
    const scene = online().hold().receipt('alarm', 1);
    const alarm = { epoch, seq: 1 };
    scene.give({ type: 'neighbour-alarm', alarm, stationName: 'Station 1', state: 'raised' });
    expect(scene.state.neighbours).toEqual([]);
    expect(scene.light).toBe('alarm-stored');
  });
});
