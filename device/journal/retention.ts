import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Timers } from '../../shared/timers.ts';
import type { JournalKeeper } from './journal-keeper.ts';

/** Often enough for 24,000 taps a day, and seldom enough to be in nobody's way. */
export const cleanUpEveryMs = 3_600_000;

/** In one go, of each lane: one short transaction, so that a tap never notices it. */
export const cleanUpEntriesMax = 1_000;

export interface RetentionOptions {
  readonly keeper: JournalKeeper;
  readonly clock: Clock;
  readonly log: Log;
  /** Delivered entries stay so long, so that a hub which comes back from a backup gets them again. */
  readonly keepDays: number;
}

/** Deletes old delivered entries once. A clock that nobody vouches for proves no age: then nothing is done. */
export function cleanUpOnce({ keeper, clock, log, keepDays }: RetentionOptions): number {
  const { synced, wallMs } = clock.read();
  if (!synced) return 0;
  const limits = { keepMs: keepDays * 86_400_000, entriesMax: cleanUpEntriesMax };
  try {
    const deleted = keeper.journal.cleanUp(wallMs, limits);
    if (deleted > 0) log.info({ deleted }, 'old delivered entries deleted');
    return deleted;
  } catch (error) {
    // Nothing is half done, and taps tell soon enough when the journal cannot be written.
    log.warn({ err: error }, 'old entries could not be deleted');
    return 0;
  }
}

/** Cleans up every hour from now on. @returns a function that ends it. */
export const startRetention = (timers: Timers, options: RetentionOptions): (() => void) =>
  timers.every(cleanUpEveryMs, () => cleanUpOnce(options));
