import { type BackoffLimits, backoff } from '../../shared/bus/backoff.ts';
import type { Log } from '../../shared/log.ts';
import type { Timers } from '../../shared/timers.ts';
import { backlog } from '../domain/lane.ts';
import type { StationState } from '../domain/state.ts';
import type { Neighbour } from '../relay/neighbours.ts';
import { post } from './post.ts';

/** With a connection to the broker, its receipt comes within a round trip: so long is patience enough. */
export const brokerPatienceMs = 2_000;
/** HTTPS alone before the neighbours are asked as well: a slow network does it in so long. */
export const httpsHeadStartMs = 2_000;
/** A TLS handshake over a bad mobile network takes four round trips of more than a second. */
const httpsTimeoutMs = 8_000;
/** On the local network it is the neighbour's way to the hub that takes time. */
const neighbourTimeoutMs = 5_000;
/** Neighbours that are asked at once; each attempt begins with others when there are more. */
export const neighboursAtOnceMax = 8;
/** Soon again: until then the light says that the alarm is being sent, or that nobody has it. */
export const attemptLimits: BackoffLimits = { firstMs: 500, maxMs: 10_000 };

export interface SecondPathParts {
  readonly station: string;
  /** The hub's HTTPS endpoint, when there is one. */
  readonly hub: { readonly url: string; readonly ca?: string | undefined } | undefined;
  /** Who was found on the local network. */
  readonly neighbours: { list(): readonly Neighbour[]; look(): void } | undefined;
  readonly brain: {
    readonly state: StationState;
    onChange(listener: () => void): () => void;
  };
  /** The alarm-lane message of one entry, sealed now; undefined when the journal does not give it. */
  readonly sealed: (seq: number) => Uint8Array | undefined;
  /** Believes the hub's sealed receipt and nothing else. @returns whether it was one */
  readonly answered: (payload: Uint8Array) => boolean;
  readonly timers: Timers;
  readonly random?: () => number;
  readonly log: Log;
}

/**
 * Brings what stands in the alarm lane, and only that, to the hub by other paths for as long as the
 * hub's receipt is missing: over HTTPS, then through neighbours. The lane keeps its order, the bus
 * goes on trying meanwhile, and `decide` alone judges what a receipt is worth.
 */
export class SecondPath {
  readonly #parts: SecondPathParts;
  readonly #endListening: () => void;
  /** The entry that waits for its receipt, by epoch and sequence. */
  #waiting: string | undefined;
  #sinceMs = 0;
  #nextMs = 0;
  #waits: Generator<number, never>;
  #running: AbortController | undefined;
  #attempts = 0;
  #callOff: () => void = () => {};
  /** What went wrong last, by path: an outage of an hour is no hundred lines. */
  readonly #told = new Map<string, string>();

  constructor(parts: SecondPathParts) {
    this.#parts = parts;
    this.#waits = this.#freshWaits();
    this.#endListening = parts.brain.onChange(() => this.#look());
    this.#look();
  }

  stop(): void {
    this.#endListening();
    this.#callOff();
    this.#running?.abort();
  }

  #look(): void {
    const { brain, timers } = this.#parts;
    const { lanes, epoch, connected } = brain.state;
    const { alarm } = lanes;
    const waits = backlog(alarm) > 0 && !alarm.rolledBack;
    const waiting = waits ? `${epoch} ${alarm.committed + 1}` : undefined;
    const nowMs = timers.now();
    if (waiting !== this.#waiting) this.#begin(waiting, nowMs);
    this.#callOff();
    if (waiting === undefined || this.#running !== undefined) return;
    const dueMs = Math.max(this.#nextMs, connected ? this.#sinceMs + brokerPatienceMs : 0);
    this.#callOff = timers.after(Math.max(0, dueMs - nowMs), () => {
      void this.#attempt(alarm.committed + 1);
    });
  }

  /** Another entry waits, or none: what is under way for the one before is over. */
  #begin(waiting: string | undefined, nowMs: number): void {
    this.#waiting = waiting;
    this.#sinceMs = nowMs;
    this.#nextMs = nowMs;
    this.#waits = this.#freshWaits();
    this.#told.clear();
    this.#running?.abort();
    this.#running = undefined;
  }

  async #attempt(seq: number): Promise<void> {
    const { neighbours, timers } = this.#parts;
    const running = new AbortController();
    this.#running = running;
    this.#attempts += 1;
    const { signal } = running;
    neighbours?.look();
    const overHttps = this.#overHttps(seq, signal);
    await Promise.race([overHttps, this.#headStart(signal)]);
    if (!signal.aborted) await Promise.all([overHttps, this.#throughNeighbours(seq, signal)]);
    // Called off by its receipt: whatever is under way now is another attempt.
    if (signal.aborted) return;
    this.#running = undefined;
    this.#nextMs = timers.now() + this.#waits.next().value;
    this.#look();
  }

  #headStart(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const callOff = this.#parts.timers.after(httpsHeadStartMs, resolve);
      signal.addEventListener('abort', () => {
        callOff();
        resolve();
      });
    });
  }

  async #overHttps(seq: number, signal: AbortSignal): Promise<void> {
    const { hub, station } = this.#parts;
    if (hub === undefined) return;
    const url = new URL(`/v1/station/${station}/alarm`, hub.url);
    await this.#ask('https', url, seq, { ca: hub.ca, timeoutMs: httpsTimeoutMs, signal });
  }

  async #throughNeighbours(seq: number, signal: AbortSignal): Promise<void> {
    const all = this.#parts.neighbours?.list() ?? [];
    const first = all.length === 0 ? 0 : (this.#attempts * neighboursAtOnceMax) % all.length;
    const now = [...all.slice(first), ...all.slice(0, first)].slice(0, neighboursAtOnceMax);
    await Promise.all(
      now.map(({ station, address, port }) => {
        const url = new URL(`http://${address}:${port}/v1/relay/alarm`);
        return this.#ask(station, url, seq, { timeoutMs: neighbourTimeoutMs, signal });
      }),
    );
  }

  /** Sealed anew each time: the message says when it was sent. */
  async #ask(
    who: string,
    url: URL,
    seq: number,
    options: Parameters<typeof post>[2],
  ): Promise<void> {
    const { sealed, answered, log } = this.#parts;
    const message = sealed(seq);
    if (message === undefined) return;
    try {
      const { status, body } = await post(url, message, options);
      if (options.signal.aborted) return;
      if (status === 200 && answered(body)) log.info({ path: who }, 'a receipt came');
      else this.#tell(who, status === 200 ? 'answered, but not for the hub' : `answered ${status}`);
    } catch (error) {
      if (!options.signal.aborted) this.#tell(who, reasonOf(error));
    }
  }

  #tell(path: string, detail: string): void {
    if (this.#told.get(path) === detail) return;
    this.#told.set(path, detail);
    this.#parts.log.warn({ path, detail }, 'an alarm did not get through by this path');
  }

  #freshWaits(): Generator<number, never> {
    return backoff(attemptLimits, this.#parts.random ?? Math.random);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
