import { type BackoffLimits, backoff } from '../../shared/bus/backoff.ts';
import type { Log } from '../../shared/log.ts';
import type { Timers } from '../../shared/timers.ts';
import { backlog } from '../domain/lane.ts';
import type { StationState } from '../domain/state.ts';
import type { Errand, Failure, Ways } from './ways.ts';

/** With a connection to the broker, its receipt comes within a round trip: so long is patience enough. */
export const brokerPatienceMs = 2_000;
/** HTTPS alone before the neighbours are asked as well: a slow network does it in so long. */
export const httpsHeadStartMs = 2_000;
/** Soon again: until then the light says that the alarm is being sent, or that nobody has it. */
export const attemptLimits: BackoffLimits = { firstMs: 500, maxMs: 10_000 };

export interface SecondPathParts {
  readonly ways: Ways;
  readonly brain: {
    readonly state: StationState;
    onChange(listener: () => void): () => void;
  };
  /** Believes the hub's sealed receipt and nothing else. @returns whether it was one */
  readonly answered: (payload: Uint8Array) => boolean;
  readonly timers: Timers;
  readonly random: () => number;
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
  readonly #failures = new Map<string, string>();

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
    this.#failures.clear();
    this.#running?.abort();
    this.#running = undefined;
  }

  async #attempt(seq: number): Promise<void> {
    const { ways, timers, answered } = this.#parts;
    const running = new AbortController();
    this.#running = running;
    this.#attempts += 1;
    const { signal } = running;
    const errand: Errand = { seq, accepts: answered, signal };
    ways.look();
    const overHttps = ways.hasHttps
      ? this.#outcome(errand, 'https', ways.overHttps(errand))
      : Promise.resolve();
    await Promise.race([overHttps, this.#headStart(signal)]);
    if (!signal.aborted) await Promise.all([overHttps, this.#throughNeighbours(errand)]);
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

  async #throughNeighbours(errand: Errand): Promise<void> {
    const { ways } = this.#parts;
    await Promise.all(
      ways
        .neighboursFor(this.#attempts)
        .map((one) => this.#outcome(errand, one.station, ways.throughNeighbour(one, errand))),
    );
  }

  async #outcome({ signal }: Errand, path: string, came: Promise<Failure>): Promise<void> {
    const failure = await came;
    if (failure === undefined) this.#parts.log.info({ path }, 'a receipt came');
    else if (!signal.aborted) this.#tell(path, failure);
  }

  #tell(path: string, detail: string): void {
    if (this.#failures.get(path) === detail) return;
    this.#failures.set(path, detail);
    this.#parts.log.warn({ path, detail }, 'an alarm did not get through by this path');
  }

  #freshWaits(): Generator<number, never> {
    return backoff(attemptLimits, this.#parts.random);
  }
}
