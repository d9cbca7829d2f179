import { setTimeout } from 'node:timers/promises';

/** Whoever waits for the write lock looks for it again within so long, mostly (sqlite3.c, sqliteDefaultBusyCallback). */
const pauseMinMs = 10;

/** Somebody wants the work to end; what is done is done, and the rest waits for the next night. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * Long work in slices of one short transaction each. Between two of them the lock is free for at least
 * as long as the slice has held it, so that an alarm never waits for more than one.
 */
export class Pace {
  /** How long the longest slice took, in ms. */
  longestMs = 0;
  readonly #signal: AbortSignal | undefined;
  readonly #say: (step: number) => void;
  #steps = 0;

  /** @param say told of each slice, by its number */
  constructor(signal?: AbortSignal, say: (step: number) => void = () => {}) {
    this.#signal = signal;
    this.#say = say;
  }

  /** @throws Interrupted before a slice that is not to be begun any more */
  async slice<T>(work: () => Promise<T>): Promise<T> {
    if (this.#signal?.aborted)
      throw new Interrupted('interrupted: the rest waits for the next night');
    this.#steps += 1;
    this.#say(this.#steps);
    const startedMs = performance.now();
    try {
      return await work();
    } finally {
      const tookMs = performance.now() - startedMs;
      this.longestMs = Math.max(this.longestMs, tookMs);
      await setTimeout(Math.max(pauseMinMs, tookMs));
    }
  }
}
