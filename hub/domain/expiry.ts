import type { Policy } from './policy.ts';

/** What an account has seen, as far as expiry looks at it. Points, none negative but the balance. */
export interface PointsSeen {
  /** Given to the volunteer before the cutoff. */
  readonly earnedBefore: number;
  /** Given and taken back again by corrections, whenever. */
  readonly takenBack: number;
  /** Spent on rewards, whenever, less what came back. */
  readonly used: number;
  readonly expired: number;
  readonly balance: number;
}

/**
 * How many points expire now: the oldest are used first, so of what was earned before the cutoff there
 * is left what neither use, nor correction, nor an earlier expiry has taken. What was done once is not
 * done again: it counts as expired the next time.
 */
export function pointsToExpire(seen: PointsSeen): number {
  const left = seen.earnedBefore - seen.takenBack - seen.used - seen.expired;
  return Math.max(0, Math.min(left, seen.balance));
}

/**
 * Points expire by the month in which they were booked: all of a month together, so that it comes to the
 * same whether the details of its check-ins are still kept or summed up.
 * @param today local date, YYYY-MM-DD
 * @returns the local date before which points were earned that expire now; undefined where none ever do
 */
export function expiryCutoff(expiry: Policy['expiry'], today: string): string | undefined {
  switch (expiry.kind) {
    case 'none':
      return undefined;
    case 'end-of-year':
      return `${today.slice(0, 4)}-01-01`;
    case 'after-months': {
      const first = new Date(`${today.slice(0, 7)}-01T00:00:00Z`);
      first.setUTCMonth(first.getUTCMonth() - expiry.months);
      return first.toISOString().slice(0, 10);
    }
  }
}
