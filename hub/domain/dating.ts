import type { Reading } from '../../shared/wire/entry.ts';
import { minuteOfClock } from './policy.ts';

/**
 * How an entry got its date, the surest first. `station-clock`: its own clock, which a time service
 * vouched for. `same-boot`: the nearest such reading of the same boot in its lane. `boot-anchor`: what
 * else the hub knows of when that boot began. `bounds`: nothing but what stands before and after it.
 */
export type DatedBy = 'station-clock' | 'same-boot' | 'boot-anchor' | 'bounds';

export interface Dated {
  readonly datedBy: DatedBy;
  /** Where only bounds are known, the later one. */
  readonly occurredMs: number;
  /** The earlier bound, where there are bounds. */
  readonly earliestMs: number | undefined;
  /** Its own clock, vouched for, says that it lies in the hub's future. */
  readonly isFuture: boolean;
}

/** An entry as far as its date goes. */
export interface Undated {
  /** The station's clocks when it happened. */
  readonly at: Reading;
  /** When it first came, by the hub's clock. */
  readonly receivedMs: number;
}

/** What stands before the entries in their lane. */
export interface Before {
  /** When the newest entry before them happened that has a date of its own; 0 for none. */
  readonly datedMs: number;
  /** The boot of the newest entry before them. */
  readonly boot: string | undefined;
  /** When that boot began by the newest reading of it in the lane that is sound. */
  readonly startMs: number | undefined;
}

export interface DatingContext {
  readonly before: Before;
  /** When boots began, by what is known beside the lane's own readings. */
  readonly anchors: ReadonlyMap<string, number>;
  /** When the next entry behind these happened, where there is one already. */
  readonly afterMs?: number | undefined;
}

/** A clock that is further ahead of the hub's than this is wrong, whatever it says about itself. */
export const clockAheadMaxMs = 10 * 60_000;

/** Whether a time service vouched for the wall clock, and the hub has no reason to think otherwise. */
export const isSound = ({ synced, wallMs }: Reading, receivedMs: number): boolean =>
  synced && wallMs <= receivedMs + clockAheadMaxMs;

/**
 * When the entries of a lane happened. A unit has no battery clock: it may start in 1970, be set
 * hours later, and jump; but within one boot its monotonic clock tells how far apart things were.
 *
 * The lane's own readings come first: the station sends them again whenever it is asked, so they date
 * an entry alike however the lane was split into messages, and to whatever hub it was sent.
 * @param entries in the order of the lane
 */
export function dateEntries(
  entries: readonly Undated[],
  { before, anchors, afterMs }: DatingContext,
): Dated[] {
  const starts = startsByReadings(entries, before);
  const own = entries.map(({ at, receivedMs }, index): Own | undefined => {
    if (isSound(at, receivedMs)) return { datedBy: 'station-clock', atMs: at.wallMs };
    const byReading = starts[index];
    const startMs = byReading ?? anchors.get(at.boot);
    if (startMs === undefined) return undefined;
    const datedBy = byReading === undefined ? 'boot-anchor' : 'same-boot';
    return { datedBy, atMs: within(startMs + at.monoMs, receivedMs) };
  });
  const nextMs = datesAfter(own, afterMs);
  let beforeMs = before.datedMs;
  return entries.map(({ at, receivedMs }, index) => {
    const isFuture = at.synced && !isSound(at, receivedMs);
    const date = own[index];
    if (date) {
      beforeMs = date.atMs;
      return { datedBy: date.datedBy, occurredMs: date.atMs, earliestMs: undefined, isFuture };
    }
    const occurredMs = Math.max(beforeMs, within(nextMs[index] ?? receivedMs, receivedMs));
    return { datedBy: 'bounds', occurredMs, earliestMs: beforeMs, isFuture };
  });
}

interface Own {
  readonly datedBy: Exclude<DatedBy, 'bounds'>;
  readonly atMs: number;
}

/** @returns the boots of which the lane's own readings do not tell when they began, each once. */
export function bootsWithoutReading(entries: readonly Undated[], before: Before): string[] {
  if (entries.every(({ at, receivedMs }) => isSound(at, receivedMs))) return [];
  const starts = startsByReadings(entries, before);
  return [
    ...new Set(entries.flatMap(({ at }, index) => (starts[index] === undefined ? at.boot : []))),
  ];
}

/**
 * When the boot of each entry began by the nearest sound reading of it: the newest before the entry,
 * else the oldest after it. A clock drifts and is set right: what is near knows best. The entries of a
 * boot stand together in a lane, so what lies beyond another boot is not of the same one.
 */
function startsByReadings(entries: readonly Undated[], before: Before): (number | undefined)[] {
  const startOf = ({ at, receivedMs }: Undated): number | undefined =>
    isSound(at, receivedMs) ? at.wallMs - at.monoMs : undefined;
  let { boot, startMs } = before;
  const starts = entries.map((entry) => {
    startMs = startOf(entry) ?? (entry.at.boot === boot ? startMs : undefined);
    boot = entry.at.boot;
    return startMs;
  });
  boot = undefined;
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const entry = entries[index];
    if (!entry) continue;
    startMs = startOf(entry) ?? (entry.at.boot === boot ? startMs : undefined);
    boot = entry.at.boot;
    starts[index] ??= startMs;
  }
  return starts;
}

/** For each entry, when the next one behind it happened that has a date of its own. */
function datesAfter(
  own: readonly (Own | undefined)[],
  afterMs: number | undefined,
): (number | undefined)[] {
  const after: (number | undefined)[] = [];
  let nextMs = afterMs;
  for (let index = own.length - 1; index >= 0; index -= 1) {
    after[index] = nextMs;
    nextMs = own[index]?.atMs ?? nextMs;
  }
  return after;
}

/**
 * Nothing happened after it came. What is derived may say so by a little, as a clock may, and is let be:
 * cut off at each coming, an entry would be dated otherwise when it comes again.
 */
const within = (ms: number, receivedMs: number): number =>
  ms > receivedMs + clockAheadMaxMs ? receivedMs : Math.max(ms, 0);

/** Gives the local date of a moment, YYYY-MM-DD. */
export interface LocalDay {
  (ms: number): string;
  /** Minutes since midnight on the clocks there, 0 to 1439. */
  minuteOf(ms: number): number;
}

/** @returns what tells dates and times of day in the time zone. */
export function localDay(timeZone: string): LocalDay {
  // en-CA writes dates as YYYY-MM-DD.
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const minuteOf = (ms: number): number => minuteOfClock(clock.format(ms));
  return Object.assign((ms: number): string => format.format(ms), { minuteOf });
}
