import { policyHistory } from '../app/policies.ts';
import { noteAction, Refusal } from '../app/registry.ts';
import { type Bounty, type BountyChange, bountiesOf, bountyChanges } from '../domain/bounty.ts';
import { issuedForBounties, volunteerAccount } from '../domain/ledger.ts';
import { addDays } from '../domain/local-time.ts';
import { inForceOn } from '../domain/policy-history.ts';
import { Outgoing } from '../feed/outgoing.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';
import {
  type BountyReason,
  type BountyRow,
  creditedAt,
  monthSpan,
  transferredFor,
  visitsIn,
} from './bounty-rows.ts';
import { postTransfer } from './post-transfer.ts';

/**
 * Whoever settles an older month again would take back what its check-ins no longer stand for: their
 * details may be removed by then.
 */
const monthsBackMax = 6;

export interface BountyRun {
  /** YYYY-MM, of the local calendar. */
  readonly month: string;
  readonly by: string;
  readonly atMs: number;
  readonly dayOf: (ms: number) => string;
}

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
interface Settled extends BountyChange {
  readonly facts: Omit<BountyReason, 'points'>;
}

interface Settlement {
  readonly report: BountyReport;
  readonly changes: readonly Settled[];
}

/** What a settlement of the month would do now; changes nothing. The month may still be under way. */
export const previewBounties = ({ db }: Pick<Store, 'db'>, month: string): Promise<BountyReport> =>
  db.transaction().execute(async (trx) => (await settlement(trx, month)).report);

/**
 * Pays the bounties of a month that is over. Run again after late entries, it transfers the difference;
 * however often it is run, the month comes to the same.
 * @throws Refusal when the month is not over, was over too long ago, or its check-ins are summed up
 */
export async function settleBounties(
  { db }: Pick<Store, 'db'>,
  { month, by, atMs, dayOf }: BountyRun,
): Promise<BountyReport> {
  const thisMonth = dayOf(atMs).slice(0, 7);
  if (month >= thisMonth) {
    throw new Refusal(`${month} is not over: it can be settled from the first day after it`);
  }
  if (monthsBetween(month, thisMonth) > monthsBackMax) {
    throw new Refusal(`${month} was over more than ${monthsBackMax} months ago: it stays as it is`);
  }
  return db.transaction().execute(async (trx) => {
    await refuseSummed(trx, month);
    const { report, changes } = await settlement(trx, month);
    const { bounties, points } = report;
    await noteAction(trx, by, 'policy bounty', month, { bounties, points }, atMs);
    const balances = new Map<string, number>();
    for (const change of changes) {
      balances.set(change.account, await transfer(trx, change, { month, atMs }));
    }
    const outgoing = new Outgoing();
    for (const { volunteer, change } of report.changes) {
      const balance = balances.get(volunteerAccount(volunteer));
      const told = { volunteer: { id: volunteer }, code: 'bounty', month, change, balance };
      outgoing.toFeed('points', atMs, told);
    }
    await outgoing.store(trx);
    return report;
  });
}

/** Without the check-ins of the month, and the visits of the one before, all bounties would be taken back. */
async function refuseSummed(trx: Trx, month: string): Promise<void> {
  const before = addDays(monthSpan(month).from, -1).slice(0, 7);
  const summed = await trx
    .selectFrom('retention_slice')
    .select('month')
    .where('month', 'in', [before, month])
    .executeTakeFirst();
  if (!summed) return;
  throw new Refusal(`check-ins of ${summed.month} are summed up: the bounties of ${month} stay`);
}

async function settlement(trx: Trx, month: string): Promise<Settlement> {
  const span = monthSpan(month);
  const history = await policyHistory(trx);
  const bountyOn = (day: string) => inForceOn(history, day).policy.bounty;
  const rarest = Math.max(
    bountyOn(span.from)?.fewerThan ?? 0,
    ...history
      .filter(({ effectiveFrom }) => span.from <= effectiveFrom && effectiveFrom <= span.to)
      .map(({ policy }) => policy.bounty?.fewerThan ?? 0),
  );
  const visits = await visitsIn(trx, monthSpan(addDays(span.from, -1).slice(0, 7)));
  const credited = await creditedAt(trx, span, (station) => (visits.get(station) ?? 0) < rarest);
  const bounties = bountiesOf(credited, visits, bountyOn);
  const transferred = await transferredFor(trx, month);
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
  return { report: reportOf(month, bounties, changes), changes };
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

/** @returns the balance of the account afterwards */
async function transfer(
  trx: Trx,
  { account, change, points, before, facts }: Settled,
  { month, atMs }: { month: string; atMs: number },
): Promise<number> {
  const [debit, credit] = change > 0 ? [issuedForBounties, account] : [account, issuedForBounties];
  const { debited, credited } = await postTransfer(
    trx,
    {
      reference: `bounty/${month}/${volunteerOf(account)}/${facts.checkIn}/${before + 1}`,
      ...{ debit, credit, amount: Math.abs(change), atMs },
      code: before === 0 ? 'bounty' : 'correction',
      reason: { ...facts, points },
    },
    { mayOwe: true },
  );
  return change > 0 ? credited : debited;
}

const volunteerOf = (account: string): string => account.slice(volunteerAccount('').length);

const monthsBetween = (from: string, to: string): number => {
  const [fromYear = 0, fromMonth = 0] = from.split('-').map(Number);
  const [toYear = 0, toMonth = 0] = to.split('-').map(Number);
  return (toYear - fromYear) * 12 + toMonth - fromMonth;
};
