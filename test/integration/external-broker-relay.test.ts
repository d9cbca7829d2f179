import { afterEach, beforeEach, expect, it } from 'vitest';
import { VirtualNeighbours, VirtualStreet } from '../../device/relay/virtual-neighbours.ts';
import { eventually } from '../support/eventually.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { Street } from '../support/street.ts';

let broker: Mosquitto;
let street: Street;
beforeEach(async () => {
  broker = await Mosquitto.start();
  street = await Street.start(2, { externalBroker: { url: broker.url } });
});
afterEach(async () => {
  await street.stop();
  await broker.stop();
});

it('a neighbour carries an alarm over a broker that is not the hub, too', async () => {
  const network = new VirtualStreet();
  const relay = { host: '127.0.0.1' };
  const neighbours = () => new VirtualNeighbours(network);
  const reach = { brokerPort: broker.port, neighbours: neighbours(), relay };
  const carrier = await street.station(1, reach);
  await carrier.page.light('all-well');
  const origin = await street.station(0, { neighbours: neighbours(), relay });
  await origin.page.press(600);
  await origin.page.light('alarm-stored');
  const alarm = await eventually('the leg', async () => {
    const [first] = await street.alarms();
    return first?.history.find(({ event }) => event === 'path');
  });
  expect(alarm.text).toContain(`relay through ${street.account(1).station}`);
});
