import { describe, expect, it } from 'vitest';
import { mistakeWithinMs, undeliveredAfterMs } from '../../device/domain/alarms.ts';
import { wakeAtMs } from '../../device/domain/decide.ts';
import { pauseMs } from '../../device/domain/gesture.ts';
import { initialState } from '../../device/domain/state.ts';
import type { AlarmState } from '../../shared/wire/messages.ts';
import { epoch, rules, Scene } from '../support/station-scene.ts';

const becomes = (scene: Scene, seq: number, state: AlarmState) =>
  scene.give({ type: 'alarm-state', alarm: { epoch, seq }, state });
const phases = ({ state }: Scene) => state.alarms.map(({ key, phase }) => `${key.seq} ${phase}`);
/** Two calls, far enough apart that the second is no mistake of the first. */
const twoCalls = () => new Scene().ready().online().hold().pass(mistakeWithinMs).hold();

describe('several alarms of one station', () => {
  it('are several: each is sent, stored and ended by itself', () => {
    const scene = new Scene().ready().online().hold();
    scene.take('send');
    scene.pass(mistakeWithinMs).hold();
    expect(scene.take('send').map(({ from, through }) => [from, through])).toContainEqual([2, 2]);
    scene.receipt('alarm', 2);
    expect(phases(scene)).toEqual(['1 stored', '2 stored']);
    expect(phases(becomes(scene, 1, 'acknowledged'))).toEqual(['1 acknowledged', '2 stored']);
    expect(phases(becomes(scene, 1, 'resolved'))).toEqual(['2 stored']);
    expect(becomes(scene, 2, 'resolved').light).toBe('all-well');
  });

  it('show the one that got least far: help for one is no help for another', () => {
    const scene = twoCalls().receipt('alarm', 1);
    expect(phases(scene)).toEqual(['1 stored', '2 sending']);
    expect(scene.light).toBe('alarm-sending');
    becomes(scene, 1, 'acknowledged');
    expect(scene.light).toBe('alarm-sending');
    expect(scene.receipt('alarm', 2).light).toBe('alarm-stored');
    expect(becomes(scene, 1, 'resolved').light).toBe('alarm-stored');
    expect(becomes(scene, 2, 'acknowledged').light).toBe('alarm-acknowledged');
    expect(becomes(scene, 2, 'resolved').light).toBe('all-well');
  });

  it('are undelivered each by its own time', () => {
    const scene = new Scene().ready().hold().pass(undeliveredAfterMs).hold();
    expect(phases(scene)).toEqual(['1 undelivered', '2 sending']);
    expect(scene.light).toBe('alarm-undelivered');
    expect(phases(scene.pass(undeliveredAfterMs))).toEqual(['1 undelivered', '2 undelivered']);
  });

  it('that nobody stored in time are kept so once, and come back so after a restart', () => {
    const scene = new Scene().ready().hold();
    scene.take('keep-latched');
    scene.pass(undeliveredAfterMs - 1);
    expect(wakeAtMs(scene.state)).toBe(scene.nowMs + 1);
    expect(scene.take('keep-latched')).toEqual([]);
    const latched = scene.pass(1).take('keep-latched').at(-1)?.alarms ?? [];
    expect(latched.map(({ phase }) => phase)).toEqual(['undelivered']);
    scene.pass(undeliveredAfterMs).pass(undeliveredAfterMs);
    expect(scene.take('keep-latched'), 'once').toEqual([]);
    expect(wakeAtMs(scene.state)).toBeGreaterThan(scene.nowMs);
    const lanes = { alarm: { last: 1, committed: 0 }, routine: { last: 0, committed: 0 } };
    const again = new Scene();
    again.state = initialState(rules, { epoch, lanes, latched }, again.nowMs);
    expect(again.ready().light).toBe('alarm-undelivered');
    expect(again.online().receipt('alarm', 1).light).toBe('alarm-stored');
  });

  it('are latched together over a restart, and a mistake marks the latest', () => {
    const scene = twoCalls();
    scene.pass(pauseMs).hold();
    const latched = scene.take('keep-latched').at(-1)?.alarms ?? [];
    expect(latched.map(({ key, mistake }) => [key.seq, mistake])).toEqual([
      [1, false],
      [2, true],
    ]);
    const lanes = { alarm: { last: 3, committed: 0 }, routine: { last: 0, committed: 0 } };
    const again = initialState(rules, { epoch, lanes, latched }, 0);
    expect(again.alarms.map(({ key, mistake }) => [key.seq, mistake])).toEqual([
      [1, false],
      [2, true],
    ]);
  });
});
