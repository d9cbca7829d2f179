const hourMs = 3_600_000;
/** No zone is further from UTC (IANA time zone database: +14:00 and -12:00), with an hour of summer time. */
const offsetMaxMs = 15 * hourMs;

/**
 * When a local date begins, in milliseconds since 1970; also where summer time makes that another hour
 * than midnight.
 * @param day YYYY-MM-DD
 * @param dayOf the local date of a moment
 */
export function startOfDay(day: string, dayOf: (ms: number) => string): number {
  const utcMs = Date.parse(`${day}T00:00:00Z`);
  let [before, since] = [utcMs - offsetMaxMs, utcMs + offsetMaxMs];
  while (since - before > 1) {
    const middle = Math.floor((before + since) / 2);
    if (dayOf(middle) < day) before = middle;
    else since = middle;
  }
  return since;
}

/** @param day YYYY-MM-DD @returns the date so many days later; earlier with a negative number */
export function addDays(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}
