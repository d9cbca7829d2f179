import { Refusal } from '../app/registry.ts';

/** Local dates, both included. */
export interface Period {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

const monthsPerQuarter = 3;

/**
 * @param text `2026-03` for a month, `2026-Q1` for a quarter, `2026` for a year
 * @throws Refusal when it is none of these
 */
export function periodOf(text: string): Period {
  const [, yearText, quarter, month] =
    /^(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?$/.exec(text) ?? [];
  if (yearText === undefined) {
    throw new Refusal(`${text} is no period: expected 2026-03, 2026-Q1 or 2026`);
  }
  const year = Number(yearText);
  if (quarter !== undefined) {
    const first = (Number(quarter) - 1) * monthsPerQuarter;
    return { name: text, ...months(year, first, monthsPerQuarter) };
  }
  if (month !== undefined) return { name: text, ...months(year, Number(month) - 1, 1) };
  return { name: text, ...months(year, 0, 12) };
}

/** The calendar is the same in every zone: the dates are reckoned in UTC. */
function months(year: number, first: number, count: number): { from: string; to: string } {
  const date = (month: number, day: number): string =>
    new Date(Date.UTC(year, month, day)).toISOString().slice(0, 10);
  return { from: date(first, 1), to: date(first + count, 0) };
}
