import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { writeSettings } from '../../shared/settings/settings-file.ts';
import { presenceMessageSchema } from '../../shared/wire/messages.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import { eventually } from '../support/eventually.ts';
import { FeedListener } from '../support/feed-listener.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import type { Program } from '../support/program.ts';
import { Scheme } from '../support/scheme.ts';
import { VirtualStation } from '../support/virtual-station.ts';

const uid = '04A1B2C3';
const statusSchema = z.looseObject({
  stations: z.array(z.looseObject({ state: z.string() })),
  refusals: z.array(z.looseObject({ reason: z.string(), count: z.int() })),
});

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

  it('takes no copy of what a station once said for the station, and what the broker keeps for no attack', async () => {
    const status = () => statusSchema.parse(JSON.parse(scheme.hubSays('status', '--json')));
    const counts = () => status().refusals.map(({ reason, count }) => `${reason} ${count}`);
    const stranger = await connectAsync(broker.url);
    const kept: { topic: string; payload: Buffer }[] = [];
    stranger.on('message', (topic, payload) => kept.push({ topic, payload }));
    for (const kind of ['presence', 'health'] as const) {
      await stranger.subscribeAsync(stationTopic('+', kind), { qos: 1 });
    }
    await eventually('the station is heard', () => kept.length >= 2);
    const [birth, report] = kept;
    if (!birth || !report) throw new Error('nothing is kept');
    expect(presenceMessageSchema.parse(JSON.parse(birth.payload.toString())).online).toBe(true);

    await station.stop();
    await eventually('it is missed', () => status().stations[0]?.state === 'offline');
    await stranger.publishAsync(birth.topic, birth.payload, { qos: 1, retain: true });
    await stranger.publishAsync(report.topic, report.payload, { qos: 1, retain: true });
    await eventually('both are refused', () => counts().includes('replayed 2'));
    expect(status().stations).toMatchObject([{ state: 'offline' }]);

    await hub.stop();
    hub = await scheme.startHub();
    station = await VirtualStation.start(scheme.stationFile);
    await station.light('all-well');
    await eventually('it is there', () => status().stations[0]?.state === 'online');
    expect(counts()).toEqual(['replayed 2']);
    await stranger.endAsync(true);
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
