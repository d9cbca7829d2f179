import { settle, type Transfer, type Transferred, volunteerAccount } from '../domain/ledger.ts';
import { type Policy, policySchema } from '../domain/policy.ts';
import { type Scored, scoreDay } from '../domain/scoring.ts';
import { toFeed } from '../feed/outbox.ts';
import type { Trx } from '../store/schema.ts';
import type { CommitContext } from './commit-group.ts';

export interface DayKey {
  readonly volunteer: string;
  readonly day: string;
}

interface CheckInRow {
  readonly id: number;
  readonly key: string;
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
  readonly occurredMs: number;
  readonly outcome: string;
  readonly points: number;
}

/**
 * Scores one volunteer's day anew and transfers the difference to what was transferred before.
 * @param fresh journal ids of the check-ins that this transaction has brought: their feed message
 * tells the points; a change to an older one is told as a correction.
 */
export async function settleDay(
  trx: Trx,
  key: DayKey,
  fresh: ReadonlySet<number>,
  context: CommitContext,
): Promise<void> {
  const policy = await policyOf(trx, key.day);
  const scored = scoreDay(await checkInsOf(trx, key), policy.body);
  for (const score of scored) await storeScore(trx, score);
  const wanted = scored.map(({ checkIn, points }) => ({ checkIn: checkIn.key, points }));
  const transfers = settle(key.volunteer, wanted, await transferredOf(trx, key));
  const byKey = new Map(scored.map((score) => [score.checkIn.key, score]));
  for (const transfer of transfers) {
    const score = byKey.get(transfer.checkIn);
    if (!score) throw new Error(`a transfer for ${transfer.checkIn}, which is not of this day`);
    const reason = { rule: 'check-in', policy: policy.version, ...policy.body, ...reasonOf(score) };
    await insertTransfer(trx, transfer, score.checkIn.id, { ...reason, ...key }, context.nowMs);
    if (!fresh.has(score.checkIn.id)) await announce(trx, key, score, transfer, context);
  }
}

const reasonOf = ({ checkIn, outcome, points }: Scored<CheckInRow>) => ({
  checkIn: checkIn.key,
  occurredMs: checkIn.occurredMs,
  outcome,
  points,
});

/** The policy in force on a day: the latest that has taken effect by then. */
async function policyOf(trx: Trx, day: string): Promise<{ version: number; body: Policy }> {
  const row = await trx
    .selectFrom('policy')
    .select(['version', 'body'])
    .where('effective_from', '<=', day)
    .orderBy('effective_from', 'desc')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  return { version: row.version, body: policySchema.parse(JSON.parse(row.body)) };
}

/** Cards that were blocked when they were shown earn nothing, and stand in nobody's way. */
async function checkInsOf(trx: Trx, { volunteer, day }: DayKey): Promise<CheckInRow[]> {
  const rows = await trx
    .selectFrom('check_in')
    .selectAll()
    .where('volunteer_id', '=', volunteer)
    .where('day', '=', day)
    .where('outcome', '<>', 'blocked-card')
    .execute();
  return rows.map(({ journal_id: id, station, epoch, seq, occurred_ms, outcome, points }) => {
    const key = `${station}/${epoch}/${seq}`;
    return { id, key, station, epoch, seq, occurredMs: occurred_ms, outcome, points };
  });
}

async function storeScore(trx: Trx, { checkIn, outcome, points }: Scored<CheckInRow>) {
  if (checkIn.outcome === outcome && checkIn.points === points) return;
  await trx
    .updateTable('check_in')
    .set({ outcome, points })
    .where('journal_id', '=', checkIn.id)
    .execute();
}

async function transferredOf(trx: Trx, key: DayKey): Promise<Map<string, Transferred>> {
  const rows = await trx
    .selectFrom('check_in')
    .innerJoin('transfer', 'transfer.check_in_id', 'check_in.journal_id')
    .select(['check_in.station', 'check_in.epoch', 'check_in.seq', 'credit', 'amount'])
    .where('check_in.volunteer_id', '=', key.volunteer)
    .where('check_in.day', '=', key.day)
    .execute();
  const account = volunteerAccount(key.volunteer);
  const transferred = new Map<string, Transferred>();
  for (const { station, epoch, seq, credit, amount } of rows) {
    const checkIn = `${station}/${epoch}/${seq}`;
    const { net, count } = transferred.get(checkIn) ?? { net: 0, count: 0 };
    const signed = credit === account ? amount : -amount;
    transferred.set(checkIn, { net: net + signed, count: count + 1 });
  }
  return transferred;
}

/** One transfer and its two balances, which are a projection of the transfers. */
async function insertTransfer(
  trx: Trx,
  { reference, debit, credit, amount, code }: Transfer,
  checkInId: number,
  reason: object,
  at: number,
): Promise<void> {
  const row = { reference, debit, credit, amount, code, at, check_in_id: checkInId };
  await trx
    .insertInto('transfer')
    .values({ ...row, reason: JSON.stringify(reason) })
    .execute();
  const change = (account: string, by: number) =>
    trx
      .updateTable('account')
      .set((eb) => ({ balance: eb('balance', '+', by) }))
      .where('id', '=', account)
      .execute();
  await change(debit, -amount);
  await change(credit, amount);
}

async function announce(
  trx: Trx,
  { volunteer, day }: DayKey,
  { checkIn, outcome }: Scored<CheckInRow>,
  { amount, credit }: Transfer,
  { nowMs, nameOf }: CommitContext,
): Promise<void> {
  const account = volunteerAccount(volunteer);
  const { name, balance } = await trx
    .selectFrom('volunteer')
    .innerJoin('account', 'account.volunteer_id', 'volunteer.id')
    .select(['name', 'balance'])
    .where('volunteer.id', '=', volunteer)
    .executeTakeFirstOrThrow();
  await toFeed(trx, 'points', nowMs, {
    station: checkIn.station,
    stationName: nameOf(checkIn.station),
    volunteer: { id: volunteer, name },
    day,
    outcome,
    change: credit === account ? amount : -amount,
    balance,
  });
}
