import type { DayCheckIn, PointsPart, Scored } from './scoring.ts';

/** While a volunteer is paused; `untilMs` is null while it lasts. */
export interface Pause {
  readonly fromMs: number;
  readonly untilMs: number | null;
}

/**
 * Whether something that happened then happened within a pause: from its first millisecond on, and
 * before its last. What counts is when a volunteer tapped, and not when the hub heard of it.
 */
export const isPaused = (pauses: readonly Pause[], atMs: number): boolean =>
  pauses.some(({ fromMs, untilMs }) => fromMs <= atMs && (untilMs === null || atMs < untilMs));

/** What a check-in of a day comes to, with what was tapped in a pause. */
export interface Judged<T extends DayCheckIn> {
  readonly checkIn: T;
  readonly outcome: Scored<T>['outcome'] | 'recorded';
  readonly points: number;
  readonly parts: readonly PointsPart[];
}

/**
 * Scores a volunteer's day. What happened within a pause is recorded and earns nothing, and the rules
 * look at the rest as if it were not there. A function of the sets.
 * @param score the rules of the day
 */
export function scoreBesidesPauses<T extends DayCheckIn>(
  checkIns: readonly T[],
  pauses: readonly Pause[],
  score: (active: readonly T[]) => readonly Scored<T>[],
): readonly Judged<T>[] {
  if (pauses.length === 0) return score(checkIns);
  const within = ({ occurredMs }: T): boolean => isPaused(pauses, occurredMs);
  return [
    ...score(checkIns.filter((checkIn) => !within(checkIn))),
    ...checkIns
      .filter(within)
      .map((checkIn) => ({ checkIn, outcome: 'recorded' as const, points: 0, parts: [] })),
  ];
}
