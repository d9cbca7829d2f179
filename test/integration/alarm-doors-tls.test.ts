import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Carried, Carrier } from '../../device/relay/carrier.ts';
import {
  inFlightMax,
  type RelayServer,
  relayedPerMinuteMax,
  startRelayServer,
} from '../../device/relay/relay-server.ts';
import { type Posted, post } from '../../device/second-path/post.ts';
import { refusedPerMinuteMax, requestsPerMinuteMax } from '../../hub/http/station-server.ts';
import { legSchema } from '../../hub/ingest/alarm-legs.ts';
import { MqttBus } from '../../shared/bus/mqtt-bus.ts';
import { createLog } from '../../shared/log.ts';
import { systemTimers } from '../../shared/timers.ts';
import { decodeHubMessage } from '../../shared/wire/codec.ts';
import { alarmMessageBytesMax } from '../../shared/wire/limits.ts';
import { seal } from '../../shared/wire/mac.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import { eventually } from '../support/eventually.ts';
import { Past, reading } from '../support/ingest-hub.ts';
import { type Account, Street } from '../support/street.ts';

const log = createLog('test', 'silent');
const options = () => ({ timeoutMs: 10_000, signal: new AbortController().signal });

/** The alarm lane of a station, with one alarm in it. */
const laneOf = ({ station }: Account): Past =>
  new Past({ station, card: '' }, 'alarm').add(1, { type: 'alarm', gesture: 'hold' });

describe('the doors for alarms', { timeout: 60_000 }, () => {
  let street: Street;
  let lane: Past;
  beforeEach(async () => {
    street = await Street.start(3);
    lane = laneOf(street.account(0));
  });
  afterEach(() => street.stop());

  const origin = () => street.account(0);
  const message = (sentMinute = 2): Buffer => seal(origin().macKey, lane.message(1, 1, sentMinute));
  const toHub = (bytes: Uint8Array, station = origin().station): Promise<Posted> =>
    post(new URL(`/v1/station/${station}/alarm`, street.doorUrl), bytes, {
      ...{ ...options(), ca: street.authority.ca },
    });

  async function busOf({ station, password }: Account): Promise<MqttBus> {
    const url = `mqtt://127.0.0.1:${street.brokerPort}`;
    return new MqttBus({ url, clientId: station, username: station, password, log });
  }

  async function start(bus: MqttBus): Promise<MqttBus> {
    let isConnected = false;
    street.closeLater(bus);
    await bus.start({
      onConnection: (connected) => {
        isConnected = connected;
      },
    });
    await eventually('the connection', () => isConnected);
    return bus;
  }

  async function carrierOf(account: Account, reachable = () => true): Promise<Carrier> {
    const bus = await busOf(account);
    const { station, macKey } = account;
    const carrier = new Carrier({ station, macKey, bus, reachable, timers: systemTimers, log });
    await start(bus);
    return carrier;
  }

  const openRelay = async (carry: (bytes: Uint8Array) => Promise<Carried>) => {
    const { station } = street.account(1);
    const parts = { host: '127.0.0.1', port: 0, station, timers: systemTimers, log };
    const server = await startRelayServer({ ...parts, carry });
    street.closeLater(server);
    return server;
  };
  const toRelay = ({ port }: RelayServer, bytes: Uint8Array): Promise<Posted> =>
    post(new URL(`http://127.0.0.1:${port}/v1/relay/alarm`), bytes, options());

  const paths = async () => {
    const [alarm] = await street.alarms();
    const events = alarm?.history.filter(({ event }) => event === 'path') ?? [];
    return events.map(({ detail }) => legSchema.parse(JSON.parse(detail ?? '')));
  };
  const refusals = async () => {
    const rows = await street.store.db.selectFrom('refusal').select(['reason', 'count']).execute();
    return Object.fromEntries(rows.map(({ reason, count }) => [reason, count]));
  };
  const metric = async (reason: string): Promise<number> => {
    const metrics = await fetch(`http://127.0.0.1:${street.hub.httpPort}/metrics`);
    const line = (await metrics.text())
      .split('\n')
      .find((each) => each.startsWith(`yizhan_messages_refused_total{reason="${reason}"}`));
    return Number(line?.split(' ')[1] ?? 0);
  };

  it('answer the very receipt that the bus would have brought', async () => {
    const bus = await busOf(origin());
    const received: string[] = [];
    bus.subscribe([stationTopic(origin().station, 'receipt')], async ({ payload }) => {
      received.push(Buffer.from(payload).toString());
    });
    await start(bus);
    const { status, body } = await toHub(message());
    expect(status).toBe(200);
    expect(decodeHubMessage(origin().macKey, body)).toMatchObject({
      value: { kind: 'receipt', lane: 'alarm', through: 1, hash: lane.hashes[1] },
    });
    await eventually('the receipt on the bus', () => received.includes(body.toString()));
  });

  it('make one alarm of the same one by all three paths at once, and note each path once', async () => {
    const bus = await start(await busOf(origin()));
    const carriers = [await carrierOf(street.account(1)), await carrierOf(street.account(2))];
    const bytes = message();
    const topic = stationTopic(origin().station, 'alarm');
    const [overHttps, ...carried] = await Promise.all([
      toHub(bytes),
      ...carriers.map((carrier) => carrier.carry(bytes)),
      bus.publish(topic, bytes),
    ]);
    expect(overHttps.status).toBe(200);
    for (const each of carried.slice(0, 2)) expect(each).toMatchObject({ kind: 'receipt' });
    await eventually('four paths', async () => (await paths()).length === 4);
    // Again, as a station does whose receipt got lost: with another time of sending.
    expect((await toHub(message(3))).status).toBe(200);
    for (const carrier of carriers) {
      expect(await carrier.carry(message(3))).toMatchObject({ kind: 'receipt' });
    }
    await bus.publish(topic, message(3));
    const alarms = await street.alarms();
    expect(alarms).toHaveLength(1);
    expect(alarms[0]?.history.filter(({ event }) => event === 'raised')).toHaveLength(1);
    const seen = (await paths()).map(({ path, via }) => `${path} ${via ?? ''}`.trim());
    const [, one, two] = street.accounts.map(({ station }) => `relay ${station}`);
    expect(seen.sort()).toEqual(['broker', 'https', one, two].sort());
    for (const { pressedToSentMs } of await paths()) expect(pressedToSentMs).toBe(60_000);
  });

  it('refuse who repeats the same bytes by the same path', async () => {
    const carrier = await carrierOf(street.account(1));
    expect((await toHub(message())).status).toBe(200);
    expect((await toHub(message())).status).toBe(403);
    expect(await carrier.carry(message())).toMatchObject({ kind: 'receipt' });
    expect(await carrier.carry(message())).toEqual({ kind: 'refused' });
    await eventually('both are counted', async () => (await refusals())['replayed'] === 2);
  });

  it('carry nothing for a relay that knows of no hub, connected or not', async () => {
    const carrier = await carrierOf(street.account(1), () => false);
    expect(await carrier.carry(message())).toEqual({ kind: 'unreachable' });
    expect(await street.alarms()).toEqual([]);
  });

  it('do not say how long a station that has restarted needed', async () => {
    const boot = { sent: reading(0, { boot: 'boot-2' }) };
    await toHub(seal(origin().macKey, lane.message(1, 1, 2, boot)));
    await eventually('the path', async () => (await paths()).length === 1);
    expect((await paths())[0]?.pressedToSentMs).toBeNull();
  });

  it('of the hub answer all strangers with the same word, and count them', async () => {
    const routine = new Past({ station: origin().station, card: 'a'.repeat(32) }).checkIns(1);
    const foreign = seal(street.account(1).macKey, lane.message(1, 1));
    const stranger = laneOf({ ...origin(), station: 'st-00000000' }).message(1, 1);
    const junk: [string, Buffer, string?][] = [
      ['wrong key', foreign],
      ['unknown station', seal(origin().macKey, stranger), 'st-00000000'],
      ['the name of another', message(), street.account(1).station],
      ['a check-in', seal(origin().macKey, routine.message(1, 1))],
      ['no JSON', Buffer.from('junk')],
      ['a path', message(), '..%2f..%2fhub'],
    ];
    for (const [what, bytes, station] of junk) {
      const { status, body } = await toHub(bytes, station);
      expect([status, body.toString()], what).toEqual([403, '{"error":"refused"}']);
    }
    const tooLong = await toHub(Buffer.alloc(alarmMessageBytesMax + 1, 0x20));
    expect([tooLong.status, tooLong.body.toString()]).toEqual([413, '{"error":"refused"}']);
    expect(await metric('wrong-mac')).toBe(1);
    expect(await metric('http-oversized')).toBe(1);
    expect(await street.alarms()).toEqual([]);
  });

  it('of the hub show nothing else, while metrics and health are on loopback only', async () => {
    for (const path of ['/metrics', '/healthz', '/', '/v1/station/x']) {
      const { status, body } = await post(new URL(path, street.doorUrl), Buffer.from('{}'), {
        ...{ ...options(), ca: street.authority.ca },
      });
      expect([status, body.toString()], path).toEqual([404, '{"error":"refused"}']);
    }
    expect((await fetch(`http://127.0.0.1:${street.hub.httpPort}/healthz`)).status).toBe(200);
    // The same machine by its own address: what listens on loopback alone refuses it.
    await expect(fetch(`http://127.0.0.2:${street.hub.httpPort}/healthz`)).rejects.toThrow();
  });

  it('of the hub refuse junk in ever fewer words, and still take an alarm of the same address', async () => {
    const statuses: number[] = [];
    for (let sent = 0; sent <= refusedPerMinuteMax; sent += 1) {
      statuses.push((await toHub(Buffer.from('junk'))).status);
    }
    expect(statuses.filter((status) => status === 403)).toHaveLength(refusedPerMinuteMax);
    expect(statuses.at(-1)).toBe(429);
    expect(await metric('http-too-many')).toBe(1);
    expect((await toHub(message())).status).toBe(200);
    expect(await street.alarms()).toHaveLength(1);
  });

  it('of the hub hold a flood of one address, and let alarms in again by other paths', async () => {
    const statuses: number[] = [];
    for (let sent = 0; sent < requestsPerMinuteMax; sent += 100) {
      const some = Array.from({ length: 100 }, () => toHub(Buffer.from('junk')));
      statuses.push(...(await Promise.all(some)).map(({ status }) => status));
    }
    expect(statuses.filter((status) => status === 403)).toHaveLength(refusedPerMinuteMax);
    const { status, body } = await toHub(message());
    expect([status, body.toString()]).toEqual([429, '{"error":"too many requests"}']);
    expect(await metric('http-too-many')).toBe(requestsPerMinuteMax - refusedPerMinuteMax + 1);
    const carrier = await carrierOf(street.account(1));
    expect(await carrier.carry(message())).toMatchObject({ kind: 'receipt' });
  });

  it('of the hub say that a store which fails has not stored it', async () => {
    await street.store.db.schema.dropTable('alarm_event').execute();
    const { status, body } = await toHub(message());
    expect([status, body.toString()]).toEqual([503, '{"error":"not stored"}']);
  });

  it("of a relay take neighbours' alarms and nothing else, a few at a time", async () => {
    const waiting: (() => void)[] = [];
    const relay = await openRelay(
      () => new Promise((resolve) => waiting.push(() => resolve({ kind: 'refused' }))),
    );
    const own = street.account(1);
    for (const [what, bytes] of [
      ['junk', Buffer.from('junk')],
      ['its own alarm', seal(own.macKey, laneOf(own).message(1, 1))],
      ['no MAC', Buffer.from(JSON.stringify(lane.message(1, 1)))],
    ] as const) {
      const { status, body } = await toRelay(relay, bytes);
      expect([status, body.toString()], what).toEqual([400, '{"error":"refused"}']);
    }
    expect((await toRelay(relay, Buffer.alloc(alarmMessageBytesMax + 1))).status).toBe(413);
    expect(waiting).toEqual([]);
    const many = Array.from({ length: inFlightMax + 1 }, () => toRelay(relay, message()));
    await eventually('all places are taken', () => waiting.length === inFlightMax);
    const first = await Promise.race(many);
    expect([first.status, first.body.toString()]).toEqual([503, '{"error":"too many requests"}']);
    for (const answer of waiting) answer();
    const statuses = (await Promise.all(many)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 403)).toHaveLength(inFlightMax);
  });

  it('of a relay hold a flood of one address', async () => {
    const relay = await openRelay(async () => ({ kind: 'unreachable' }));
    const statuses: number[] = [];
    for (let sent = 0; sent <= relayedPerMinuteMax; sent += 1) {
      statuses.push((await toRelay(relay, Buffer.from('junk'))).status);
    }
    expect(statuses.at(-2)).toBe(400);
    expect(statuses.at(-1)).toBe(429);
  });

  it('take no other station for a relay: below its own id each may carry, and nowhere else', async () => {
    const [, relay] = street.accounts;
    const bus = await start(await busOf(street.account(2)));
    const text = message().toString();
    const forged = { v: 1, station: relay?.station, kind: 'relay', message: text };
    await bus.publish(
      stationTopic(relay?.station ?? '', 'relay'),
      seal(relay?.macKey ?? '', forged),
    );
    const own = { ...forged, station: street.account(2).station };
    const topic = stationTopic(street.account(2).station, 'relay');
    await bus.publish(topic, seal(relay?.macKey ?? '', own));
    await eventually('both are refused', async () => {
      const counts = await refusals();
      return counts['foreign-topic'] === 1 && counts['wrong-mac'] === 1;
    });
    expect(await street.alarms()).toEqual([]);
  });
});
