import type { Policy } from '../domain/policy.ts';
import type { CommitWork } from './commit-work.ts';
import type { VolunteerDay } from './settle-day.ts';

/** @param day YYYY-MM-DD @returns YYYY-MM */
export const monthOf = (day: string): string => day.slice(0, 7);

/** @returns every date that the month of `day` may have; one that the calendar lacks harms nobody. */
export const daysOfMonth = (day: string): string[] =>
  Array.from({ length: 31 }, (_, date) => `${monthOf(day)}-${String(date + 1).padStart(2, '0')}`);

/**
 * What the volunteer's check-ins have earned in the month before the day: the sum of what those days were
 * settled to, so they have to be settled first. 0 where the policy of the day does not ask.
 */
export async function monthPointsBefore(
  { statements }: CommitWork,
  { volunteer, day }: VolunteerDay,
  { pointsPerMonthMax }: Policy,
): Promise<number> {
  if (pointsPerMonthMax === undefined) return 0;
  const before = daysOfMonth(day).filter((other) => other < day);
  const [row] = await statements.pointsOfDays({
    ...{ volunteer: volunteer.id, days: JSON.stringify(before) },
  });
  return row?.points ?? 0;
}
