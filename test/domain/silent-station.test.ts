import { describe, expect, it } from 'vitest';
import { undeliveredAfterMs } from '../../device/domain/alarms.ts';
import { pauseMs } from '../../device/domain/gesture.ts';
import { lightTable, signalsOf } from '../../device/domain/light-table.ts';
import { type LightName, lights } from '../../device/domain/signals.ts';
import { epoch, Scene, token } from '../support/station-scene.ts';

const silent = (): Scene => {
  const scene = new Scene().ready();
  scene.state = { ...scene.state, silent: true };
  return scene;
};
/** What was shown and sounded since the last call, in order. */
const signals = (scene: Scene): string[] => {
  const said = scene.steps.flatMap((step) => {
    if (step.type === 'show') return [step.light];
    return step.type === 'sound' ? [`tone ${step.tone}`] : [];
  });
  scene.steps = [];
  return said;
};

describe('a silent station', () => {
  it('winks through the whole life of a call, and sounds nothing, the mistake included', () => {
    const scene = silent();
    signals(scene);
    const key = { epoch, seq: 1 };
    scene.hold();
    expect(scene.light).toBe('alarm-sending');
    scene.pass(undeliveredAfterMs);
    expect(scene.light).toBe('alarm-undelivered');
    scene.online().receipt('alarm', 1);
    scene.give({ type: 'alarm-state', alarm: key, state: 'acknowledged' });
    expect(scene.light).toBe('alarm-acknowledged');
    expect(new Set(signals(scene))).toEqual(new Set(['wink']));
    scene.give({ type: 'alarm-state', alarm: key, state: 'resolved' });
    expect(signals(scene)).toEqual(['allWell']);
    scene.hold().pass(pauseMs).hold();
    expect(scene.state.alarms).toMatchObject([{ mistake: true }]);
    expect(new Set(signals(scene))).toEqual(new Set(['wink']));
  });

  it('takes taps as any other: light and tone', () => {
    const scene = silent().online();
    signals(scene);
    scene.give({ type: 'card', token }).receipt('routine', 1, { outcome: 'credited' });
    expect(signals(scene)).toEqual(['onDisk', 'tone tick', 'credited', 'tone rising']);
  });

  it('is told of a neighbour by the wink alone', () => {
    const scene = silent().online();
    signals(scene);
    for (const seq of [1, 2]) {
      const alarm = { epoch: 'ep-2222222222222222', seq };
      const about = { alarm, stationName: 'Station 2', state: 'raised' } as const;
      scene.give({ type: 'neighbour-alarm', ...about });
    }
    expect(scene.light).toBe('neighbour-alarm');
    expect(signals(scene)).toEqual(['wink']);
  });
});

describe('the light table', () => {
  it('winks for each call for help, tells of a test without a tone, and of all else as everywhere', () => {
    for (const row of lightTable) {
      const isHelp = /alarm/.test(row.name);
      const isTest = row.name.startsWith('test-');
      expect(row.discreet, row.name).toBe(isHelp ? 'wink' : isTest ? row.light : undefined);
      expect(signalsOf(row, false), row.name).toEqual(
        row.tone === undefined ? { light: row.light } : { light: row.light, tone: row.tone },
      );
      if (isTest) expect(signalsOf(row, true), row.name).toEqual({ light: row.light });
      else if (!isHelp) expect(signalsOf(row, true), row.name).toEqual(signalsOf(row, false));
    }
  });

  it('winks like all well with something behind it, and like no other row', () => {
    const { wink, allWell } = lights;
    expect(wink.frames[0]).toEqual(allWell.frames[0]);
    const periodMs = (name: LightName) => lights[name].frames.reduce((sum, { ms }) => sum + ms, 0);
    expect(periodMs('wink')).toBe(periodMs('allWell'));
    const patterns = Object.values(lights).map(({ frames }) => JSON.stringify(frames));
    expect(new Set(patterns).size).toBe(patterns.length);
  });
});
