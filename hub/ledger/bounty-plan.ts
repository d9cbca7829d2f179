import { policyHistory } from '../app/policies.ts';
import { type Bounty, type BountyChange, bountiesOf, bountyChanges } from '../domain/bounty.ts';
import { volunteerAccount } from '../domain/ledger.ts';
import { inForceOn } from '../domain/policy-history.ts';
import type { Db } from '../store/schema.ts';
import {
  type BountyReason,
  type BountyRow,
  bountyMark,
  countErasures,
  creditedAt,
  monthBefore,
  monthSpan,
  transferredFor,
  visitsIn,
} from './bounty-rows.ts';

export interface BountyReport {
  readonly month: string;
  /** Rarely visited in the month before, as far as somebody came for it. */
  readonly stations: readonly { station: string; name: string; visits: number; bounties: number }[];
  readonly bounties: number;
  /** What the month comes to. */
  readonly points: number;
  /** What this settlement transfers, or would. */
  readonly changes: readonly { volunteer: string; change: number }[];
}

/** A change with what its transfer is to say for good. */
export interface Settled extends BountyChange {
  readonly facts: Omit<BountyReason, 'points'>;
}

export interface BountyPlan {
  /** Of the transfers that it goes on from. */
  readonly mark: string;
  /** How often check-ins that it would look at had been removed by erasure. */
  readonly erasures: number;
  readonly report: BountyReport;
  readonly changes: readonly Settled[];
}

/** What a settlement of the month comes to, as things stand in `db`: give it one moment of the store. */
export async function planBounties(db: Db, month: string): Promise<BountyPlan> {
  const span = monthSpan(month);
  const history = await policyHistory(db);
  const bountyOn = (day: string) => inForceOn(history, day).policy.bounty;
  const rarest = Math.max(
    bountyOn(span.from)?.fewerThan ?? 0,
    ...history
      .filter(({ effectiveFrom }) => span.from <= effectiveFrom && effectiveFrom <= span.to)
      .map(({ policy }) => policy.bounty?.fewerThan ?? 0),
  );
  const visits = await visitsIn(db, monthBefore(month));
  const credited = await creditedAt(db, span, (station) => (visits.get(station) ?? 0) < rarest);
  const bounties = bountiesOf(credited, visits, bountyOn);
  const [mark, transferred] = [await bountyMark(db, month), await transferredFor(db, month)];
  const facts = new Map<string, Settled['facts']>(
    transferred.map(({ checkIn, reason: { points: _, ...rest } }) => [checkIn, rest]),
  );
  for (const { checkIn, visits: before } of bounties) {
    const { key, day, stationName, occurredMs } = checkIn;
    const policy = inForceOn(history, day).version;
    const where = { stationName, occurredMs, visits: before };
    facts.set(key, { rule: 'bounty', month, checkIn: key, policy, ...where });
  }
  const wanted = bounties.map(({ checkIn, points }) => ({
    ...{ checkIn: checkIn.key, account: volunteerAccount(checkIn.volunteer), points },
  }));
  const changes = bountyChanges(wanted, transferred).map((change): Settled => {
    const known = facts.get(change.checkIn);
    if (!known) throw new Error('a bounty changes that was neither wanted nor transferred');
    return { ...change, facts: known };
  });
  const erasures = await countErasures(db, [monthBefore(month), month]);
  return { mark, erasures, report: reportOf(month, bounties, changes), changes };
}

function reportOf(
  month: string,
  bounties: readonly Bounty<BountyRow>[],
  changes: readonly BountyChange[],
): BountyReport {
  const stations = new Map<string, BountyReport['stations'][number]>();
  for (const { checkIn, visits } of bounties) {
    const { station, stationName: name } = checkIn;
    const known = stations.get(station)?.bounties ?? 0;
    stations.set(station, { station, name, visits, bounties: known + 1 });
  }
  const byAccount = new Map<string, number>();
  for (const { account, change } of changes) {
    byAccount.set(account, (byAccount.get(account) ?? 0) + change);
  }
  return {
    ...{ month, stations: [...stations.values()], bounties: bounties.length },
    points: bounties.reduce((sum, { points }) => sum + points, 0),
    changes: [...byAccount]
      .map(([account, change]) => ({ volunteer: volunteerOf(account), change }))
      .filter(({ change }) => change !== 0),
  };
}

/** @param account of a volunteer */
export const volunteerOf = (account: string): string => account.slice(volunteerAccount('').length);
