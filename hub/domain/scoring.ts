import type { Outcome } from '../../shared/wire/messages.ts';
import type { Policy } from './policy.ts';

/** One check-in of a volunteer, as far as scoring looks at it. */
export interface DayCheckIn {
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
  readonly occurredMs: number;
}

export interface Scored<T extends DayCheckIn> {
  readonly checkIn: T;
  readonly outcome: Extract<Outcome, 'credited' | 'already-checked-in' | 'daily-limit'>;
  readonly points: number;
}

const minuteMs = 60_000;

/**
 * What each check-in of one volunteer on one day earns. A function of the set: the order in which
 * they arrived, or are given here, makes no difference (DESIGN, promise 3).
 * @returns them in the order in which they happened
 */
export function scoreDay<T extends DayCheckIn>(
  checkIns: readonly T[],
  policy: Policy,
): Scored<T>[] {
  const lastCreditedMs = new Map<string, number>();
  let pointsOfDay = 0;
  return [...checkIns].sort(byOccurrence).map((checkIn) => {
    const last = lastCreditedMs.get(checkIn.station);
    const pauseEndsMs =
      last === undefined ? -Infinity : last + policy.pausePerStationMin * minuteMs;
    if (checkIn.occurredMs < pauseEndsMs) {
      return { checkIn, outcome: 'already-checked-in', points: 0 };
    }
    if (pointsOfDay + policy.pointsPerCheckIn > policy.pointsPerDayMax) {
      return { checkIn, outcome: 'daily-limit', points: 0 };
    }
    lastCreditedMs.set(checkIn.station, checkIn.occurredMs);
    pointsOfDay += policy.pointsPerCheckIn;
    return { checkIn, outcome: 'credited', points: policy.pointsPerCheckIn };
  });
}

/** Total, so that the result never depends on how the caller happened to list them. */
const byOccurrence = (a: DayCheckIn, b: DayCheckIn): number =>
  a.occurredMs - b.occurredMs ||
  compareText(a.station, b.station) ||
  compareText(a.epoch, b.epoch) ||
  a.seq - b.seq;

/** By code unit, not by locale: the same on every machine. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
