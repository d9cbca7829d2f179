import { addDays } from './local-time.ts';

/** Stations keep what was delivered for so long (DESIGN, promise 7): a hub gets it again after a loss. */
export const stationsKeepDays = 30;

/**
 * How long the details of check-ins are really kept: as the settings say, and never so short that a
 * check-in could still come for a day that is gone.
 * @param acceptDays the most that any policy accepts
 */
export const daysKept = (checkInDays: number, acceptDays: number): number =>
  Math.max(checkInDays, acceptDays + stationsKeepDays);

/**
 * Months go whole, once their last day has been kept long enough: so that what limits a month, and the
 * months after which points expire, come out as they did.
 * @param today local date
 * @returns the first day that stays, always the first of a month
 */
export const firstDayKept = (today: string, days: number): string =>
  `${addDays(today, -days).slice(0, 7)}-01`;

/** A transfer for a check-in, as far as its sum looks at it. */
export interface Summed {
  readonly amount: number;
  /** Whether the volunteer gets it. */
  readonly isGiven: boolean;
  readonly atMs: number;
  readonly checkIn: number;
}

/** What is booked instead of many. */
export interface Summary {
  readonly amount: number;
  readonly isGiven: boolean;
  /** The latest of those that it stands for, so that no point expires before it would have. */
  readonly atMs: number;
  readonly checkIns: number;
}

/**
 * Sums up transfers. Points expire by the month in which they were booked, and what was taken back is
 * set against the oldest: what was given and what was taken in each month stay apart, so that expiry
 * comes to the same. Mostly there is one.
 * @param monthOf the local month of a moment, as YYYY-MM
 */
export function summaries(
  transfers: readonly Summed[],
  monthOf: (ms: number) => string,
): Summary[] {
  const groups = new Map<string, Summed[]>();
  for (const transfer of transfers) {
    const key = `${monthOf(transfer.atMs)} ${transfer.isGiven}`;
    groups.set(key, [...(groups.get(key) ?? []), transfer]);
  }
  return [...groups.values()].flatMap((group): Summary[] => {
    const [first] = group;
    if (!first) return [];
    return [
      {
        amount: group.reduce((sum, { amount }) => sum + amount, 0),
        isGiven: first.isGiven,
        atMs: Math.max(...group.map(({ atMs }) => atMs)),
        checkIns: new Set(group.map(({ checkIn }) => checkIn)).size,
      },
    ];
  });
}
