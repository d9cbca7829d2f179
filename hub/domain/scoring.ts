import { z } from 'zod';
import { type Outcome, outcomeSchema } from '../../shared/wire/messages.ts';
import { minuteOfClock, type Policy } from './policy.ts';

/** One check-in of a volunteer, as far as scoring looks at it. */
export interface DayCheckIn {
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
  readonly occurredMs: number;
  /**
   * Minutes since midnight on the clocks where the scheme is. null for one that was stored before the hub
   * kept it, and before any policy had night hours.
   */
  readonly minute: number | null;
}

/** What a day looks at beside its own check-ins. */
export interface DayContext {
  /** What the volunteer's check-ins have earned in the same month before this day. */
  readonly monthPoints: number;
}

export type ScoringRules = Pick<
  Policy,
  | 'pointsPerCheckIn'
  | 'pausePerStationMin'
  | 'pointsPerDayMax'
  | 'pointsPerMonthMax'
  | 'round'
  | 'night'
>;

/** What a check-in earns by one rule. */
export const partSchema = z.object({
  rule: z.enum(['check-in', 'night', 'round']),
  points: z.int(),
});
export type PointsPart = Readonly<z.infer<typeof partSchema>>;

/** What becomes of a check-in. A station is told no more than the wire contract knows: `outcomeOnWire`. */
export const checkInOutcomeSchema = z.enum([...outcomeSchema.options, 'monthly-limit', 'voided']);
export type CheckInOutcome = z.infer<typeof checkInOutcomeSchema>;

export interface Scored<T extends DayCheckIn> {
  readonly checkIn: T;
  readonly outcome: Extract<
    CheckInOutcome,
    'credited' | 'already-checked-in' | 'daily-limit' | 'monthly-limit'
  >;
  /** The sum of its parts. */
  readonly points: number;
  readonly parts: readonly PointsPart[];
}

const minuteMs = 60_000;

/**
 * What each check-in of one volunteer on one day earns. A function of the set: the order in which
 * they arrived, or are given here, makes no difference (DESIGN, promise 3).
 * @returns them in the order in which they happened
 */
export function scoreDay<T extends DayCheckIn>(
  checkIns: readonly T[],
  policy: ScoringRules,
  { monthPoints }: DayContext,
): Scored<T>[] {
  const { pointsPerCheckIn, pointsPerDayMax, pausePerStationMin } = policy;
  const isNight = nightOf(policy);
  const lastCreditedMs = new Map<string, number>();
  let dayLeft = pointsPerDayMax;
  let monthLeft = (policy.pointsPerMonthMax ?? Number.POSITIVE_INFINITY) - monthPoints;
  return [...checkIns].sort(byOccurrence).map((checkIn) => {
    const { station, occurredMs, minute } = checkIn;
    const last = lastCreditedMs.get(station);
    const pauseEndsMs = last === undefined ? -Infinity : last + pausePerStationMin * minuteMs;
    if (occurredMs < pauseEndsMs) return without(checkIn, 'already-checked-in');
    if (pointsPerCheckIn > dayLeft) return without(checkIn, 'daily-limit');
    if (pointsPerCheckIn > monthLeft) return without(checkIn, 'monthly-limit');
    lastCreditedMs.set(station, occurredMs);
    dayLeft -= pointsPerCheckIn;
    const completes = last === undefined && lastCreditedMs.size === policy.round?.stations;
    const earned: PointsPart[] = [
      { rule: 'check-in', points: pointsPerCheckIn },
      { rule: 'night', points: isNight(minute) ? (policy.night?.points ?? 0) : 0 },
      { rule: 'round', points: completes ? (policy.round?.points ?? 0) : 0 },
    ];
    const parts = earned.filter(({ points }) => {
      const fits = points > 0 && points <= monthLeft;
      if (fits) monthLeft -= points;
      return fits;
    });
    const points = parts.reduce((sum, part) => sum + part.points, 0);
    return { checkIn, outcome: 'credited', points, parts };
  });
}

const without = <T extends DayCheckIn>(checkIn: T, outcome: Scored<T>['outcome']): Scored<T> => ({
  checkIn,
  outcome,
  points: 0,
  parts: [],
});

/** Whether a minute of the day lies in the night hours, which may cross midnight. */
export function nightOf({ night }: Pick<Policy, 'night'>): (minute: number | null) => boolean {
  if (!night) return () => false;
  const [from, to] = [minuteOfClock(night.from), minuteOfClock(night.to)];
  return (minute) => {
    if (minute === null) return false;
    return from < to ? from <= minute && minute < to : from <= minute || minute < to;
  };
}

/**
 * The limit of the month and the voiding by a person came after the wire contract: a station that does not
 * know the word would refuse the receipt, and send the entry for ever. For all three words its light says
 * the same: stored, no points.
 */
export const outcomeOnWire = (outcome: CheckInOutcome): Outcome =>
  outcome === 'monthly-limit' || outcome === 'voided' ? 'recorded' : outcome;

/** Total, so that the result never depends on how the caller happened to list them. */
export const byOccurrence = (
  a: Omit<DayCheckIn, 'minute'>,
  b: Omit<DayCheckIn, 'minute'>,
): number =>
  a.occurredMs - b.occurredMs ||
  compareText(a.station, b.station) ||
  compareText(a.epoch, b.epoch) ||
  a.seq - b.seq;

/** By code unit, not by locale: the same on every machine. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
