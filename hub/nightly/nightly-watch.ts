import type { Log } from '../../shared/log.ts';
import { systemTimers, type Timers } from '../../shared/timers.ts';
import type { LocalDay } from '../domain/dating.ts';
import { minuteOfClock } from '../domain/policy.ts';

/** Half a minute late is soon enough. */
const lookEveryMs = 30_000;
/** A hub that was off at the time does the work once stations have had their turn. */
const catchUpAfterMs = 10 * 60_000;

export interface NightlyWatchOptions {
  /** Local time, HH:MM. */
  readonly at: string;
  readonly dayOf: LocalDay;
  /** The hub's wall clock, in milliseconds. */
  readonly now: () => number;
  readonly monotonicNow: () => number;
  /** The local date of the last work that was done to its end. */
  readonly lastDay: () => Promise<string | undefined>;
  /** Does the work, until it is done or told to end. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly every?: Timers['every'];
  readonly log: Log;
}

/** Does the nightly work once each local day. What fails is tried again the next day. */
export class NightlyWatch {
  readonly #options: NightlyWatchOptions;
  readonly #ending = new AbortController();
  readonly #startedMs: number;
  #triedDay = '';
  /** The day on which it was seen that the time was still to come. */
  #awaitedDay = '';

  constructor(options: NightlyWatchOptions) {
    this.#options = options;
    this.#startedMs = options.monotonicNow();
  }

  /** @returns a function that ends it, with what is under way */
  start(): () => Promise<void> {
    let turn: Promise<void> = Promise.resolve();
    const endLooks = (this.#options.every ?? systemTimers.every)(lookEveryMs, () => {
      turn = Promise.all([turn, this.look()]).then(() => {});
    });
    return () => {
      endLooks();
      this.#ending.abort();
      return turn;
    };
  }

  async look(): Promise<void> {
    const { at, dayOf, now, monotonicNow, lastDay, run, log } = this.#options;
    const nowMs = now();
    const day = dayOf(nowMs);
    if (dayOf.minuteOf(nowMs) < minuteOfClock(at)) {
      this.#awaitedDay = day;
      return;
    }
    const isRested = monotonicNow() - this.#startedMs >= catchUpAfterMs;
    if (day === this.#triedDay || (day !== this.#awaitedDay && !isRested)) return;
    this.#triedDay = day;
    try {
      if ((await lastDay()) !== day) await run(this.#ending.signal);
    } catch (error) {
      log.error({ err: error }, 'nightly work');
    }
  }
}
