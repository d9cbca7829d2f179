import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { writeSettings } from '../../shared/settings/settings-file.ts';
import { FeedListener } from '../support/feed-listener.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import type { Program } from '../support/program.ts';
import { Scheme } from '../support/scheme.ts';
import { VirtualStation } from '../support/virtual-station.ts';

const uid = '04A1B2C3';

describe("a hub that uses somebody else's broker", { timeout: 120_000 }, () => {
  let broker: Mosquitto;
  let scheme: Scheme;
  let hub: Program;
  let station: VirtualStation;
  let feed: FeedListener;

  beforeEach(async () => {
    broker = await Mosquitto.start();
    scheme = await Scheme.create(uid, ['--virtual', '--url', broker.url]);
    mkdirSync(scheme.folder, { recursive: true });
    writeSettings(join(scheme.folder, 'hub.json'), { externalBroker: { url: broker.url } });
    hub = await scheme.startHub();
    feed = await FeedListener.start(broker.port);
    station = await VirtualStation.start(scheme.stationFile);
    await station.light('all-well');
  }, 120_000);
  afterEach(async () => {
    await station.stop();
    await feed.stop();
    await hub.stop();
    await broker.stop();
    scheme.remove();
  });

  it('credits taps, also those from while the broker was dead', async () => {
    await station.tap(uid);
    await station.light('credited');
    await broker.kill();
    await station.light('hub-away');
    await station.tap(uid);
    await station.light('saved-here');
    await broker.resume();
    await station.light('all-well');
    while ((await station.view()).backlog > 0);
    expect(scheme.balance()).toBe(10);
    const entries = z.looseObject({ entries: z.int() });
    expect(entries.parse(JSON.parse(scheme.hubSays('status', '--json'))).entries).toBe(3);
  });

  it('is missed at the station when it is killed, and found when it is back', async () => {
    await hub.stop('SIGKILL');
    await station.light('hub-away');
    hub = await scheme.startHub();
    await station.light('all-well');
    await station.press(1200);
    await station.light('alarm-stored');
    scheme.hubSays('alarm', 'acknowledge', '1', '--by', 'Operator 1');
    await station.light('alarm-acknowledged');
  });
});
