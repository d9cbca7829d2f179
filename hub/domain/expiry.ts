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
