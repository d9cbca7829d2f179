import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedBus } from '../../hub/bus/embedded-bus.ts';
import { stationPacketBytesMax, strangerPacketBytesMax } from '../../hub/bus/packet-guard.ts';
import { silentConnectionsMax } from '../../hub/bus/silent-connections.ts';
import { createLog } from '../../shared/log.ts';
import { messageBytesMax } from '../../shared/wire/limits.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import { eventually } from '../support/eventually.ts';
import {
  connackAccepted,
  connectPacket,
  header,
  packet,
  puback,
  publishPacket,
  RawClient,
} from '../support/raw-mqtt.ts';

const station = 'st-00000001';
const password = 'a password of the test';
const journal = stationTopic(station, 'journal');
/** The largest packet that a header can announce (MQTT 3.1.1 §2.2.3). */
const remainingLengthMax = 268_435_455;

describe('the embedded broker', () => {
  let hub: EmbeddedBus;
  let troubles: string[];
  let takenBytes: number[];
  let logins: number;
  const open: { stop(): Promise<void> }[] = [];

  beforeEach(async () => {
    troubles = [];
    takenBytes = [];
    logins = 0;
    hub = new EmbeddedBus({
      host: '127.0.0.1',
      port: 0,
      authenticate: async (username, given) => {
        logins += 1;
        return given === password ? { kind: 'station', id: username } : undefined;
      },
      log: createLog('test', 'silent'),
    });
    hub.subscribe([stationTopic('+', 'journal')], async ({ payload }) => {
      takenBytes.push(payload.length);
    });
    await hub.start({ onTrouble: (detail) => troubles.push(detail) });
    open.push(hub);
  });
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.stop();
  });

  async function rawClient(): Promise<RawClient> {
    const client = await RawClient.open(hub.port);
    open.push(client);
    return client;
  }

  async function rawStation(): Promise<RawClient> {
    const client = await rawClient();
    client.socket.write(connectPacket(station, [station, password]));
    await client.receive(connackAccepted);
    return client;
  }

  /** Nothing but the header is ever sent, so a connection that is closed has collected nothing. */
  it.each([
    ['at once', 10],
    ['byte by byte', 1],
  ])('cuts a stranger who announces a huge CONNECT, sent %s', async (_how, step) => {
    const client = await rawClient();
    const bytes = header(0x10, remainingLengthMax);
    for (let at = 0; at < bytes.length; at += step) {
      client.socket.write(bytes.subarray(at, at + step));
      await delay(5);
    }
    await client.closed();
    expect(troubles).toEqual([
      `unknown client: announced a packet of ${remainingLengthMax} bytes, ${strangerPacketBytesMax} are allowed`,
    ]);
  });

  it('does not look at a CONNECT that is too large, even if it comes whole', async () => {
    const client = await rawClient();
    client.socket.write(connectPacket('x'.repeat(strangerPacketBytesMax), [station, password]));
    await client.closed();
    expect(logins).toBe(0);
    expect(troubles[0]).toMatch(/^unknown client: announced a packet/);
  });

  it('cuts who sends a length without an end', async () => {
    const client = await rawClient();
    client.socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x7f]));
    await client.closed();
    expect(troubles).toHaveLength(1);
  });

  it('understands a station that sends byte by byte, and one that sends all at once', async () => {
    const stream = Buffer.concat([
      connectPacket(station, [station, password]),
      publishPacket(journal, Buffer.from('x')),
    ]);
    for (const step of [1, stream.length]) {
      const client = await rawClient();
      for (let at = 0; at < stream.length; at += step) {
        client.socket.write(stream.subarray(at, at + step));
        await delay(1);
      }
      await client.receive(connackAccepted);
      await client.receive(puback);
      await client.stop();
    }
    expect(takenBytes).toEqual([1, 1]);
    expect(troubles).toEqual([]);
  });

  it('hands over a message that is too large for the wire, and keeps the connection', async () => {
    const client = await rawStation();
    for (const bytes of [messageBytesMax + 1, 2 * messageBytesMax, 1]) {
      client.socket.write(publishPacket(journal, Buffer.alloc(bytes)));
      await client.receive(puback);
    }
    expect(takenBytes).toEqual([messageBytesMax + 1, 2 * messageBytesMax, 1]);
    expect(troubles).toEqual([]);
  });

  it('cuts a station that announces more than that, and says which', async () => {
    const client = await rawStation();
    client.socket.write(header(0x32, stationPacketBytesMax + 1));
    await client.closed();
    expect(troubles).toEqual([
      `${station}: announced a packet of ${stationPacketBytesMax + 1} bytes, ${stationPacketBytesMax} are allowed`,
    ]);
  });

  it('gives a reader of the feed no more room than a stranger', async () => {
    const client = await rawClient();
    client.socket.write(connectPacket('reader'));
    await client.receive(connackAccepted);
    client.socket.write(packet(0xc0)); // PINGREQ
    await client.receive(Buffer.from([0xd0, 0]));
    client.socket.write(header(0x32, strangerPacketBytesMax + 1));
    await client.closed();
    expect(troubles[0]).toMatch(/^reader: announced a packet/);
  });

  it('lets a station in, however many connections say nothing', async () => {
    const silent: RawClient[] = [];
    while (silent.length <= silentConnectionsMax) silent.push(await rawClient());
    await silent[0]?.closed();
    const url = `mqtt://127.0.0.1:${hub.port}`;
    const account = { clientId: station, username: station, password, reconnectPeriod: 0 };
    const client = await connectAsync(url, account, false);
    open.push({ stop: () => client.endAsync(true) });
    await client.publishAsync(journal, 'x', { qos: 1 });
    await eventually('the next silent one is cut', () => silent[1]?.socket.closed);
    expect(silent.filter(({ socket }) => socket.closed)).toHaveLength(2);
    expect(troubles.filter((detail) => /said nothing/.test(detail))).toHaveLength(2);
    // Who has spoken takes no room among the silent any more.
    await rawClient();
    await delay(50);
    expect(silent.filter(({ socket }) => socket.closed)).toHaveLength(2);
  });
});
