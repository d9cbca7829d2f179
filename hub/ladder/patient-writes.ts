import type { Log } from '../../shared/log.ts';
import type { Timers } from '../../shared/timers.ts';

/**
 * A store that cannot be written, because it is locked or its disk is full, is tried again so often. A
 * locked one stops the whole process for its busy timeout each time, so not all the time.
 */
const retryAfterMs = 10_000;
/** Bounds memory while the store cannot be written; beyond it the oldest is given up, and the log says so. */
const waitingMax = 1_000;

type Write = () => unknown;

/**
 * Writes what is not to be lost because the store cannot be written just now: again and again, until it
 * succeeds. Writes about one thing keep their order; one that never succeeds holds up no other thing.
 */
export class PatientWrites {
  readonly #timers: Pick<Timers, 'after'>;
  readonly #log: Log;
  /** What each thing has waiting, in order. */
  readonly #waiting = new Map<string, Write[]>();
  #size = 0;
  #isStopped = false;
  #endPause: () => void = () => {};
  #running: Promise<void> | undefined;

  constructor(timers: Pick<Timers, 'after'>, log: Log) {
    this.#timers = timers;
    this.#log = log;
  }

  /** @param thing what it is about, such as `alarm 7` @param write may be called several times, until it succeeds */
  add(thing: string, write: Write): void {
    if (this.#size >= waitingMax) this.#giveUpOldest();
    const waiting = this.#waiting.get(thing);
    if (waiting) waiting.push(write);
    else this.#waiting.set(thing, [write]);
    this.#size += 1;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** What waits is tried once more, and given up if that fails. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#endPause();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let next = this.#next(); next; next = this.#next()) {
      const { thing, write } = next;
      try {
        await write();
        this.#remove(thing, write);
      } catch (error) {
        if (this.#isStopped) {
          this.#log.error({ err: error, count: this.#size }, 'not written, and given up');
          this.#waiting.clear();
          this.#size = 0;
          return;
        }
        this.#log.error({ err: error, thing }, 'not written yet');
        this.#moveToEnd(thing);
        await this.#pause();
      }
    }
  }

  #next(): { thing: string; write: Write } | undefined {
    for (const [thing, [write]] of this.#waiting) if (write) return { thing, write };
    return undefined;
  }

  #remove(thing: string, write: Write): void {
    const waiting = this.#waiting.get(thing);
    // It may have been given up while it was being written.
    if (waiting?.[0] !== write) return;
    waiting.shift();
    this.#size -= 1;
    if (waiting.length === 0) this.#waiting.delete(thing);
  }

  #moveToEnd(thing: string): void {
    const waiting = this.#waiting.get(thing);
    if (!waiting) return;
    this.#waiting.delete(thing);
    this.#waiting.set(thing, waiting);
  }

  #giveUpOldest(): void {
    const oldest = this.#next();
    if (!oldest) return;
    this.#log.error({ thing: oldest.thing }, 'not written, and given up: too much waits');
    this.#remove(oldest.thing, oldest.write);
  }

  async #pause(): Promise<void> {
    if (this.#isStopped) return;
    await new Promise<void>((resolve) => {
      const callOff = this.#timers.after(retryAfterMs, resolve);
      this.#endPause = () => {
        callOff();
        resolve();
      };
    });
  }
}
