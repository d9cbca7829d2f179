import type { Neighbour, Neighbours } from '../../device/relay/neighbours.ts';
import type { Posted, post } from '../../device/second-path/post.ts';
import type { Random } from './random.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Whoever answers a POST. Rejects when the store failed; never fulfils once its program is dead. */
export type Handler = (payload: Buffer) => Promise<Posted>;
/** The same at the hub's door, which serves every station. */
export type Door = (station: string, payload: Buffer) => Promise<Posted>;

/** How badly requests are treated, as probabilities. */
export interface Treatment {
  lost: number;
  twice: number;
  late: number;
}

/** One way of a request, or of its answer. */
const wayMs = [1, 40] as const;
/** Late ones come before and after their sender has given up. */
const lateMs = [1_000, 15_000] as const;
const relayPort = 8110;
const doorHost = 'hub';

export const doorUrl = `https://${doorHost}`;
export const answer = (status: number, body: Uint8Array = new Uint8Array()): Posted => ({
  ...{ status, body: Buffer.from(body) },
});

/** What lies between units and the hub beside the broker: a network for HTTPS, and one street. */
export class VirtualStreet {
  readonly treatment: Treatment = { lost: 0, twice: 0, late: 0 };
  /** The hub's, while it runs. */
  door: Door | undefined;
  readonly #world: { readonly time: VirtualTime; readonly random: Random; readonly trace: Trace };
  readonly #relays = new Map<string, Handler | undefined>();
  readonly #closed = new Set<string>();

  constructor(world: { time: VirtualTime; random: Random; trace: Trace }) {
    this.#world = world;
  }

  /** No request of this station gets to the hub's door. */
  close(station: string): void {
    this.#closed.add(station);
  }

  open(station: string): void {
    this.#closed.delete(station);
  }

  isOpen(station: string): boolean {
    return !this.#closed.has(station);
  }

  get isGentle(): boolean {
    return Object.values(this.treatment).every((probability) => probability === 0);
  }

  /** Somebody who says that he relays; without a handler nobody listens there any more. */
  announce(station: string, handler: Handler | undefined): void {
    this.#relays.set(station, handler);
  }

  /** Gone without a good-bye, so that others go on asking there for a while: nobody answers. */
  vanish(station: string): void {
    if (this.#relays.has(station)) this.#relays.set(station, undefined);
  }

  forget(station: string): void {
    this.#relays.delete(station);
  }

  /** @returns an honest relay that listens just now, another than these */
  relayBeside(...others: readonly string[]): Handler | undefined {
    const listening = [...this.#relays].filter(
      ([station, handler]) => handler !== undefined && !others.includes(station),
    );
    return listening.length === 0 ? undefined : this.#world.random.pick(listening)[1];
  }

  /** What one station finds on the street. */
  neighboursOf(own: string): Neighbours {
    return {
      start: () => {},
      look: () => {},
      list: () =>
        [...this.#relays.keys()]
          .filter((station) => station !== own)
          .map((station): Neighbour => ({ station, address: station, port: relayPort })),
      stop: async () => {},
    };
  }

  /** Sends as device/second-path/post.ts does. A program that is dead hears of nothing. */
  postOf(station: string, process: SimulatedProcess): typeof post {
    return (url, message, { timeoutMs, signal }) =>
      new Promise((resolve, reject) => {
        if (!process.survives('publish')) return;
        const over = new AbortController();
        const end = (how: () => void): void => {
          if (over.signal.aborted) return;
          over.abort();
          callOff();
          signal.removeEventListener('abort', abort);
          process.enter(how);
        };
        const callOff = process.timers.after(timeoutMs, () =>
          end(() => reject(new Error('no answer in time'))),
        );
        const abort = (): void => end(() => reject(new Error('called off')));
        signal.addEventListener('abort', abort);
        this.#send(station, url, Buffer.from(message), (came) =>
          end(() => (came === undefined ? reject(new Error('ECONNREFUSED')) : resolve(came))),
        );
      });
  }

  #send(
    from: string,
    url: URL,
    message: Buffer,
    respond: (came: Posted | undefined) => void,
  ): void {
    const { random, time, trace } = this.#world;
    const { lost, twice, late } = this.treatment;
    const isDoor = url.hostname === doorHost;
    if (isDoor && !this.isOpen(from)) return;
    if (random.chance(lost)) {
      trace.fault(from, 'request lost', url.hostname);
      return;
    }
    const isLost = random.chance(lost);
    const times = random.chance(twice) ? 2 : 1;
    if (times > 1) trace.fault(from, 'request twice', url.hostname);
    for (let nth = 0; nth < times; nth += 1) {
      const isLate = random.chance(late);
      if (isLate) trace.fault(from, 'request late', url.hostname);
      const [least, most] = isLate ? lateMs : wayMs;
      time.after(random.between(least, most), () => {
        const handler = isDoor ? this.#doorOf(url) : this.#relays.get(url.hostname);
        if (handler === undefined) {
          respond(undefined);
          return;
        }
        void this.#answered(handler, message).then((came) => {
          if (isLost) trace.fault(from, 'answer lost', url.hostname);
          else time.after(random.between(...wayMs), () => respond(came));
        });
      });
    }
  }

  #doorOf(url: URL): Handler | undefined {
    const { door } = this;
    const station = url.pathname.split('/')[3] ?? '';
    return door && ((payload) => door(station, payload));
  }

  #answered(handler: Handler, message: Buffer): Promise<Posted> {
    return handler(message).catch(() => answer(503));
  }
}
