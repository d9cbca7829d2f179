import type { Reading } from '../../shared/wire/entry.ts';

/**
 * How an entry got its date. `station-clock`: its own clock, which a time service vouched for.
 * `same-boot`: from another reading of the same boot, or from when the message was received.
 * `bounds`: nothing dates it but what stands before and after it.
 */
export type DatedBy = 'station-clock' | 'same-boot' | 'bounds';

export interface Dated {
  readonly datedBy: DatedBy;
  /** Where only bounds are known, the later one. */
  readonly occurredMs: number;
  /** The earlier bound, where there are bounds. */
  readonly earliestMs: number | undefined;
  /** Its own clock, vouched for, says that it lies in the hub's future. */
  readonly isFuture: boolean;
}

/** What the hub knows when a message comes, by its own clock. */
export interface DatingContext {
  /** The station's clocks when the message was sent. */
  readonly sent: Reading;
  readonly receivedMs: number;
  /** When the newest entry before these happened that has a date of its own; 0 for none. */
  readonly datedMs: number;
}

/** A clock that is further ahead of the hub's than this is wrong, whatever it says about itself. */
export const clockAheadMaxMs = 10 * 60_000;

/**
 * When the entries of a message happened. A unit has no battery clock: it may start in 1970, be set
 * hours later, and jump; but within one boot its monotonic clock tells how far apart things were.
 * @param readings the station's clocks when each entry happened, in the order of the lane
 */
export function dateEntries(
  readings: readonly Reading[],
  { sent, receivedMs, datedMs }: DatingContext,
): Dated[] {
  const latestMs = receivedMs + clockAheadMaxMs;
  const isSound = ({ synced, wallMs }: Reading): boolean => synced && wallMs <= latestMs;
  const bootStartMs = bootStarts([...readings, sent].filter(isSound));
  if (!bootStartMs.has(sent.boot)) bootStartMs.set(sent.boot, receivedMs - sent.monoMs);
  const own = readings.map((at): { datedBy: DatedBy; atMs: number } | undefined => {
    if (isSound(at)) return { datedBy: 'station-clock', atMs: at.wallMs };
    const startMs = bootStartMs.get(at.boot);
    if (startMs === undefined) return undefined;
    return { datedBy: 'same-boot', atMs: clamp(startMs + at.monoMs, 0, receivedMs) };
  });
  let beforeMs = datedMs;
  return own.map((date, index) => {
    const isFuture =
      (readings[index]?.synced ?? false) && (readings[index]?.wallMs ?? 0) > latestMs;
    if (date) {
      beforeMs = date.atMs;
      return { datedBy: date.datedBy, occurredMs: date.atMs, earliestMs: undefined, isFuture };
    }
    const after = own.slice(index + 1).find((later) => later !== undefined);
    const occurredMs = Math.max(beforeMs, after?.atMs ?? receivedMs);
    return { datedBy: 'bounds', occurredMs, earliestMs: beforeMs, isFuture };
  });
}

/** When each boot began by the wall clock; the latest reading of a boot knows best. */
const bootStarts = (sound: readonly Reading[]): Map<string, number> =>
  new Map(sound.map(({ boot, wallMs, monoMs }) => [boot, wallMs - monoMs]));

const clamp = (value: number, from: number, to: number): number =>
  Math.min(Math.max(value, from), to);

/** @returns a function that gives the local date, YYYY-MM-DD, of a moment in the time zone. */
export function localDay(timeZone: string): (ms: number) => string {
  // en-CA writes dates as YYYY-MM-DD.
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (ms) => format.format(ms);
}
