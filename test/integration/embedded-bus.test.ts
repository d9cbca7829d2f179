import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { EmbeddedBus } from '../../hub/bus/embedded-bus.ts';
import { MqttBus } from '../../shared/bus/mqtt-bus.ts';
import { createLog } from '../../shared/log.ts';
import { feedFilter, feedTopic, stationTopic } from '../../shared/wire/topics.ts';
import { type BusHarness, busContract } from '../contracts/bus-contract.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { TcpCutter } from '../support/tcp-cutter.ts';

const log = createLog('test', 'silent');
const station = 'st-00000001';
const password = 'a password of the test';
const authenticate = async (username: string, given: string) =>
  given === password ? { kind: 'station' as const, id: username } : undefined;

const embedded = (port: number): EmbeddedBus =>
  new EmbeddedBus({ host: '127.0.0.1', port, authenticate, log });

busContract('aedes in the hub', async (): Promise<BusHarness> => {
  const port = await freePort();
  const cutter = await TcpCutter.start(port);
  return {
    hub: embedded(port),
    station: (will) =>
      new MqttBus({
        url: `mqtt://127.0.0.1:${cutter.port}`,
        clientId: station,
        username: station,
        password,
        log,
        ...(will === undefined ? {} : { will }),
      }),
    cutStations: async () => cutter.cut(),
    stop: () => cutter.stop(),
  };
});

describe('the embedded broker', () => {
  const open: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.stop();
  });

  async function startHub(troubles: string[] = []): Promise<EmbeddedBus> {
    const hub = embedded(0);
    await hub.start({ onTrouble: (detail) => troubles.push(detail) });
    open.push(hub);
    return hub;
  }

  async function client(hub: EmbeddedBus, as: 'station' | 'feed', protocolVersion: 4 | 5 = 4) {
    const account = as === 'station' ? { clientId: station, username: station, password } : {};
    const url = `mqtt://127.0.0.1:${hub.port}`;
    const connected = await connectAsync(
      url,
      { ...account, protocolVersion, reconnectPeriod: 0 },
      false,
    );
    open.push({ stop: () => connected.endAsync(true) });
    return connected;
  }

  it('acknowledges a message only after the hub has taken it', async () => {
    const hub = embedded(0);
    const order: string[] = [];
    hub.subscribe([stationTopic('+', 'journal')], async () => {
      await delay(100);
      order.push('taken');
    });
    await hub.start({});
    open.push(hub);
    const sender = await client(hub, 'station');
    await sender.publishAsync(stationTopic(station, 'journal'), 'x', { qos: 1 });
    order.push('acknowledged');
    expect(order).toEqual(['taken', 'acknowledged']);
  });

  it('lets a station publish below its own id only, and keeps its connection', async () => {
    const troubles: string[] = [];
    const hub = embedded(0);
    const topics: string[] = [];
    hub.subscribe([stationTopic('+', 'journal')], async ({ topic }) => {
      topics.push(topic);
    });
    await hub.start({ onTrouble: (detail) => troubles.push(detail) });
    open.push(hub);
    const reader = await client(hub, 'feed');
    const heard: string[] = [];
    reader.on('message', (topic) => heard.push(topic));
    await reader.subscribeAsync(feedFilter);
    const sender = await client(hub, 'station');
    await sender.publishAsync(stationTopic('st-00000002', 'journal'), 'x', { qos: 1 });
    await sender.publishAsync(feedTopic('alarm'), 'x', { qos: 1 });
    await sender.publishAsync(stationTopic(station, 'journal'), 'x', { qos: 1 });
    await hub.publish(feedTopic('station'), Buffer.from('the last one'));
    await eventually('the feed', () => heard.length > 0);
    expect(topics).toEqual([stationTopic(station, 'journal')]);
    expect(heard).toEqual([feedTopic('station')]);
    expect(troubles).toHaveLength(2);
    expect(sender.connected).toBe(true);
  });

  it('lets the feed account read the feed, and nothing else', async () => {
    const hub = await startHub();
    const reader = await client(hub, 'feed');
    expect(await reader.subscribeAsync(feedFilter)).toMatchObject([{ qos: 0 }]);
    for (const filter of [
      '#',
      'yizhan/#',
      stationTopic('+', 'journal'),
      stationTopic(station, 'receipt'),
    ]) {
      await expect(reader.subscribeAsync(filter), filter).rejects.toThrow(/128|Unspecified/);
    }
  });

  it('refuses a wrong password, a stolen client id and MQTT 5', async () => {
    const hub = await startHub();
    const url = `mqtt://127.0.0.1:${hub.port}`;
    const attempt = (options: object) =>
      connectAsync(url, { reconnectPeriod: 0, protocolVersion: 4, ...options }, false);
    await expect(
      attempt({ clientId: station, username: station, password: 'wrong' }),
    ).rejects.toThrow(/Bad username or password|Connection refused/);
    await expect(
      attempt({ clientId: 'st-00000002', username: station, password }),
    ).rejects.toThrow();
    await expect(attempt({ clientId: station })).rejects.toThrow();
    await expect(attempt({ protocolVersion: 5 })).rejects.toThrow();
  });

  it('shows presence to all and keeps it, the will of a station that is cut as well', async () => {
    const hub = await startHub();
    const presence = stationTopic(station, 'presence');
    const will = { topic: presence, payload: Buffer.from('gone'), qos: 1, retain: true } as const;
    const account = { clientId: station, username: station, password, will, reconnectPeriod: 0 };
    const sender = await connectAsync(`mqtt://127.0.0.1:${hub.port}`, account, false);
    await sender.publishAsync(presence, 'here', { qos: 1, retain: true });
    const heard: string[] = [];
    for (const expected of ['here', 'gone']) {
      const reader = await client(hub, 'feed');
      reader.on('message', (_topic, payload, { retain }) => heard.push(`${payload} ${retain}`));
      await reader.subscribeAsync(presence, { qos: 1 });
      await eventually('what was kept', () => heard.includes(`${expected} true`));
      if (expected === 'here') sender.stream.destroy();
      await eventually('the will', () => heard.some((text) => text.startsWith('gone')));
    }
  });

  it('keeps nothing for a subscriber that is away, whatever session it asks for', async () => {
    const hub = await startHub();
    const away = {
      clientId: 'away',
      clean: false,
      protocolVersion: 4,
      reconnectPeriod: 0,
    } as const;
    const url = `mqtt://127.0.0.1:${hub.port}`;
    const first = await connectAsync(url, away, false);
    await first.subscribeAsync(feedFilter, { qos: 1 });
    await first.endAsync();
    await hub.publish(feedTopic('station'), Buffer.from('missed'));
    const heard: string[] = [];
    const second = await connectAsync(url, { ...away, resubscribe: false }, false);
    open.push({ stop: () => second.endAsync(true) });
    second.on('message', (_topic, payload) => heard.push(payload.toString()));
    await second.subscribeAsync(feedFilter, { qos: 1 });
    await hub.publish(feedTopic('station'), Buffer.from('heard'));
    await eventually('the feed', () => heard.length > 0);
    expect(heard).toEqual(['heard']);
  });

  it('says when its port is taken, and leaves nothing running', async () => {
    const hub = await startHub();
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    await expect(embedded(hub.port).start({})).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await eventually('its timers end', () => timers() <= before);
  });
});
