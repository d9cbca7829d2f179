import type { Lane, Reading } from '../../shared/wire/entry.ts';
import type { BootAnchor, Outcome, ReceiptMessage } from '../../shared/wire/messages.ts';
import type { Dated } from '../domain/dating.ts';
import { checkInOutcomeSchema, outcomeOnWire } from '../domain/scoring.ts';
import type { Admitted, EntriesMessage } from './admit.ts';
import { AffectedDays } from './affected-days.ts';
import { recordAlarmEntry } from './alarm-rows.ts';
import { anchorsToTell } from './boot-anchors.ts';
import { type ChainCheck, type ChainedEntry, checkChain, laneOf } from './chain.ts';
import type { FreshCheckIn } from './check-in-rows.ts';
import type { CommitWork } from './commit-work.ts';
import { type LaneCursor, LaneCursors, type LaneKey } from './lane-cursors.ts';
import { dateFresh, least, rowOfEnd } from './lane-dates.ts';
import { followGaps } from './missing-entries.ts';
import { recordTried } from './second-path-rows.ts';
import { isSetAside, setAside } from './set-aside-rows.ts';
import { recordStationEntry } from './station-rows.ts';
import { recordTest, recordTestShown } from './test-rows.ts';

/** What to answer, once the group is committed. */
export type Verdict =
  | { kind: 'receipt'; receipt: ReceiptMessage; fresh: number }
  | { kind: 'fork'; detail: string };

/** An admitted message that carries entries. */
export interface Incoming extends Admitted {
  readonly message: EntriesMessage;
}

interface StoredEntry {
  readonly journalId: number;
  readonly seq: number;
}

type Taken =
  | { kind: 'taken'; cursor: LaneCursor; fresh: readonly StoredEntry[] }
  | { kind: 'fork'; detail: string };

/**
 * Everything that a group of messages changes, in one transaction: journal, check-ins, points,
 * alarms, cursors, and what is to be published.
 * @returns a verdict per message, in order. Nothing of it may be told to anybody before the commit.
 */
export async function commitGroup(
  work: CommitWork,
  group: readonly Incoming[],
): Promise<Verdict[]> {
  const lanes = new LaneCursors(work.statements);
  const days = new AffectedDays(work);
  const taken: Taken[] = [];
  for (const incoming of group) taken.push(await takeMessage(work, incoming, lanes, days));
  const checkIns = await days.settle();
  await lanes.store();
  const row = work.outgoing.row();
  if (row) await work.statements.addOutgoing(row);
  const verdicts: Verdict[] = [];
  for (const [index, { message }] of group.entries()) {
    const result = taken[index];
    if (result) verdicts.push(await verdictOn(work, message, result, checkIns));
  }
  return verdicts;
}

async function takeMessage(
  work: CommitWork,
  { message, texts }: Incoming,
  lanes: LaneCursors,
  days: AffectedDays,
): Promise<Taken> {
  const { station, epoch } = message;
  const key = { station, epoch, lane: laneOf(message) };
  const cursor = await lanes.of(key);
  const check = await followFork(
    work,
    key,
    message,
    await checkChain(work.statements, cursor, message, texts),
  );
  if (check.kind === 'fork') {
    await setAside(work, key, message.sent, check.fork);
    return check;
  }
  if (check.kind === 'gap') return { kind: 'taken', cursor, fresh: [] };
  const { dates, anew, anewFrom, end } = await dateFresh(work, cursor, message, check.fresh);
  for (const stored of anew) await days.dateAnew(stored);
  const ids = await storeEntries(work, cursor, check.fresh, dates);
  const fresh: StoredEntry[] = [];
  for (const [index, { entry }] of check.fresh.entries()) {
    const [dated, journalId] = [dates[index], ids.get(entry.seq)];
    if (!dated || journalId === undefined) throw new Error('every entry is dated and stored');
    fresh.push({ journalId, seq: entry.seq });
    if (entry.type === 'check-in') await days.add(key, entry, { journalId, dated });
    else await recordEntry(work, key, entry, { occurredMs: dated.occurredMs, sent: message.sent });
  }
  const last = check.fresh.at(-1);
  if (last) {
    await followGaps(work, cursor, check.fresh);
    // What comes later from before a gap is stored, and moves the lane no further back.
    const isNewest = last.entry.seq > cursor.row.through;
    const { through, hash } = isNewest ? { through: last.entry.seq, hash: last.hash } : cursor.row;
    const anew_from = least([anewFrom, cursor.row.anew_from]);
    if (anewFrom !== null) work.anew.add(cursor.row.id);
    lanes.move(cursor, { through, hash, anew_from, ...rowOfEnd(end) });
  }
  return { kind: 'taken', cursor: await lanes.of(key), fresh };
}

/** What follows an entry that was set aside is set aside too: a fork may be longer than a message. */
async function followFork(
  { trx }: CommitWork,
  key: LaneKey,
  { previous }: EntriesMessage,
  check: ChainCheck,
): Promise<ChainCheck> {
  if (check.kind !== 'gap') return check;
  const before = (check.chained[0]?.entry.seq ?? 1) - 1;
  if (!(await isSetAside(trx, key, before, previous))) return check;
  return { kind: 'fork', fork: check.chained, detail: `${before} was set aside` };
}

/** @returns their journal ids, by sequence. */
async function storeEntries(
  { statements, nowMs }: CommitWork,
  { row }: LaneCursor,
  fresh: readonly ChainedEntry[],
  dates: readonly Dated[],
): Promise<Map<number, number>> {
  const rows = fresh.map(({ entry, text, hash }, index) => {
    const dated = dates[index];
    if (!dated) throw new Error('every entry has a date');
    return {
      lane_id: row.id,
      seq: entry.seq,
      type: entry.type,
      body: text,
      hash,
      received_ms: nowMs,
      occurred_ms: dated.occurredMs,
      earliest_ms: dated.earliestMs ?? null,
      dated_by: dated.datedBy,
    };
  });
  const added = await statements.addEntries(rows);
  return new Map(added.map(({ id, seq }) => [seq, id]));
}

/** What an entry means beyond standing in the journal. */
async function recordEntry(
  work: CommitWork,
  key: LaneKey,
  entry: Exclude<ChainedEntry['entry'], { type: 'check-in' }>,
  { occurredMs, sent }: { occurredMs: number; sent: Reading },
): Promise<void> {
  switch (entry.type) {
    case 'started':
    case 'clock':
    case 'fault':
      return recordStationEntry(work, key.station, entry, occurredMs);
    case 'alarm':
    case 'mistake':
      return recordAlarmEntry(work, key, entry, occurredMs);
    case 'test':
      return recordTest(work, key, entry, { occurredMs, sent });
    case 'second-path':
      return recordTried(work, key, entry, occurredMs);
    case 'test-shown':
      return recordTestShown(work, key, entry);
    default:
      return entry satisfies never;
  }
}

async function verdictOn(
  work: CommitWork,
  message: EntriesMessage,
  taken: Taken,
  checkIns: ReadonlyMap<number, FreshCheckIn>,
): Promise<Verdict> {
  if (taken.kind === 'fork') return taken;
  const { cursor, fresh } = taken;
  const { through } = cursor.row;
  const outcomes =
    fresh.length === message.entries.length
      ? fresh.map(({ seq, journalId }) => outcomeOf(seq, checkIns.get(journalId)))
      : await storedOutcomes(work, cursor, message);
  const boots = await anchorsToTell(work, message, through);
  const receipt = receiptOf(cursor.key, cursor.row, outcomes, boots);
  return { kind: 'receipt', receipt, fresh: fresh.length };
}

/** A receipt without outcomes answers the question how far the hub is. */
export const receiptOf = (
  { station, epoch, lane }: { station: string; epoch: string; lane: Lane },
  { through, hash }: { through: number; hash: string },
  outcomes: ReceiptMessage['outcomes'] = [],
  boots: readonly BootAnchor[] = [],
): ReceiptMessage => {
  const receipt: ReceiptMessage = {
    v: 1,
    station,
    kind: 'receipt',
    epoch,
    lane,
    through,
    hash,
    outcomes,
  };
  return boots.length > 0 ? { ...receipt, boots: [...boots] } : receipt;
};

type EntryOutcome = ReceiptMessage['outcomes'][number];

function outcomeOf(seq: number, checkIn: FreshCheckIn | undefined): EntryOutcome {
  if (!checkIn) return { seq, outcome: 'recorded' satisfies Outcome };
  return { seq, outcome: outcomeOnWire(checkIn.outcome), points: checkIn.points };
}

/** As they stand now, for who asks again. */
async function storedOutcomes(
  { statements }: CommitWork,
  { row }: LaneCursor,
  { entries }: EntriesMessage,
): Promise<EntryOutcome[]> {
  const known = entries.filter(({ seq }) => seq <= row.through);
  const [from, through] = [known[0]?.seq ?? 1, known.at(-1)?.seq ?? 0];
  if (through < from) return [];
  const rows = await statements.outcomesOf({ lane_id: row.id, from, through });
  return rows.map(({ seq, outcome, points }) => {
    if (outcome === null || points === null) return { seq, outcome: 'recorded' satisfies Outcome };
    return { seq, outcome: outcomeOnWire(checkInOutcomeSchema.parse(outcome)), points };
  });
}
