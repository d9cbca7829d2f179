import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pauseMs } from '../../device/domain/gesture.ts';
import { VirtualNeighbours, VirtualStreet } from '../../device/relay/virtual-neighbours.ts';
import { post } from '../../device/second-path/post.ts';
import { legSchema } from '../../hub/ingest/alarm-legs.ts';
import { decodeStationMessage } from '../../shared/wire/codec.ts';
import { chainHash } from '../../shared/wire/entry.ts';
import { seal } from '../../shared/wire/mac.ts';
import type { AlarmMessage } from '../../shared/wire/messages.ts';
import { eventually } from '../support/eventually.ts';
import { FalseRelay, type Told } from '../support/false-relay.ts';
import { Street, type StreetStation } from '../support/street.ts';

const holdMs = 600;
const loopback = { host: '127.0.0.1' };

describe('an alarm that only neighbours can bring', { timeout: 90_000 }, () => {
  let street: Street;
  let network: VirtualStreet;
  let origin: StreetStation;
  beforeEach(async () => {
    street = await Street.start(2);
    network = new VirtualStreet();
    origin = await cutOff(0);
  });
  afterEach(() => street.stop());

  /** A station whose broker and whose HTTPS lead nowhere. */
  const cutOff = (number: number): Promise<StreetStation> =>
    street.station(number, { neighbours: new VirtualNeighbours(network), relay: loopback });

  const startRelay = async (): Promise<StreetStation> => {
    const reach = { brokerPort: street.brokerPort, relay: loopback };
    const relay = await street.station(1, { ...reach, neighbours: new VirtualNeighbours(network) });
    await relay.page.light('all-well');
    return relay;
  };

  const startFalseRelay = async (answer: (message: Buffer) => Promise<Told> | Told) => {
    const relay = await FalseRelay.start(answer);
    street.closeLater(relay);
    const station = 'st-00000009';
    network.relays.set(station, { station, address: '127.0.0.1', port: relay.port });
    return relay;
  };

  const alarmOf = (message: Buffer): { alarm: AlarmMessage; text: string } => {
    const decoded = decodeStationMessage(message);
    const text = decoded.texts[0];
    if (!decoded.ok || decoded.value.kind !== 'alarm' || text === undefined) {
      throw new Error('something else than an alarm was sent by the second path');
    }
    return { alarm: decoded.value, text };
  };

  /** All that a receipt for this alarm says, as anybody can work it out who has seen the message. */
  const receiptFor = (message: Buffer): object => {
    const { alarm, text } = alarmOf(message);
    const { station, epoch, previous, entries } = alarm;
    const seq = entries[0]?.seq ?? 0;
    const hash = chainHash(previous, text);
    const outcomes = [{ seq, outcome: 'recorded' }];
    const lane = { kind: 'receipt', epoch, lane: 'alarm' };
    return { v: 1, station, ...lane, through: seq, hash, outcomes };
  };

  /** The light has not said more than is true, and the false relay was really asked. */
  const staysUndelivered = async (relay: FalseRelay): Promise<void> => {
    await origin.page.press(holdMs);
    await origin.page.light('alarm-sending');
    await origin.page.light('alarm-undelivered');
    expect(relay.heard.length).toBeGreaterThan(1);
    expect(origin.running.brain.state.lanes.alarm.committed).toBe(0);
    expect(origin.running.brain.state.alarms.map(({ phase }) => phase)).toEqual(['undelivered']);
  };

  it('gets through a neighbour that reaches the hub, and the light says stored', async () => {
    await startRelay();
    await origin.page.press(holdMs);
    await origin.page.light('alarm-stored');
    const [alarm] = await eventually('the leg', async () => {
      const alarms = await street.alarms();
      return alarms[0]?.history.some(({ event }) => event === 'path') && alarms;
    });
    expect(alarm?.station).toBe(street.account(0).station);
    const path = alarm?.history.find(({ event }) => event === 'path');
    const via = street.account(1).station;
    expect(legSchema.parse(JSON.parse(path?.detail ?? ''))).toMatchObject({ path: 'relay', via });
    expect(path?.text).toContain(`relay through ${via}`);
  });

  it('waits for no HTTPS and no neighbour that never answers', async () => {
    const silence = await FalseRelay.start(() => new Promise<Told>(() => {}));
    street.closeLater(silence);
    await origin.running.stop();
    const neighbours = new VirtualNeighbours(network);
    const https = `http://127.0.0.1:${silence.port}`;
    const slow = await street.station(0, { https, neighbours, relay: loopback });
    const givenUp: number[] = [];
    const hanging = await startFalseRelay(() => {
      givenUp.push(silence.givenUp);
      return new Promise<Told>(() => {});
    });
    await startRelay();
    await slow.page.press(holdMs);
    await slow.page.light('alarm-stored');
    // The neighbours were asked while HTTPS still hung, and all of them at once.
    expect(givenUp).toEqual([0]);
    expect([silence.heard.length, hanging.heard.length]).toEqual([1, 1]);
  });

  it('is refused at once by a neighbour that has no hub itself', async () => {
    await cutOff(1);
    const own = network.relays.get(street.account(1).station);
    const url = new URL(`http://127.0.0.1:${own?.port}/v1/relay/alarm`);
    const alarm = seal(street.account(0).macKey, anAlarm(street.account(0).station));
    const { signal } = new AbortController();
    const { status, body } = await post(url, alarm, { timeoutMs: 3_000, signal });
    expect([status, body.toString()]).toEqual([503, '{"error":"hub not reachable"}']);
  });

  it('is believed stored by the seal of the hub alone', async () => {
    const answers = [
      (message: Buffer) => Buffer.from(JSON.stringify(receiptFor(message))),
      (message: Buffer) => seal(street.account(1).macKey, receiptFor(message)),
      (message: Buffer) => Buffer.from(message),
      () => Buffer.alloc(100_000, 0x20),
    ];
    let asked = 0;
    const relay = await startFalseRelay((message) => {
      const answer = answers[asked++ % answers.length];
      return { status: 200, body: answer?.(message) ?? '' };
    });
    await staysUndelivered(relay);
    expect(asked).toBeGreaterThanOrEqual(answers.length);
    await startRelay();
    await origin.page.light('alarm-stored');
  });

  it('is not stored when a neighbour alters a byte of it, and the alteration is refused', async () => {
    const carrier = await startRelay();
    const honest = network.relays.get(street.account(1).station);
    network.relays.delete(street.account(1).station);
    const relay = await startFalseRelay(async (message) => {
      const altered = Buffer.from(
        message.toString().replace('"gesture":"hold"', '"gesture":"hole"'),
      );
      const other = Buffer.from(message.toString().replace('"seq":1', '"seq":2'));
      const url = new URL(`http://127.0.0.1:${honest?.port}/v1/relay/alarm`);
      const options = { timeoutMs: 4_000, signal: new AbortController().signal };
      await post(url, altered, options);
      return post(url, other, options);
    });
    await staysUndelivered(relay);
    expect(await street.alarms()).toEqual([]);
    const refused = await eventually('the refusal', async () => {
      const rows = await street.store.db.selectFrom('refusal').selectAll().execute();
      return rows.find(({ reason }) => reason === 'wrong-mac');
    });
    expect(refused.station).toBe(street.account(0).station);
    expect(carrier.running.brain.state.connected).toBe(true);
  });

  it('is not stored by the receipt of an earlier one', async () => {
    const relay = await startRelay();
    const own = network.relays.get(street.account(1).station);
    let earlier = '';
    const eavesdropper = await startFalseRelay(async (message) => {
      if (earlier === '') {
        const url = new URL(`http://127.0.0.1:${own?.port}/v1/relay/alarm`);
        const options = { timeoutMs: 4_000, signal: new AbortController().signal };
        earlier = (await post(url, message, options)).body.toString();
      }
      return { status: 200, body: earlier };
    });
    network.relays.delete(street.account(1).station);
    await origin.page.press(holdMs);
    await origin.page.light('alarm-stored');
    await relay.running.stop();
    await delay(pauseMs + holdMs);
    await origin.page.press(holdMs);
    await eventually('the second entry', () => origin.running.brain.state.lanes.alarm.last === 2);
    const heard = eavesdropper.heard.length;
    await eventually('the replays', () => eavesdropper.heard.length > heard + 2);
    expect(origin.running.brain.state.lanes.alarm.committed).toBe(1);
  });

  it('takes nothing else along', async () => {
    const relay = await startFalseRelay(() => ({ status: 503, body: '' }));
    await origin.page.tap('04A1B2C3');
    await origin.page.light('saved-here');
    await delay(1_000);
    expect(relay.heard).toEqual([]);
    await origin.page.press(holdMs);
    await eventually('the alarm', () => relay.heard.length > 0);
    for (const message of relay.heard) expect(alarmOf(message).alarm.entries).toHaveLength(1);
  });
});

const reading = { wallMs: 1, monoMs: 1, boot: 'boot-1', synced: false };
const anAlarm = (station: string): object => ({
  ...{ v: 1, station, kind: 'alarm', epoch: 'ep-0123456789abcdef', sent: reading, oldest: 1 },
  previous: '0'.repeat(64),
  entries: [{ seq: 1, at: reading, type: 'alarm', gesture: 'hold' }],
});
