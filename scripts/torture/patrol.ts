import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { cardToken } from '../../shared/card-token.ts';
import type { EntryKey, StationView } from '../../test/support/virtual-station.ts';
import { Random } from './random.ts';
import type { StationInPlay } from './station-in-play.ts';
import type { Tally } from './tally.ts';
import type { Violations } from './violations.ts';

/** A street of volunteers, each as quick as a hand can be. */
const betweenTapsMs = { min: 10, max: 180 };
/** Long enough to call (the button is held for 1 s), short enough to go on tapping soon. */
const pressMs = { min: 1_100, max: 1_400 };
const firstPressMs = { min: 300, max: 1_500 };
/** A second press within 10 s marks a mistake; both happen. */
const betweenPressesMs = { min: 4_000, max: 16_000 };
/** A station that runs answers within milliseconds; on a busy machine it may take its time. */
const signalWithinMs = 10_000;
const lookEveryMs = 20;

/** Kinds of outcome that say "taken". */
const takenKinds = new Set([
  ...['on-disk', 'saved-here', 'credited', 'already-checked-in', 'daily-limit'],
  ...['unknown-card', 'blocked-card', 'held-for-review', 'recorded'],
]);

/** What a station has signalled as taken. */
export interface Signalled extends EntryKey {
  readonly station: string;
  readonly lane: 'alarm' | 'routine';
  /** The card's token, or undefined for an alarm. */
  readonly card: string | undefined;
}

const entrySchema = z.looseObject({ type: z.string(), card: z.string().optional() });

/** @returns whether the journal's entry is what was signalled. */
export function isEntryOf(signalled: Signalled, text: string | undefined): boolean {
  if (text === undefined) return false;
  const { type, card } = entrySchema.parse(JSON.parse(text));
  return signalled.lane === 'alarm'
    ? type === 'alarm'
    : type === 'check-in' && card === signalled.card;
}

export interface PatrolOptions {
  readonly seed: string;
  readonly station: StationInPlay;
  readonly cards: readonly string[];
  readonly tally: Tally;
  readonly violations: Violations;
}

/** Taps and presses at one station, and writes down what it signals. */
export class Patrol {
  readonly signalled: Signalled[] = [];
  readonly #options: PatrolOptions;
  readonly #random: Random;
  readonly #cards: readonly [string, ...string[]];
  readonly #calls: (() => void)[] = [];
  #lastTap: EntryKey | null = null;
  #lastAlarm: EntryKey | null = null;

  constructor(options: PatrolOptions) {
    this.#options = options;
    this.#random = new Random(`${options.seed}/patrol ${options.station.number}`);
    const [first, ...others] = options.cards;
    if (first === undefined) throw new Error('a patrol needs a card');
    this.#cards = [first, ...others];
  }

  /** Goes on until it is aborted; what was begun is ended first. */
  async walk(signal: AbortSignal): Promise<void> {
    const { victim } = this.#options.station;
    let pressAtMs = performance.now() + this.#between(firstPressMs);
    while (!signal.aborted) {
      await delay(this.#between(betweenTapsMs));
      if (!victim.isUp) continue;
      const calls = this.#calls.splice(0);
      if (calls.length === 0 && performance.now() < pressAtMs) {
        await this.#alive(() => this.#tap());
        continue;
      }
      await this.#alive(() => this.#press());
      for (const done of calls) done();
      pressAtMs = performance.now() + this.#between(betweenPressesMs);
    }
  }

  get station(): StationInPlay {
    return this.#options.station;
  }

  /** Presses as soon as the hand is free. @returns once that is done, or the signal says that all is over */
  call(signal: AbortSignal): Promise<void> {
    return new Promise((done) => {
      signal.addEventListener('abort', () => done(), { once: true });
      if (signal.aborted) done();
      else this.#calls.push(done);
    });
  }

  /** A page may be silent when its station was killed; at any other time that is a fault. */
  async #alive(act: () => Promise<void>): Promise<void> {
    const { station, violations } = this.#options;
    const { lives } = station.victim;
    try {
      await act();
    } catch (error) {
      if (station.victim.lives !== lives) this.#options.tally.tapsUnanswered += 1;
      else violations.add(`the page of ${station.id} failed: ${String(error)}`);
    }
  }

  async #tap(): Promise<void> {
    const { station, tally, violations } = this.#options;
    const uid = this.#random.pick(this.#cards);
    const isSignalled = ({ entries, outcome }: StationView): boolean =>
      isNew(entries.tap, this.#lastTap) && takenKinds.has(outcome?.kind ?? '');
    const view = await this.#watch(await station.page.tap(uid), isSignalled);
    const key = view?.entries.tap;
    if (!key) {
      violations.add(`${station.id} took no notice of a tap`);
      return;
    }
    this.#lastTap = key;
    tally.tapsSignalled += 1;
    this.#note({ ...key, lane: 'routine', card: cardToken(station.schemeKey, uid) });
  }

  async #press(): Promise<void> {
    const { station, tally } = this.#options;
    const holdMs = this.#between(pressMs);
    await station.page.press(holdMs);
    await delay(holdMs);
    const { entries } = await station.page.view();
    // A press that marked the last one as a mistake raises none.
    if (!entries.alarm || !isNew(entries.alarm, this.#lastAlarm)) return;
    this.#lastAlarm = entries.alarm;
    tally.alarmsSignalled += 1;
    this.#note({ ...entries.alarm, lane: 'alarm', card: undefined });
  }

  async #watch(
    first: StationView,
    holds: (view: StationView) => boolean,
  ): Promise<StationView | undefined> {
    const { victim } = this.#options.station;
    const { lives } = victim;
    const deadlineMs = performance.now() + signalWithinMs;
    let view = first;
    while (!holds(view)) {
      if (victim.lives !== lives) throw new Error('the station was killed meanwhile');
      if (performance.now() > deadlineMs) return undefined;
      await delay(lookEveryMs);
      view = await this.#options.station.page.view();
    }
    return view;
  }

  /** What is signalled is on disk already: it is looked for at once, and once more at the end. */
  #note(what: Omit<Signalled, 'station'>): void {
    const { station, violations } = this.#options;
    const signalled = { ...what, station: station.id };
    this.signalled.push(signalled);
    if (station.truth.epoch !== what.epoch) {
      violations.add(`${station.id} began another journal`);
    } else if (!isEntryOf(signalled, station.truth.text(what.lane, what.seq))) {
      violations.add(
        `${station.id} signalled ${what.lane} ${what.seq} before it was in the journal`,
      );
    }
  }

  #between({ min, max }: { min: number; max: number }): number {
    return this.#random.between(min, max);
  }
}

const isNew = (key: EntryKey | null, last: EntryKey | null): boolean =>
  key !== null && (key.epoch !== last?.epoch || key.seq > last.seq);
