import { setImmediate as turn } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { EmbeddedBus } from '../../hub/bus/embedded-bus.ts';
import { unsentBytesMax } from '../../hub/bus/slow-clients.ts';
import { createLog } from '../../shared/log.ts';
import { feedFilter, feedTopic, stationTopic } from '../../shared/wire/topics.ts';
import { eventually } from '../support/eventually.ts';
import {
  connackAccepted,
  connectPacket,
  puback,
  publishPacket,
  RawClient,
  subscribePacket,
} from '../support/raw-mqtt.ts';

const station = 'st-00000001';
const password = 'a password of the test';
const suback = Buffer.from([0x90, 3, 0, 1, 0]);
/** Longer than a test may take: the frozen subscriber is then cut for another reason, or not at all. */
const neverMs = 600_000;
const filling = Buffer.alloc(16 * 1024);
/** Kernels buffer some megabytes a connection; a subscriber that has taken so much is not frozen. */
const fillingsMax = 4_000;

describe('a subscriber that stops reading', () => {
  const open: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.stop();
  });

  async function startHub(frozenAfterMs: number) {
    const troubles: string[] = [];
    const hub = new EmbeddedBus({
      host: '127.0.0.1',
      port: 0,
      authenticate: async (id, given) => (given === password ? { kind: 'station', id } : undefined),
      frozenAfterMs,
      log: createLog('test', 'silent'),
    });
    hub.subscribe([stationTopic('+', 'alarm'), stationTopic('+', 'health')], async () => {});
    await hub.start({ onTrouble: (detail) => troubles.push(detail) });
    open.push(hub);
    return { hub, troubles };
  }

  async function frozen(hub: EmbeddedBus, filters: readonly string[]): Promise<RawClient> {
    const client = await RawClient.open(hub.port);
    open.push(client);
    client.socket.write(connectPacket('frozen'));
    await client.receive(connackAccepted);
    for (const filter of filters) {
      client.socket.write(subscribePacket(filter));
      await client.receive(suback);
    }
    client.socket.pause();
    return client;
  }

  async function mqtt(hub: EmbeddedBus, account: object, filter?: string) {
    const url = `mqtt://127.0.0.1:${hub.port}`;
    const client: MqttClient = await connectAsync(url, { ...account, reconnectPeriod: 0 }, false);
    open.push({ stop: () => client.endAsync(true) });
    const heard: string[] = [];
    client.on('message', (_topic, payload) => heard.push(payload.toString()));
    if (filter !== undefined) await client.subscribeAsync(filter, { qos: 1 });
    return { client, heard };
  }

  /** Publishes until more than `bytes` wait in the hub for the frozen one. */
  async function fill(hub: EmbeddedBus, bytes: number): Promise<void> {
    for (let count = 0; hub.unsentBytes <= bytes; count += 1) {
      if (count === fillingsMax) throw new Error('nothing waits: the subscriber is not frozen');
      void hub.publish(feedTopic('check-in'), filling);
      await turn();
    }
  }

  it('delays neither other subscribers, nor a station, nor the hub', async () => {
    const { hub, troubles } = await startHub(neverMs);
    await frozen(hub, [feedFilter, stationTopic('+', 'health')]);
    const sender = await RawClient.open(hub.port);
    open.push(sender);
    sender.socket.write(connectPacket(station, [station, password]));
    await sender.receive(connackAccepted);
    sender.socket.write(subscribePacket(stationTopic(station, 'command')));
    await sender.receive(suback);
    const reader = await mqtt(hub, {}, stationTopic('+', 'health'));
    await fill(hub, filling.length * 4);
    await hub.publish(feedTopic('alarm'), Buffer.from('an alarm'));
    await hub.publish(stationTopic(station, 'command'), Buffer.from('help is coming'));
    await sender.receive(Buffer.from('help is coming'));
    // aedes reads on after one message that is stuck, but not after two that came together.
    const health = ['well', 'still well'].map((text) =>
      publishPacket(stationTopic(station, 'health'), Buffer.from(text)),
    );
    sender.socket.write(Buffer.concat(health));
    await sender.receive(puback);
    await sender.receive(puback);
    await eventually('the health', () => reader.heard.length === 2);
    sender.socket.write(publishPacket(stationTopic(station, 'alarm'), Buffer.from('help')));
    await sender.receive(puback);
    // It was frozen all the while: something waits for it, and nobody has cut it.
    expect(hub.unsentBytes).toBeGreaterThan(0);
    expect(troubles).toEqual([]);
  });

  it('slows the hub down when very much is under way, until it reads again', async () => {
    const { hub } = await startHub(neverMs);
    const client = await frozen(hub, [feedFilter]);
    await fill(hub, 0);
    let handedOver = 0;
    const count = 5_000;
    const published = Array.from({ length: count }, async () => {
      await hub.publish(feedTopic('check-in'), Buffer.from('x'));
      handedOver += 1;
    });
    await eventually('some are handed over', () => handedOver > 0);
    expect(handedOver).toBeLessThan(count / 2);
    client.socket.resume();
    await Promise.all(published);
  });

  it('hears the last word when it reads again while the hub stops', async () => {
    const { hub, troubles } = await startHub(neverMs);
    const client = await frozen(hub, [feedFilter]);
    await fill(hub, 0);
    await hub.publish(feedTopic('station'), Buffer.from('the last word'));
    const stopped = hub.stop();
    client.socket.resume();
    await stopped;
    await client.receive(Buffer.from('the last word'));
    expect(troubles).toEqual([]);
  });

  it('is cut after a while, however little waits for it', async () => {
    const { hub, troubles } = await startHub(100);
    const client = await frozen(hub, [feedFilter]);
    await fill(hub, 0);
    await eventually('the hub tells', () => troubles.includes('frozen: drain timeout'));
    client.socket.resume();
    await client.closed();
    expect(hub.unsentBytes).toBe(0);
  });

  it('is cut when too much waits for it, so that the hub keeps its memory', async () => {
    const { hub, troubles } = await startHub(neverMs);
    const client = await frozen(hub, [feedFilter]);
    const reader = await mqtt(hub, {}, feedFilter);
    await fill(hub, unsentBytesMax);
    const told = await eventually('the hub tells', () => troubles[0]);
    const unsentBytes = Number(/was cut, (\d+) bytes unsent$/.exec(told)?.[1]);
    expect(unsentBytes).toBeGreaterThan(unsentBytesMax);
    expect(unsentBytes).toBeLessThan(unsentBytesMax + 4 * filling.length);
    client.socket.resume();
    await client.closed();
    await eventually('nothing waits', () => hub.unsentBytes === 0);
    await hub.publish(feedTopic('alarm'), Buffer.from('after the cut'));
    await eventually('the feed goes on', () => reader.heard.includes('after the cut'));
  });

  it('may be cut with a burst of one turn of the loop waiting for it', async () => {
    // Time enough for the one who reads, which has to share this process.
    const { hub, troubles } = await startHub(3_000);
    const client = await frozen(hub, [feedFilter]);
    const reader = await mqtt(hub, {}, feedTopic('alarm'));
    await fill(hub, 0);
    const burst = Array.from({ length: 40_000 }, (_, index) => String(index));
    const published = burst.map((text) => hub.publish(feedTopic('alarm'), Buffer.from(text)));
    await eventually('the burst', () => reader.heard.length >= burst.length);
    expect(reader.heard).toEqual(burst);
    await eventually('the hub tells', () => troubles.includes('frozen: drain timeout'));
    await Promise.all(published);
    client.socket.resume();
    await client.closed();
    expect(reader.client.connected).toBe(true);
  });
});
