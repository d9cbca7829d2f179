import type { CommitWork } from './commit-work.ts';
import type { ChangedDay, VolunteerDay } from './days-so-far.ts';

/** @param day YYYY-MM-DD @returns YYYY-MM */
export const monthOf = (day: string): string => day.slice(0, 7);

/** @returns every date that the month of `day` may have; one that the calendar lacks harms nobody. */
export const daysOfMonth = (day: string): string[] =>
  Array.from({ length: 31 }, (_, date) => `${monthOf(day)}-${String(date + 1).padStart(2, '0')}`);

export const keyOfMonth = ({ volunteer, day }: VolunteerDay): string =>
  `${volunteer} ${monthOf(day)}`;

/** Days in the order in which they have to be settled. */
export interface MonthsSoFar {
  readonly days: readonly ChangedDay[];
  /** In months that are limited: what the volunteer has earned before the first of the days, by `keyOfMonth`. */
  readonly earned: ReadonlyMap<string, number>;
}

/**
 * Where a policy limits what a month earns, a day depends on those before it: days are taken in their
 * order, and the volunteer's later days of that month are settled with them.
 */
export async function followMonths(
  work: CommitWork,
  days: readonly ChangedDay[],
): Promise<MonthsSoFar> {
  const months = new Map<string, ChangedDay[]>();
  for (const day of days) {
    const month = months.get(keyOfMonth(day));
    if (month) month.push(day);
    else months.set(keyOfMonth(day), [day]);
  }
  const limited = await limitedMonths(work, days);
  const earned = new Map<string, number>();
  for (const [key, month] of months) {
    const first = month.reduce((a, b) => (a.day < b.day ? a : b));
    if (limited.has(monthOf(first.day))) {
      month.push(...(await laterDays(work, first, month)));
      earned.set(key, await pointsBefore(work, first));
    }
    month.sort((a, b) => (a.day < b.day ? -1 : 1));
  }
  return { days: [...months.values()].flat(), earned };
}

async function limitedMonths(
  { policies }: CommitWork,
  days: readonly VolunteerDay[],
): Promise<Set<string>> {
  const limited = new Set<string>();
  for (const month of new Set(days.map(({ day }) => monthOf(day)))) {
    if (await policies.limitMonth(month)) limited.add(month);
  }
  return limited;
}

/** @returns the days of the month behind the first, as far as they may now come out different. */
async function laterDays(
  { statements }: CommitWork,
  { volunteer, day: first }: VolunteerDay,
  month: readonly VolunteerDay[],
): Promise<VolunteerDay[]> {
  const known = new Set(month.map(({ day }) => day));
  const later = daysOfMonth(first).filter((day) => day > first && !known.has(day));
  const rows = await statements.daysWithCheckIns({ volunteer, days: JSON.stringify(later) });
  return rows.map(({ day }) => ({ volunteer, day }));
}

/** @returns the sum of what the days of the month before it were settled to. */
async function pointsBefore(
  { statements }: CommitWork,
  { volunteer, day: first }: VolunteerDay,
): Promise<number> {
  const before = daysOfMonth(first).filter((day) => day < first);
  const [row] = await statements.pointsOfDays({ volunteer, days: JSON.stringify(before) });
  return row?.points ?? 0;
}
