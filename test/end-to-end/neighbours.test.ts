import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stationSettingsSchema } from '../../device/settings/station-settings.ts';
import { readSettings, writeSettings } from '../../shared/settings/settings-file.ts';
import { FeedListener } from '../support/feed-listener.ts';
import type { Program } from '../support/program.ts';
import { Scheme } from '../support/scheme.ts';
import { VirtualStation } from '../support/virtual-station.ts';

const uid = '04A1B2C3';

/** A hub and two virtual stations, one of them maybe silent, as processes of their own. */
describe('two stations and a hub', { timeout: 180_000 }, () => {
  const open: { stop(): Promise<unknown> }[] = [];
  let scheme: Scheme;
  let hub: Program;
  let first: VirtualStation;
  let [firstId, secondId] = ['', ''];
  let secondFile = '';

  const start = async <T extends { stop(): Promise<unknown> }>(starting: Promise<T>) => {
    const one = await starting;
    open.push(one);
    return one;
  };
  const startSecond = async ({ silent }: { silent: boolean }) => {
    const settings = readSettings(secondFile, stationSettingsSchema);
    writeSettings(secondFile, { ...settings, silent });
    const station = await start(VirtualStation.start(secondFile));
    await station.light('all-well');
    return station;
  };
  const operator = (...args: string[]) => scheme.hubSays(...args);
  const resolve = (alarm: string) =>
    operator(
      'alarm',
      'resolve',
      alarm,
      '--by',
      'Operator 1',
      '--cause',
      'test',
      '--note',
      'tried out',
    );

  beforeEach(async () => {
    scheme = await Scheme.create(uid, ['--virtual']);
    secondFile = join(scheme.folder, 'second', 'station.json');
    const where = ['--out', secondFile, '--url', scheme.url, '--virtual'];
    operator('station', 'add', 'Station 2', ...where);
    firstId = readSettings(scheme.stationFile, stationSettingsSchema).station;
    secondId = readSettings(secondFile, stationSettingsSchema).station;
    hub = await start(scheme.startHub());
    first = await start(VirtualStation.start(scheme.stationFile));
    await first.light('all-well');
  }, 120_000);
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.stop();
    scheme.remove();
  });

  it('tell a neighbour at once, by name, until the call is resolved, and nobody unless it was chosen', async () => {
    const second = await startSecond({ silent: false });
    await first.press(1200);
    await first.light('alarm-stored');
    expect((await second.view()).light.row).toBe('all-well');
    resolve('1');
    await first.light('all-well');

    operator('station', 'place', firstId, '--lat', '41.8057', '--lon', '123.4315');
    operator('station', 'place', secondId, '--lat', '41.8059', '--lon', '123.4311');
    const chosen = operator('station', 'neighbours', firstId, '--within', '100');
    expect(chosen).toMatch(
      new RegExp(`^whoever is within 100 m:\\nid +name +distance\\n${secondId}  Station 2  40 m$`),
    );
    await first.press(1200);
    await second.light('neighbour-alarm');
    const { light, neighbours, tone } = await second.view();
    expect(neighbours).toEqual(['Station 1']);
    expect([light['pattern'], tone.name]).toEqual(['amber and blue, slow', 'three']);
    await first.light('alarm-stored');
    operator('alarm', 'acknowledge', '2', '--by', 'Operator 1');
    await first.light('alarm-acknowledged');
    expect((await second.view()).light.row).toBe('neighbour-alarm');
    resolve('2');
    await second.light('all-well');
    expect((await second.view()).neighbours).toEqual([]);
    expect(operator('station', 'neighbours', firstId, '--none')).toBe('no neighbours');
  });

  it('tell a neighbour that was away when it comes back, and that it is resolved after another absence', async () => {
    operator('station', 'neighbours', firstId, '--set', secondId);
    await first.press(1200);
    await first.light('alarm-stored');
    const second = await start(VirtualStation.start(secondFile));
    await second.light('neighbour-alarm');
    await hub.stop();
    resolve('1');
    expect((await second.view()).light.row).toBe('neighbour-alarm');
    hub = await start(scheme.startHub());
    await second.light('all-well');
  });

  it('tell a neighbour that was taken off the list while it was away that the call is over for it', async () => {
    operator('station', 'neighbours', firstId, '--set', secondId);
    const second = await startSecond({ silent: false });
    await first.press(1200);
    await second.light('neighbour-alarm');
    await hub.stop();
    operator('station', 'neighbours', firstId, '--none');
    hub = await start(scheme.startHub());
    await second.light('all-well');
    expect((await second.view()).neighbours).toEqual([]);
    expect((await first.view()).light.row).toMatch(/^alarm/);
  });

  it('keep a silent one silent: its own call and its neighbour show as one wink', async () => {
    const feed = await start(FeedListener.start(scheme.mqttPort));
    const second = await startSecond({ silent: true });
    operator('station', 'neighbours', firstId, '--set', secondId);
    const quiet = async (row: string) => {
      await second.light(row);
      const { light, tone } = await second.view();
      expect(light['pattern'], row).toBe('green heartbeat with a blue wink');
      expect(tone.name, row).toBe('silence');
    };
    await first.press(1200);
    await quiet('neighbour-alarm');
    await first.light('alarm-stored');
    await second.press(1200);
    await quiet('alarm-stored');
    resolve('1');
    await first.light('all-well');
    await quiet('alarm-stored');
    expect(feed.messages('alarm').map(({ state }) => state)).toEqual([
      'raised',
      'raised',
      'resolved',
    ]);
  });
});
