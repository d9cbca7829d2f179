import { setTimeout } from 'node:timers/promises';
import { isBusy } from '../../shared/busy.ts';
import type { Log } from '../../shared/log.ts';

/** The store has waited by itself before: this lets go of the thread, whatever it waited for. */
const pauseMs = 100;

/**
 * That another process holds the lock of the store is no fault of a message, nor of who brought it: to
 * refuse it would cut off a station that is well. Nothing of it is stored, so it is tried again.
 */
export class LockPatience {
  readonly #log: Log;
  #stopped = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** What waits is tried no more often than the store itself has the patience for. */
  stop(): void {
    this.#stopped = true;
  }

  /** @param run can be run again when it has failed; any other failure than the lock is the caller's */
  async onceUnlocked<T>(run: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await run();
      } catch (error) {
        if (!isBusy(error) || this.#stopped) throw error;
        this.#log.warn('another process holds the lock of the store: what arrives waits');
        await setTimeout(pauseMs);
      }
    }
  }
}
