import multicastDns, { type MulticastDNS, type ResponseOutgoingPacket } from 'multicast-dns';
import { afterEach, describe, expect, it } from 'vitest';
import {
  isOnLink,
  MdnsNeighbours,
  namesPerAddressMax,
  relayService,
} from '../../device/relay/mdns-neighbours.ts';
import { newStationId } from '../../shared/ids.ts';
import { createLog } from '../../shared/log.ts';
import { systemTimers } from '../../shared/timers.ts';
import { describeNeighbours } from '../contracts/neighbours-contract.ts';
import { eventually } from '../support/eventually.ts';
import { Street } from '../support/street.ts';

const make = (): MdnsNeighbours =>
  new MdnsNeighbours({ timers: systemTimers, log: createLog('test', 'silent') });

describeNeighbours('over multicast DNS', () => make);

describe('neighbours over multicast DNS', { timeout: 60_000 }, () => {
  const open: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  const stranger = (): MulticastDNS => {
    const mdns = multicastDns();
    open.push(() => new Promise<void>((resolve) => mdns.destroy(resolve)));
    return mdns;
  };
  const srv = (station: string, port: number): ResponseOutgoingPacket['answers'][number] => ({
    ...{ name: `${station}.${relayService}`, type: 'SRV', ttl: 120 },
    data: { port, target: 'elsewhere.example' },
  });

  it('take an address from the packet and not from what it says, and a few names of each', async () => {
    const neighbours = make();
    open.push(() => neighbours.stop());
    neighbours.start({ station: newStationId(), port: 18_001 });
    const names = Array.from({ length: 50 }, newStationId);
    const mdns = stranger();
    mdns.respond({
      answers: [
        ...names.map((name) => srv(name, 18_002)),
        { name: 'elsewhere.example', type: 'A', ttl: 120, data: '203.0.113.9' },
      ],
    });
    const ours = await eventually('the names', () => {
      const found = neighbours.list().filter(({ station }) => names.includes(station));
      return found.length > 0 && found;
    });
    expect(ours.length).toBeLessThanOrEqual(namesPerAddressMax);
    expect(ours.map(({ address }) => address)).not.toContain('203.0.113.9');
  });

  it('are on the same link, or nobody', () => {
    expect(isOnLink('127.0.0.1')).toBe(true);
    for (const address of ['203.0.113.9', '8.8.8.8', '::1', 'junk']) {
      expect(isOnLink(address), address).toBe(false);
    }
  });

  it('are not disturbed by junk', async () => {
    const neighbours = make();
    open.push(() => neighbours.stop());
    neighbours.start({ station: newStationId(), port: 18_001 });
    const mdns = stranger();
    const good = newStationId();
    mdns.respond([
      srv('not-a-station', 18_002),
      { name: `${newStationId()}.${relayService}`, type: 'TXT', ttl: 120, data: 'x' },
      { name: relayService, type: 'PTR', ttl: 120, data: 'nobody' },
      srv(newStationId(), 0),
      srv(good, 18_003),
    ]);
    const known = await eventually('the good one', () =>
      neighbours.list().find(({ station }) => station === good),
    );
    expect(known.port).toBe(18_003);
    expect(neighbours.list().every(({ port }) => port > 0)).toBe(true);
  });

  it('bring a real alarm to the hub', async () => {
    const street = await Street.start(2);
    open.push(() => street.stop());
    const relay = await street.station(1, { brokerPort: street.brokerPort, neighbours: make() });
    await relay.page.light('all-well');
    const origin = await street.station(0, { neighbours: make() });
    await origin.page.press(600);
    await origin.page.light('alarm-stored');
    expect(await street.alarms()).toMatchObject([{ station: street.account(0).station }]);
  });
});
