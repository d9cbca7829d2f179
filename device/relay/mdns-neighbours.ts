import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import multicastDns, {
  type MulticastDNS,
  type ResponseOutgoingPacket,
  type ResponsePacket,
} from 'multicast-dns';
import { z } from 'zod';
import { stationIdSchema } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import type { Timers } from '../../shared/timers.ts';
import type { Neighbour, Neighbours, OwnRelay } from './neighbours.ts';

/** DNS-SD (RFC 6763 §4.1): a station's relay is the instance `<station>._yizhan-relay._tcp.local`. */
export const relayService = '_yizhan-relay._tcp.local';
/** Records that name a host live for two minutes (RFC 6762 §10). */
const recordTtlSeconds = 120;
/** Before a record is out: half its time. */
const lookEveryMs = 60_000;
/** At first more often: a packet that is lost would cost a minute (RFC 6762 §5.2). */
const firstLooksMs = [1_000, 4_000];
/** The same records are multicast once a second at most (RFC 6762 §6). */
const respondEveryMs = 1_000;
/** A street has a dozen; who announces thousands is there to fill the list. */
export const neighboursMax = 64;
/** Names that one address may announce, so that one machine cannot fill the list. */
export const namesPerAddressMax = 4;

/** What of a packet is looked at: the record that says on which port an instance listens. */
const srvSchema = z.object({
  type: z.literal('SRV'),
  name: z.string().max(255),
  ttl: z.int().nonnegative(),
  data: z.object({ port: z.int().min(1).max(65_535) }),
});

interface Heard extends Neighbour {
  readonly untilMs: number;
}

/** Neighbours by multicast DNS over IPv4 (RFC 6762), beside avahi or whatever else answers on this machine. */
export class MdnsNeighbours implements Neighbours {
  readonly #timers: Timers;
  readonly #log: Log;
  readonly #heard = new Map<string, Heard>();
  readonly #endings: (() => void)[] = [];
  #own: OwnRelay | undefined;
  #mdns: MulticastDNS | undefined;
  #respondedMs = Number.NEGATIVE_INFINITY;

  constructor({ timers, log }: { timers: Timers; log: Log }) {
    this.#timers = timers;
    this.#log = log;
  }

  start(own: OwnRelay): void {
    this.#own = own;
    const mdns = multicastDns();
    this.#mdns = mdns;
    // An alarm goes on without it: such an error must not end the station.
    mdns.on('error', (error) => this.#log.error({ err: error }, 'neighbours cannot be found'));
    mdns.on('response', (packet, { address }) => this.#hear(packet, address));
    mdns.on('query', ({ questions = [] }) => {
      const asked = questions.some(({ name }) => sameName(name, relayService));
      if (asked || questions.some(({ name }) => sameName(name, instanceOf(own.station)))) {
        this.#respond();
      }
    });
    this.#respond();
    this.look();
    for (const ms of firstLooksMs) this.#endings.push(this.#timers.after(ms, () => this.look()));
    this.#endings.push(this.#timers.every(lookEveryMs, () => this.look()));
  }

  look(): void {
    this.#mdns?.query(relayService, 'PTR');
  }

  list(): readonly Neighbour[] {
    this.#forget();
    return [...this.#heard.values()].map(({ station, address, port }) => ({
      ...{ station, address, port },
    }));
  }

  async stop(): Promise<void> {
    const [mdns, own] = [this.#mdns, this.#own];
    for (const end of this.#endings.splice(0)) end();
    this.#mdns = undefined;
    if (mdns === undefined || own === undefined) return;
    await new Promise<void>((resolve) => mdns.respond(recordsOf(own, 0), () => resolve()));
    await new Promise<void>((resolve) => mdns.destroy(resolve));
  }

  #respond(): void {
    const nowMs = this.#timers.now();
    if (this.#own === undefined || nowMs - this.#respondedMs < respondEveryMs) return;
    this.#respondedMs = nowMs;
    this.#mdns?.respond(recordsOf(this.#own, recordTtlSeconds));
  }

  /** The address is where the packet came from, not one that it names: nobody can point us at a third party. */
  #hear({ answers = [], additionals = [] }: ResponsePacket, address: string): void {
    for (const record of [...answers, ...additionals]) {
      const srv = srvSchema.safeParse(record);
      if (!srv.success) continue;
      const { name, ttl, data } = srv.data;
      const station = stationOf(name);
      if (station === undefined || station === this.#own?.station) continue;
      const key = `${station} ${address}`;
      if (isOnLink(address) && this.#hasRoom(key, address)) {
        // A good-bye has no time left (RFC 6762 §10.1).
        const untilMs = this.#timers.now() + Math.min(ttl, recordTtlSeconds) * 1000;
        this.#heard.set(key, { station, address, port: data.port, untilMs });
      }
    }
  }

  #hasRoom(key: string, address: string): boolean {
    if (this.#heard.has(key)) return true;
    this.#forget();
    const ofAddress = [...this.#heard.values()].filter((one) => one.address === address);
    return this.#heard.size < neighboursMax && ofAddress.length < namesPerAddressMax;
  }

  #forget(): void {
    const nowMs = this.#timers.now();
    for (const [key, { untilMs }] of this.#heard) if (nowMs >= untilMs) this.#heard.delete(key);
  }
}

/** DNS names do not tell cases apart (RFC 6762 §16). */
const sameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const instanceOf = (station: string): string => `${station}.${relayService}`;

function stationOf(instance: string): string | undefined {
  const [label = '', ...service] = instance.toLowerCase().split('.');
  if (service.join('.') !== relayService) return undefined;
  return stationIdSchema.safeParse(label).data;
}

/** PTR, SRV, TXT and the addresses, as DNS-SD browsers expect them (RFC 6763 §12.1). */
function recordsOf({ station, port }: OwnRelay, ttl: number): ResponseOutgoingPacket {
  const [instance, host] = [instanceOf(station), `${station}.local`];
  return {
    answers: [
      { name: relayService, type: 'PTR', ttl, data: instance },
      {
        ...{ name: instance, type: 'SRV', ttl, flush: true },
        data: { port, target: host, priority: 0, weight: 0 },
      },
      { name: instance, type: 'TXT', ttl, flush: true, data: [''] },
      ...ownAddresses().map(
        ({ address }) => ({ name: host, type: 'A', ttl, flush: true, data: address }) as const,
      ),
    ],
  };
}

const ownAddresses = () =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal);

/** @returns whether it is of this link: what comes from beyond is nobody's neighbour (RFC 6762 §11). */
export function isOnLink(address: string): boolean {
  if (!isIPv4(address)) return false;
  const links = new BlockList();
  for (const { family, address: own, cidr } of Object.values(networkInterfaces())
    .flat()
    .filter(isPresent)) {
    const prefix = Number(cidr?.split('/')[1]);
    if (family === 'IPv4' && Number.isInteger(prefix)) links.addSubnet(own, prefix, 'ipv4');
  }
  return links.check(address, 'ipv4');
}

const isPresent = <T>(value: T | undefined): value is T => value !== undefined;
