import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { feedFilter } from '../../shared/wire/topics.ts';
import { eventually } from '../support/eventually.ts';
import { FeedListener } from '../support/feed-listener.ts';
import { Program } from '../support/program.ts';
import { type FeedBody, feedBodySchema, Scheme } from '../support/scheme.ts';
import { VirtualStation } from '../support/virtual-station.ts';

const uid = '04A1B2C3';
/** A hub and a virtual station as processes of their own, as `start.sh` runs them. */
describe('a hub and a station', { timeout: 120_000 }, () => {
  let scheme: Scheme;
  let hub: Program;
  let station: VirtualStation;
  let reader: MqttClient | undefined;
  const feed: { topic: string; body: FeedBody }[] = [];

  const follow = async (): Promise<void> => {
    reader = await connectAsync(scheme.url, { protocolVersion: 4 });
    reader.on('message', (topic, payload) => {
      const body: unknown = JSON.parse(payload.toString());
      feed.push({ topic, body: feedBodySchema.parse(body) });
    });
    await reader.subscribeAsync(feedFilter, { qos: 1 });
  };
  const checkIns = () => feed.filter(({ topic }) => topic.endsWith('/check-in'));

  beforeEach(async () => {
    feed.length = 0;
    scheme = await Scheme.create(uid, ['--virtual']);
    hub = await scheme.startHub();
    station = await VirtualStation.start(scheme.stationFile);
    await station.light('all-well');
    await follow();
  }, 120_000);
  afterEach(async () => {
    reader?.end(true);
    await station.stop();
    await hub.stop();
    scheme.remove();
  });

  it('credit a tap: white, then green, points on the account, a message on the feed', async () => {
    await station.tap(uid);
    await station.light('credited');
    expect((await station.view()).outcome).toEqual({ kind: 'credited', points: 10 });
    await eventually('the feed', () => checkIns().length === 1);
    expect(scheme.balance()).toBe(10);
    await station.light('all-well');
    await station.tap(uid);
    await station.light('no-points');
    expect(scheme.balance()).toBe(10);
    await station.tap('04FFFFFF');
    await station.light('unknown-card');
  });

  it('keep five taps while the hub is dead, and deliver each of them once to whoever follows', async () => {
    const listener = await FeedListener.start(scheme.mqttPort);
    expect(await hub.stop('SIGKILL')).toBe('SIGKILL');
    await station.light('hub-away');
    for (let taps = 1; taps <= 5; taps += 1) {
      await station.tap(uid);
      await station.light('saved-here');
      await station.light('hub-away');
    }
    expect((await station.view()).backlog).toBe(5);
    hub = await scheme.startHub();
    await station.light('all-well');
    while ((await station.view()).backlog > 0) await delay(20);
    expect(scheme.balance()).toBe(10);
    // mosquitto_sub comes back by itself, a moment after the station did.
    await eventually('the feed', () => listener.messages('check-in').length >= 5);
    const ids = listener.messages('check-in').map(({ id }) => id);
    expect(new Set(ids).size).toBe(5);
    await listener.stop();
  });

  it('carry an alarm to an operator and the answer back to the light', async () => {
    await station.press(1200);
    await station.light('alarm-stored');
    await eventually('the feed', () => feed.some(({ body }) => body.state === 'raised'));
    expect(scheme.hubSays('alarm', 'list')).toMatch(/^1 +raised/m);
    scheme.hubSays('alarm', 'acknowledge', '1', '--by', 'Operator 1');
    await station.light('alarm-acknowledged');
    const second = scheme.askHub('alarm', 'acknowledge', '1', '--by', 'Operator 2');
    expect(second.status).toBe(2);
    expect(second.stderr).toMatch(/already acknowledged by Operator 1/);
    scheme.hubSays(
      'alarm',
      'resolve',
      '1',
      '--by',
      'Operator 1',
      '--cause',
      'test',
      '--note',
      'tried out',
    );
    await station.light('all-well');
    expect(scheme.hubSays('alarm', 'list')).toBe('no open alarms');
  });

  it('stop in good order when they are told to', async () => {
    expect(await station.stop()).toBe(0);
    expect(await hub.stop()).toBe(0);
  });

  it('say in one line that a port is taken', () => {
    const other = `${scheme.folder}-other`;
    const start = ['start', '--data', other, '--mqtt-port', String(scheme.mqttPort)];
    const { status, stderr } = Program.run('hub/main.ts', start);
    rmSync(other, { recursive: true });
    expect(status).toBe(2);
    expect(stderr).toBe(
      `MQTT port ${scheme.mqttPort} is taken: choose another with --mqtt-port.\n`,
    );
  });
});
