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
const troublesSchema = z.looseObject({
  hubTroubles: z.array(z.looseObject({ kind: z.string(), detail: z.string() })),
});
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

  it('is in trouble while the broker is away, and says so wherever it still can', async () => {
    const hubTroubles = () =>
      troublesSchema.parse(JSON.parse(scheme.hubSays('status', '--json'))).hubTroubles;
    const httpPort = /HTTP on port (\d+)/.exec(hub.output)?.[1];
    const health = async () => {
      const answer = await fetch(`http://127.0.0.1:${httpPort}/healthz`);
      return { status: answer.status, body: JSON.parse(await answer.text()) };
    };
    expect([hubTroubles(), (await health()).body]).toEqual([[], { ok: true, troubles: [] }]);
    await broker.kill();
    await eventually('the trouble', () => hubTroubles().length > 0);
    const about = { kind: 'broker', detail: expect.stringContaining('ECONNREFUSED') };
    expect(hubTroubles()).toMatchObject([about]);
    expect(scheme.hubSays('status')).toMatch(/^trouble of the hub: broker since .*ECONNREFUSED/m);
    // Who restarts hubs that do not work shall leave this one alone.
    expect(await health()).toMatchObject({ status: 200, body: { ok: true, troubles: [about] } });
    // Whoever follows the feed comes back a moment later than the hub.
    await feed.stop();
    await broker.resume();
    while ((await health()).body.troubles.length > 0);
    feed = await FeedListener.start(broker.port);
    await eventually('both on the feed', () => feed.messages('trouble').length >= 2);
    expect(feed.messages('trouble').filter(({ kind }) => kind === 'broker')).toMatchObject([
      { kind: 'broker', state: 'begun' },
      { kind: 'broker', state: 'ended' },
    ]);
    expect(hubTroubles()).toEqual([]);
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
