import type { Policy } from '../../hub/domain/policy.ts';
import { type DayCheckIn, type Scored, scoreDay } from '../../hub/domain/scoring.ts';

/** A counted check-in, as the hub has stored it. */
interface StoredCheckIn {
  readonly volunteer_id: string | null;
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
  readonly occurred_ms: number;
}

/** Shanghai is eight hours ahead of UTC, all year. */
const aheadMs = 8 * 3_600_000;
const localTime = (ms: number): string => new Date(ms + aheadMs).toISOString();
export const shanghaiDay = (ms: number): string => localTime(ms).slice(0, 10);
export const shanghaiMinute = (ms: number): number =>
  Number(localTime(ms).slice(11, 13)) * 60 + Number(localTime(ms).slice(14, 16));

/** What the rules say of all check-ins at once, day by day, whatever was settled on the way there. */
export function pointsByRules<T extends StoredCheckIn>(
  checkIns: readonly T[],
  policyOf: (day: string) => Policy,
): Scored<T & DayCheckIn>[] {
  const days = new Map<string, (T & DayCheckIn)[]>();
  for (const row of checkIns) {
    const { volunteer_id: volunteer, occurred_ms: occurredMs } = row;
    const key = `${shanghaiDay(occurredMs)} ${volunteer}`;
    const checkIn = { ...row, occurredMs, minute: shanghaiMinute(occurredMs) };
    days.set(key, [...(days.get(key) ?? []), checkIn]);
  }
  const months = new Map<string, number>();
  return [...days].sort(byKey).flatMap(([key, rows]) => {
    const [day = '', volunteer] = key.split(' ');
    const month = `${day.slice(0, 7)} ${volunteer}`;
    const monthPoints = months.get(month) ?? 0;
    const scored = scoreDay(rows, policyOf(day), { monthPoints });
    months.set(month, monthPoints + scored.reduce((sum, { points }) => sum + points, 0));
    return scored;
  });
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
