import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mistakeWithinMs } from '../../device/domain/alarms.ts';
import type { Program } from '../support/program.ts';
import { Scheme } from '../support/scheme.ts';
import { VirtualStation } from '../support/virtual-station.ts';

const alarmsSchema = z.array(z.looseObject({ id: z.int(), state: z.string() }));

describe('two alarms of one station', { timeout: 180_000 }, () => {
  let scheme: Scheme;
  let hub: Program;
  let station: VirtualStation;

  const open = () => {
    const alarms: unknown = JSON.parse(scheme.hubSays('alarm', 'list', '--json'));
    return alarmsSchema.parse(alarms).map(({ id, state }) => `${id} ${state}`);
  };
  const by = ['--by', 'Operator 1'];

  beforeEach(async () => {
    scheme = await Scheme.create('04A1B2C3', ['--virtual']);
    hub = await scheme.startHub();
    station = await VirtualStation.start(scheme.stationFile);
    await station.light('all-well');
  }, 120_000);
  afterEach(async () => {
    await station.stop();
    await hub.stop();
    scheme.remove();
  });

  it('are two for the operator and on the light, also for a unit that lost its power in between', async () => {
    await station.press(1200);
    await station.light('alarm-stored');
    await delay(mistakeWithinMs);
    await station.press(1200);
    await expect.poll(open, { timeout: 20_000 }).toEqual(['1 raised', '2 raised']);
    await station.light('alarm-stored');

    scheme.hubSays('alarm', 'acknowledge', '1', ...by);
    await hub.stop('SIGKILL');
    await station.stop('SIGKILL');
    station = await VirtualStation.start(scheme.stationFile);
    await station.light('alarm-stored');
    hub = await scheme.startHub();

    scheme.hubSays('alarm', 'acknowledge', '2', ...by);
    await station.light('alarm-acknowledged');
    scheme.hubSays('alarm', 'resolve', '1', ...by, '--cause', 'test', '--note', 'tried out');
    expect(open()).toEqual(['2 acknowledged']);
    expect((await station.view()).light.row).toBe('alarm-acknowledged');
    scheme.hubSays('alarm', 'resolve', '2', ...by, '--cause', 'test', '--note', 'tried out');
    await station.light('all-well');
  });
});
