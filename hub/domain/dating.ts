import type { Reading } from '../../shared/wire/entry.ts';

/** How an entry got its date: `received` is the flag of one whose own clock said nothing usable. */
export type DatedBy = 'station-clock' | 'same-boot' | 'received';

export interface Dated {
  readonly occurredMs: number;
  readonly datedBy: DatedBy;
}

/** A clock that is further ahead of the hub's than this is wrong, whatever it says about itself. */
export const clockAheadMaxMs = 10 * 60_000;

/**
 * When an entry happened.
 * @param at the station's clocks when it happened
 * @param sent the station's clocks when the message was sent
 * @param receivedMs the hub's clock when the message came
 */
export function dateEntry(at: Reading, sent: Reading, receivedMs: number): Dated {
  const latestMs = receivedMs + clockAheadMaxMs;
  if (at.synced && at.wallMs <= latestMs) {
    return { occurredMs: at.wallMs, datedBy: 'station-clock' };
  }
  const ageMs = sent.monoMs - at.monoMs;
  if (at.boot === sent.boot && ageMs >= 0) {
    const sentMs = sent.synced && sent.wallMs <= latestMs ? sent.wallMs : receivedMs;
    return { occurredMs: Math.max(0, sentMs - ageMs), datedBy: 'same-boot' };
  }
  return { occurredMs: receivedMs, datedBy: 'received' };
}

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
