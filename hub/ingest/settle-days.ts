import type { CommitWork } from './commit-work.ts';
import { daysOfMonth, monthOf } from './month-points.ts';
import { type DayChanges, settleDay, type VolunteerDay } from './settle-day.ts';

/**
 * Settles days of volunteers anew. Where a policy limits what a month earns, a day depends on those before
 * it: days are taken in their order, and the volunteer's later days of that month are settled with them.
 */
export async function settleDays(
  work: CommitWork,
  days: readonly (VolunteerDay & DayChanges)[],
): Promise<void> {
  const months = new Map<string, Map<string, VolunteerDay & DayChanges>>();
  for (const day of days) {
    const key = `${day.volunteer.id} ${monthOf(day.day)}`;
    const month = months.get(key) ?? new Map();
    months.set(key, month.set(day.day, day));
  }
  for (const month of months.values()) {
    for (const day of await laterDays(work, month)) month.set(day.day, day);
    const inOrder = [...month.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
    for (const { volunteer, day, ...changes } of inOrder) {
      await settleDay(work, { volunteer, day }, changes);
    }
  }
}

/** @returns the days of the month behind the first of `month`, as far as they may now come out different. */
async function laterDays(
  { policies, statements }: CommitWork,
  month: ReadonlyMap<string, VolunteerDay>,
): Promise<VolunteerDay[]> {
  const [one] = month.values();
  if (!one || !(await policies.limitMonth(monthOf(one.day)))) return [];
  const first = [...month.keys()].reduce((a, b) => (a < b ? a : b));
  const later = daysOfMonth(first).filter((day) => day > first && !month.has(day));
  const { volunteer } = one;
  const rows = await statements.daysWithCheckIns({
    ...{ volunteer: volunteer.id, days: JSON.stringify(later) },
  });
  return rows.map(({ day }) => ({ volunteer, day }));
}
