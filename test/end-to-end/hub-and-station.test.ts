import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { feedFilter } from '../../shared/wire/topics.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { Program } from '../support/program.ts';
import { type FeedBody, feedBodySchema, Scheme } from '../support/scheme.ts';

const uid = '04A1B2C3';
/** Generous: it covers the longest wait between two attempts to reconnect, on a busy machine. */
const lightWithinMs = 40_000;
const viewSchema = z.looseObject({
  light: z.looseObject({ row: z.string() }),
  backlog: z.int(),
  outcome: z.looseObject({ kind: z.string(), points: z.int().optional() }).nullable(),
});

/** A hub and a virtual station as processes of their own, as `start.sh` runs them. */
describe('a hub and a station', { timeout: 120_000 }, () => {
  let scheme: Scheme;
  let stationPort: number;
  let hub: Program;
  let station: Program;
  let reader: MqttClient | undefined;
  const feed: { topic: string; body: FeedBody }[] = [];

  const view = async () => {
    const answer = await fetch(`http://127.0.0.1:${stationPort}/panel`);
    return viewSchema.parse(await answer.json());
  };
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const options = { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await fetch(`http://127.0.0.1:${stationPort}${path}`, options);
    expect(answer.status).toBe(202);
  };
  /** Waits for a row of the light table; asks often, since some rows are shown for a second only. */
  const light = async (row: string): Promise<void> => {
    const seen: string[] = [];
    const deadlineMs = performance.now() + lightWithinMs;
    while (performance.now() < deadlineMs) {
      const now = (await view()).light.row;
      if (now === row) return;
      if (seen.at(-1) !== now) seen.push(now);
      await delay(5);
    }
    throw new Error(`the light never said ${row}, only ${seen.join(', ')}`);
  };
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
    stationPort = await freePort();
    scheme = await Scheme.create(uid, ['--virtual']);
    hub = await scheme.startHub();
    const stationArgs = [
      '--settings',
      scheme.stationFile,
      '--virtual',
      '--station-port',
      String(stationPort),
    ];
    station = await Program.start('device/main.ts', stationArgs, /virtual station: http/);
    await light('all-well');
    await follow();
  }, 120_000);
  afterEach(async () => {
    reader?.end(true);
    await station.stop();
    await hub.stop();
    scheme.remove();
  });

  it('credit a tap: white, then green, points on the account, a message on the feed', async () => {
    await post('/tap', { uid });
    await light('credited');
    expect((await view()).outcome).toEqual({ kind: 'credited', points: 10 });
    await eventually('the feed', () => checkIns().length === 1);
    expect(scheme.balance()).toBe(10);
    await light('all-well');
    await post('/tap', { uid });
    await light('no-points');
    expect(scheme.balance()).toBe(10);
    await post('/tap', { uid: '04FFFFFF' });
    await light('unknown-card');
  });

  it('keep five taps while the hub is dead, and deliver each of them once when it is back', async () => {
    expect(await hub.stop('SIGKILL')).toBe('SIGKILL');
    await light('hub-away');
    for (let taps = 1; taps <= 5; taps += 1) {
      await post('/tap', { uid });
      await light('saved-here');
      await light('hub-away');
    }
    expect((await view()).backlog).toBe(5);
    reader?.end(true);
    hub = await scheme.startHub();
    await follow();
    await light('all-well');
    while ((await view()).backlog > 0) await delay(20);
    expect(scheme.balance()).toBe(10);
    await eventually('the feed', () => checkIns().length >= 5);
    const ids = checkIns().map(({ body }) => body.id);
    expect(new Set(ids).size).toBe(5);
  });

  it('carry an alarm to an operator and the answer back to the light', async () => {
    await post('/press', { holdMs: 1200 });
    await light('alarm-stored');
    await eventually('the feed', () => feed.some(({ body }) => body.state === 'raised'));
    expect(scheme.hubSays('alarm', 'list')).toMatch(/^1 {2}raised/);
    scheme.hubSays('alarm', 'acknowledge', '1', '--by', 'Operator 1');
    await light('alarm-acknowledged');
    const second = scheme.askHub('alarm', 'acknowledge', '1', '--by', 'Operator 2');
    expect(second.status).toBe(2);
    expect(second.stderr).toMatch(/already acknowledged by Operator 1/);
    scheme.hubSays('alarm', 'resolve', '1', '--by', 'Operator 1', '--cause', 'test');
    await light('all-well');
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
