import { settle, type Transfer } from './ledger.ts';
import { type Pause, scoreBesidesPauses } from './pauses.ts';
import type { Policy } from './policy.ts';
import { type CheckInOutcome, type DayCheckIn, type PointsPart, scoreDay } from './scoring.ts';

/** A check-in with what has become of it so far. */
export interface CheckInSoFar extends DayCheckIn {
  readonly outcome: string;
  /** The sum of its transfers, and how many there are. */
  readonly points: number;
  readonly transfers: number;
}

/** One volunteer's day. */
export interface DaySoFar<T extends CheckInSoFar> {
  readonly volunteer: string;
  /** The check-ins that count, and those that counted and do no more, with what they are now. */
  readonly counted: readonly T[];
  readonly held: readonly { readonly checkIn: T; readonly outcome: CheckInOutcome }[];
  /** The volunteer's pauses, whenever they were. */
  readonly pauses: readonly Pause[];
  /** What the volunteer's check-ins have earned in the month before; 0 where the policy does not ask. */
  readonly monthPoints: number;
}

/** What is to become of a check-in. */
export interface SettledCheckIn<T extends CheckInSoFar> {
  readonly checkIn: T;
  readonly outcome: CheckInOutcome;
  readonly points: number;
  readonly parts: readonly PointsPart[];
  /** What brings the points that were transferred for it to these. */
  readonly transfer: Transfer | undefined;
  /** Whether it comes out otherwise than before. */
  readonly isChanged: boolean;
}

/**
 * Scores a day anew. What happened while the volunteer was paused is recorded, and earns nothing.
 * @param score the rules of a day; a simulation may plant others
 */
export function settleDay<T extends CheckInSoFar>(
  { volunteer, counted, held, pauses, monthPoints }: DaySoFar<T>,
  policy: Policy,
  score: typeof scoreDay = scoreDay,
): SettledCheckIn<T>[] {
  const judged = [
    ...scoreBesidesPauses(counted, pauses, (active) => score(active, policy, { monthPoints })),
    ...held.map((one) => ({ ...one, points: 0, parts: [] })),
  ];
  return judged.map(({ checkIn, outcome, points, parts }) => {
    const { station, epoch, seq, points: net, transfers: count } = checkIn;
    const wanted = { checkIn: `${station}/${epoch}/${seq}`, points };
    const transfer = settle(volunteer, wanted, { net, count });
    const isChanged = transfer !== undefined || outcome !== checkIn.outcome;
    return { checkIn, outcome, points, parts, transfer, isChanged };
  });
}
