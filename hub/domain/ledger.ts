/** Where the points for check-ins come from; its balance is minus all that was ever issued. */
export const issuedForCheckIns = 'scheme:issued-for-check-ins';
/** Where bounties come from, for stations that are rarely visited. */
export const issuedForBounties = 'scheme:issued-for-bounties';
export const issuedForContributions = 'scheme:issued-for-contributions';
/** The other side of what people give and take by hand. */
export const correctionsAccount = 'scheme:corrections';
/** Where points go that nobody used in time. */
export const expiredAccount = 'scheme:expired';
/** Where points wait for a reward to be picked up. */
export const reservedAccount = 'scheme:reserved';
/** Where points are that a reward was handed out for. */
export const redeemedAccount = 'scheme:redeemed';
export const volunteerAccount = (volunteer: string): string => `volunteer:${volunteer}`;

/** What a check-in is worth by the rules, whatever was transferred for it so far. */
export interface Wanted {
  /** Names the check-in for good: station, epoch, sequence. */
  readonly checkIn: string;
  readonly points: number;
}

/** What has been transferred for a check-in: the net sum to the volunteer, and in how many transfers. */
export interface Transferred {
  readonly net: number;
  readonly count: number;
}

export interface Transfer {
  readonly checkIn: string;
  /** Unique: a second attempt at the same transfer fails instead of paying twice. */
  readonly reference: string;
  readonly debit: string;
  readonly credit: string;
  /** Positive integer. */
  readonly amount: number;
  readonly code: 'check-in' | 'correction';
}

/** @returns the transfer that brings what was transferred to what is wanted; none when it is already so. */
export function settle(
  volunteer: string,
  { checkIn, points }: Wanted,
  { net, count }: Transferred,
): Transfer | undefined {
  if (points === net) return undefined;
  const account = volunteerAccount(volunteer);
  const isMore = points > net;
  return {
    checkIn,
    reference: `check-in/${checkIn}/${count + 1}`,
    debit: isMore ? issuedForCheckIns : account,
    credit: isMore ? account : issuedForCheckIns,
    amount: Math.abs(points - net),
    code: count === 0 ? 'check-in' : 'correction',
  };
}

/** Every account's balance as the fold over all transfers. */
export function fold(
  transfers: readonly Pick<Transfer, 'debit' | 'credit' | 'amount'>[],
): Map<string, number> {
  const balances = new Map<string, number>();
  const add = (account: string, amount: number) =>
    balances.set(account, (balances.get(account) ?? 0) + amount);
  for (const { debit, credit, amount } of transfers) {
    add(debit, -amount);
    add(credit, amount);
  }
  return balances;
}
