import { noteAction, Refusal } from '../app/registry.ts';
import { groupBy } from '../domain/group-by.ts';
import { issuedForBounties, volunteerAccount } from '../domain/ledger.ts';
import { Outgoing } from '../feed/outgoing.ts';
import { Pace } from '../nightly/pace.ts';
import { removedMonths } from '../privacy/removed-months.ts';
import { atOneMoment } from '../store/at-one-moment.ts';
import type { Store } from '../store/open-store.ts';
import type { Db, Trx } from '../store/schema.ts';
import {
  type BountyPlan,
  type BountyReport,
  planBounties,
  type Settled,
  volunteerOf,
} from './bounty-plan.ts';
import { bountyMark, countErasures, monthBefore, settledAfterErasures } from './bounty-rows.ts';
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

/** In one transaction, or what one volunteer gets where that is more: an alarm waits for no more than these. */
const transfersPerCommitMax = 50;

/**
 * What a settlement of the month would do now; changes nothing, and holds up nobody. The month may still be
 * under way.
 * @throws Refusal when it was over too long ago, its check-ins are summed up, or an erasure has removed some that
 * it was settled with
 */
export async function previewBounties(
  { db }: Pick<Store, 'db'>,
  { month, thisMonth }: { month: string; thisMonth: string },
): Promise<BountyReport> {
  refuseLongOver(month, thisMonth);
  return (await planAtOneMoment(db, month)).report;
}

const planAtOneMoment = (db: Db, month: string): Promise<BountyPlan> =>
  atOneMoment(db, async (moment) => {
    await refuseSummed(moment, month);
    return planBounties(moment, month);
  });

function refuseLongOver(month: string, thisMonth: string): void {
  if (monthsBetween(month, thisMonth) > monthsBackMax) {
    throw new Refusal(`${month} was over more than ${monthsBackMax} months ago: it stays as it is`);
  }
}

/**
 * Pays the bounties of a month that is over, as it stands at one moment. Run again after late entries, it
 * transfers the difference; however often it is run, the month comes to the same. One that was cut short
 * has settled some volunteers, and says so in its last action: the next one does the rest.
 * @throws Refusal when the month is not over, was over too long ago, its check-ins are summed up, or somebody
 * else settles it meanwhile; when an erasure has removed check-ins that it was settled with, or does so meanwhile
 */
export async function settleBounties(
  { db }: Pick<Store, 'db'>,
  run: BountyRun,
  pace = new Pace(),
): Promise<BountyReport> {
  const { month, atMs, dayOf } = run;
  const thisMonth = dayOf(atMs).slice(0, 7);
  if (month >= thisMonth) {
    throw new Refusal(`${month} is not over: it can be settled from the first day after it`);
  }
  refuseLongOver(month, thisMonth);
  const plan = await planAtOneMoment(db, month);
  let { mark } = plan;
  let left = plan.changes;
  for (const slice of slicesOf(plan)) {
    left = left.filter((change) => !slice.includes(change));
    const part = { plan, slice, mark, left };
    const write = (trx: Trx): Promise<string> => writeSlice(trx, part, run);
    mark = await pace.slice(() => db.transaction().execute(write));
  }
  return plan.report;
}

/** All changes of an account stay together: it is told of once. One slice at least, since each settlement is noted. */
function slicesOf({ changes }: BountyPlan): Settled[][] {
  const slices: Settled[][] = [];
  let slice: Settled[] = [];
  for (const some of groupBy(changes, ({ account }) => account).values()) {
    if (slice.length > 0 && slice.length + some.length > transfersPerCommitMax) {
      slices.push(slice);
      slice = [];
    }
    slice.push(...some);
  }
  return [...slices, slice];
}

/**
 * The plan holds for its moment whatever came in since. It is of no use only where somebody else has
 * transferred for the same month: then it would pay twice.
 * @returns the mark that the next slice goes on from
 */
async function writeSlice(
  trx: Trx,
  {
    plan,
    slice,
    mark,
    left,
  }: {
    plan: BountyPlan;
    slice: readonly Settled[];
    mark: string;
    left: readonly Settled[];
  },
  { month, by, atMs }: BountyRun,
): Promise<string> {
  await refuseSummed(trx, month);
  const { erasures } = plan;
  if ((await countErasures(trx, [monthBefore(month), month])) !== erasures) {
    throw new Refusal(`an erasure has just removed check-ins: settle ${month} again`);
  }
  if ((await bountyMark(trx, month)) !== mark) {
    throw new Refusal(`somebody else has just settled bounties of ${month}: settle it again`);
  }
  const balances = new Map<string, number>();
  for (const change of slice) {
    balances.set(change.account, await transfer(trx, change, { month, atMs }));
  }
  const { bounties, points: wanted } = plan.report;
  // What the month comes to by now, so that the audit finds it right between two slices, too.
  const points = left.reduce((sum, { change }) => sum - change, wanted);
  const state = left.length === 0 ? { bounties, points } : { points, left: left.length };
  const detail = erasures === 0 ? state : { ...state, erasures };
  await noteAction(trx, by, 'policy bounty', month, detail, atMs);
  const outgoing = new Outgoing();
  for (const { volunteer, change } of plan.report.changes) {
    const balance = balances.get(volunteerAccount(volunteer));
    if (balance === undefined) continue;
    const told = { volunteer: { id: volunteer }, code: 'bounty', month, change, balance };
    outgoing.toFeed('points', atMs, told);
  }
  await outgoing.store(trx);
  return bountyMark(trx, month);
}

/**
 * Without the check-ins of the month, and the visits of the one before, all bounties would be taken back. An
 * erasure takes only one person's: a first settlement does without them. Where it came after a settlement, the
 * others have theirs by visits and a budget of which a part is gone, and would lose or gain by it: so a month is
 * settled again on what it was settled on before, and on nothing less.
 */
async function refuseSummed(db: Db, month: string): Promise<void> {
  const months = [monthBefore(month), month] as const;
  const { summed } = await removedMonths(db, { from: months[0], to: months[1] });
  if (summed[0] !== undefined) {
    throw new Refusal(`check-ins of ${summed[0]} are summed up: the bounties of ${month} stay`);
  }
  const settled = await settledAfterErasures(db, month);
  if (settled === undefined || settled === (await countErasures(db, months))) return;
  throw new Refusal(
    `an erasure has removed check-ins that ${month} was settled with: its bounties stay, and what is missing is given by hand`,
  );
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

const monthsBetween = (from: string, to: string): number => {
  const [fromYear = 0, fromMonth = 0] = from.split('-').map(Number);
  const [toYear = 0, toMonth = 0] = to.split('-').map(Number);
  return (toYear - fromYear) * 12 + toMonth - fromMonth;
};
