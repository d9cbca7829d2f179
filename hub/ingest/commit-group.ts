import type { Lane } from '../../shared/wire/entry.ts';
import type { Outcome, ReceiptMessage } from '../../shared/wire/messages.ts';
import { outcomeSchema } from '../../shared/wire/messages.ts';
import { type Dated, dateEntry } from '../domain/dating.ts';
import type { Trx } from '../store/schema.ts';
import type { Admitted, EntriesMessage } from './admit.ts';
import { recordAlarmEntry } from './alarm-rows.ts';
import { type ChainedEntry, checkChain, type LaneKey, laneOf, moveCursor } from './chain.ts';
import { AffectedDays, insertCheckIn } from './check-in-rows.ts';
import { recordStationEntry } from './station-rows.ts';

export interface CommitContext {
  readonly nowMs: number;
  readonly dayOf: (ms: number) => string;
  readonly nameOf: (station: string) => string;
}

/** What to answer, once the group is committed. */
export type Verdict =
  | { kind: 'receipt'; receipt: ReceiptMessage; fresh: number }
  | { kind: 'fork'; detail: string };

/** An admitted message that carries entries. */
export interface Incoming extends Admitted {
  readonly message: EntriesMessage;
}

type Taken =
  | { kind: 'taken'; through: number; hash: string; fresh: number }
  | { kind: 'fork'; detail: string };

/**
 * Everything that a group of messages changes, in one transaction: journal, check-ins, points,
 * alarms, cursors, and what is to be published.
 * @returns a verdict per message, in order. Nothing of it may be told to anybody before the commit.
 */
export async function commitGroup(
  trx: Trx,
  group: readonly Incoming[],
  context: CommitContext,
): Promise<Verdict[]> {
  const days = new AffectedDays();
  const taken: Taken[] = [];
  for (const incoming of group) taken.push(await takeMessage(trx, incoming, days, context));
  await days.settle(trx, context);
  const verdicts: Verdict[] = [];
  for (const [index, incoming] of group.entries()) {
    const result = taken[index];
    if (result) verdicts.push(await verdictOn(trx, incoming.message, result));
  }
  return verdicts;
}

async function takeMessage(
  trx: Trx,
  { message, texts }: Incoming,
  days: AffectedDays,
  context: CommitContext,
): Promise<Taken> {
  const check = await checkChain(trx, message, texts);
  if (check.kind === 'fork') return check;
  const { through, hash } = check;
  if (check.kind === 'gap') return { kind: 'taken', through, hash, fresh: 0 };
  const key = { station: message.station, epoch: message.epoch, lane: laneOf(message) };
  for (const chained of check.fresh) {
    const dated = dateEntry(chained.entry.at, message.sent, context.nowMs);
    const journalId = await insertJournal(trx, key, chained, dated, context.nowMs);
    await recordEntry(trx, key, chained.entry, { ...dated, journalId }, days, context);
  }
  if (check.fresh.length > 0) await moveCursor(trx, key, through, hash);
  return { kind: 'taken', through, hash, fresh: check.fresh.length };
}

async function insertJournal(
  trx: Trx,
  key: LaneKey,
  { entry, text, hash }: ChainedEntry,
  { occurredMs, datedBy }: Dated,
  nowMs: number,
): Promise<number> {
  const row = await trx
    .insertInto('journal')
    .values({
      ...key,
      seq: entry.seq,
      type: entry.type,
      body: text,
      hash,
      received_ms: nowMs,
      occurred_ms: occurredMs,
      dated_by: datedBy,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** What an entry means beyond standing in the journal. */
async function recordEntry(
  trx: Trx,
  key: LaneKey,
  entry: ChainedEntry['entry'],
  placed: { journalId: number; occurredMs: number },
  days: AffectedDays,
  context: CommitContext,
): Promise<void> {
  switch (entry.type) {
    case 'check-in':
      return days.add(await insertCheckIn(trx, key, entry, placed, context));
    case 'started':
    case 'clock':
    case 'fault':
      return recordStationEntry(trx, key.station, entry, placed.occurredMs, context);
    case 'alarm':
    case 'mistake':
      return recordAlarmEntry(trx, key, entry, placed.occurredMs, context);
    default:
      return entry satisfies never;
  }
}

async function verdictOn(trx: Trx, message: EntriesMessage, taken: Taken): Promise<Verdict> {
  if (taken.kind === 'fork') return taken;
  const key = { station: message.station, epoch: message.epoch, lane: laneOf(message) };
  const committed = message.entries.filter(({ seq }) => seq <= taken.through);
  const first = committed[0]?.seq ?? 0;
  const last = committed.at(-1)?.seq ?? -1;
  const outcomes = await outcomesOf(trx, key, first, last);
  return {
    kind: 'receipt',
    receipt: receiptOf(key, taken, outcomes),
    fresh: taken.fresh,
  };
}

/** A receipt without outcomes answers the question how far the hub is. */
export const receiptOf = (
  { station, epoch, lane }: { station: string; epoch: string; lane: Lane },
  { through, hash }: { through: number; hash: string },
  outcomes: ReceiptMessage['outcomes'] = [],
): ReceiptMessage => ({ v: 1, station, kind: 'receipt', epoch, lane, through, hash, outcomes });

/** As they stand now, for first deliveries and duplicates alike. */
async function outcomesOf(
  trx: Trx,
  key: LaneKey,
  first: number,
  last: number,
): Promise<ReceiptMessage['outcomes']> {
  if (last < first) return [];
  const rows = await trx
    .selectFrom('journal')
    .leftJoin('check_in', 'check_in.journal_id', 'journal.id')
    .select(['journal.seq', 'check_in.outcome', 'check_in.points'])
    .where('journal.station', '=', key.station)
    .where('journal.epoch', '=', key.epoch)
    .where('journal.lane', '=', key.lane)
    .where('journal.seq', '>=', first)
    .where('journal.seq', '<=', last)
    .orderBy('journal.seq')
    .execute();
  return rows.map(({ seq, outcome, points }) => {
    if (outcome === null || points === null) return { seq, outcome: 'recorded' satisfies Outcome };
    return { seq, outcome: outcomeSchema.parse(outcome), points };
  });
}
