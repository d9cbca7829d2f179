import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { backoff } from '../../shared/bus/backoff.ts';
import { MqttBus, matches } from '../../shared/bus/mqtt-bus.ts';
import { createLog } from '../../shared/log.ts';
import { type BusHarness, busContract } from '../contracts/bus-contract.ts';
import { eventually } from '../support/eventually.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { TcpCutter } from '../support/tcp-cutter.ts';

const log = createLog('test', 'silent');

busContract('MQTT.js on Mosquitto', async (): Promise<BusHarness> => {
  const broker = await Mosquitto.start();
  const cutter = await TcpCutter.start(broker.port);
  const hub = new MqttBus({ url: broker.url, clientId: 'hub', clean: false, log });
  let stations = 0;
  return {
    hub,
    station(will) {
      stations += 1;
      return new MqttBus({
        url: `mqtt://127.0.0.1:${cutter.port}`,
        clientId: `station-${stations}`,
        log,
        ...(will === undefined ? {} : { will }),
      });
    },
    cutStations: async () => cutter.cut(),
    async stop() {
      await cutter.stop();
      await broker.stop();
    },
  };
});

it('waits longer each time, up to the limit, within the jitter', () => {
  const limits = { firstMs: 100, maxMs: 1000 };
  const longest = backoff(limits, () => 1);
  expect(Array.from({ length: 6 }, () => longest.next().value)).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ]);
  expect(backoff(limits, () => 0).next().value).toBe(50);
});

it('connects at once when something urgent waits, however long the pause was to be', async () => {
  const broker = await Mosquitto.start();
  await broker.kill();
  // A pause that no test would outlast.
  const bus = new MqttBus({ url: broker.url, clientId: 'urgent', log, random: () => 1e6 });
  let attempts = 0;
  let isConnected = false;
  await bus.start({
    onTrouble: () => {
      attempts += 1;
    },
    onConnection: (connected) => {
      isConnected = connected;
    },
  });
  await eventually('a failed attempt', () => attempts > 0);
  await broker.resume();
  expect(isConnected).toBe(false);
  while (!isConnected) {
    bus.hurry();
    await delay(50);
  }
  await bus.stop();
  await broker.stop();
});

it.each([
  ['a/+/c', 'a/b/c', true],
  ['a/+/c', 'a/b/d', false],
  ['a/#', 'a/b/c', true],
  ['a/b', 'a/b/c', false],
  ['a/+', 'a', false],
])('%s matches %s: %s', (filter, topic, expected) => {
  expect(matches(filter, topic)).toBe(expected);
});
