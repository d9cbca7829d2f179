import type { Policy } from './policy.ts';
import { byOccurrence } from './scoring.ts';

/** A credited check-in of a month. */
export interface BountyCheckIn {
  readonly volunteer: string;
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
  readonly day: string;
  readonly occurredMs: number;
}

export interface Bounty<T extends BountyCheckIn> {
  readonly checkIn: T;
  readonly points: number;
  /** Check-ins at the station in the month before. */
  readonly visits: number;
}

/**
 * The bounties of a month: for stations that were rarely visited in the month before, each volunteer's first
 * credited check-in of a day, in the order in which they happened, while the budget lasts. A function of the
 * set: it makes no difference in which order they came or are given, so it is worked out for a whole month
 * and not tap by tap (DESIGN, promise 3).
 * @param credited all check-ins of the month that were credited
 * @param visitsBefore by station, how many check-ins counted in the month before
 * @param bountyOn what the policy of a day says; its budget bounds what the month has cost up to then
 */
export function bountiesOf<T extends BountyCheckIn>(
  credited: readonly T[],
  visitsBefore: ReadonlyMap<string, number>,
  bountyOn: (day: string) => Policy['bounty'],
): Bounty<T>[] {
  const had = new Set<string>();
  let spent = 0;
  return [...credited].sort(byOccurrence).flatMap((checkIn) => {
    const { volunteer, station, day } = checkIn;
    const bounty = bountyOn(day);
    const visits = visitsBefore.get(station) ?? 0;
    if (!bounty || visits >= bounty.fewerThan) return [];
    const first = `${volunteer} ${station} ${day}`;
    if (had.has(first)) return [];
    had.add(first);
    if (spent + bounty.points > bounty.budgetPerMonth) return [];
    spent += bounty.points;
    return [{ checkIn, points: bounty.points, visits }];
  });
}

/** What has been transferred to an account as the bounty for a check-in, and in how many transfers. */
export interface BountyTransferred {
  readonly checkIn: string;
  readonly account: string;
  readonly net: number;
  readonly count: number;
}

export interface BountyChange {
  readonly checkIn: string;
  readonly account: string;
  /** Points to the account; negative from it. */
  readonly change: number;
  /** What the check-in comes to with it. */
  readonly points: number;
  /** How many transfers there were for it before. */
  readonly before: number;
}

/** @returns what brings that which was transferred to what is wanted; nothing when it is already so. */
export function bountyChanges(
  wanted: readonly { checkIn: string; account: string; points: number }[],
  transferred: readonly BountyTransferred[],
): BountyChange[] {
  const keyOf = ({ checkIn, account }: { checkIn: string; account: string }) =>
    `${checkIn} ${account}`;
  const done = new Map(transferred.map((one) => [keyOf(one), one]));
  const asked = new Map(wanted.map((one) => [keyOf(one), one]));
  const all = [...asked.values(), ...transferred.filter((one) => !asked.has(keyOf(one)))];
  return all.flatMap((one) => {
    const { checkIn, account } = one;
    const points = asked.get(keyOf(one))?.points ?? 0;
    const { net, count } = done.get(keyOf(one)) ?? { net: 0, count: 0 };
    return points === net
      ? []
      : [{ checkIn, account, change: points - net, points, before: count }];
  });
}
