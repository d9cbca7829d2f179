import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { undeliveredAfterMs } from '../../device/domain/alarms.ts';
import { systemTimers, type Timers } from '../../shared/timers.ts';
import { eventually } from '../support/eventually.ts';
import { LoneStation, macKey } from '../support/lone-station.ts';
import { ModelHub } from '../support/model-hub.ts';

describe('a call for help that nobody has stored', () => {
  let folder: string;
  let skewMs = 0;
  const timers: Timers = { ...systemTimers, now: () => systemTimers.now() + skewMs };
  const hub = new ModelHub(macKey);
  const stations: LoneStation[] = [];
  const begin = (place: string): LoneStation => {
    const station = new LoneStation(join(folder, place), hub, { timers });
    stations.push(station);
    station.brain.dispatch({ type: 'started', version: 'test' });
    return station;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-undelivered-'));
  });
  afterEach(async () => {
    for (const station of stations) await station.stop();
    rmSync(folder, { recursive: true });
  });

  it('says "phone for help yourself" again when the power comes back', async () => {
    const station = begin('before');
    station.callForHelp();
    expect(station.light).toBe('alarm-sending');
    skewMs += undeliveredAfterMs;
    station.brain.dispatch({ type: 'tick' });
    expect(station.light).toBe('alarm-undelivered');
    // What a power cut leaves: the files as they are, closed by nobody.
    cpSync(join(folder, 'before'), join(folder, 'after'), { recursive: true });
    const again = begin('after');
    expect(again.light).toBe('alarm-undelivered');
    await again.connect();
    await eventually('the hub has it', () => again.light === 'alarm-stored');
  });
});
