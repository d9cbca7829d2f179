import { z } from 'zod';
import { type Reading, readingSchema } from '../../shared/wire/entry.ts';
import {
  type Before,
  bootsWithoutReading,
  type Dated,
  dateEntries,
  isSound,
} from '../domain/dating.ts';
import { endAfter, endAt, type LaneEnd, type Numbered, openChanges } from '../domain/lane-end.ts';
import type { EntriesMessage } from './admit.ts';
import { anchorsOf } from './boot-anchors.ts';
import type { ChainedEntry } from './chain.ts';
import type { CommitWork } from './commit-work.ts';
import type { LaneCursor } from './lane-cursors.ts';

/** A stored entry whose date what comes later may change. */
export interface Open extends Numbered {
  readonly journalId: number;
  readonly type: string;
  readonly was: Pick<Dated, 'occurredMs' | 'earliestMs'> & { readonly datedBy: string };
}

/** A stored entry that what has come since dates otherwise. */
export interface DatedAnew {
  readonly journalId: number;
  readonly type: string;
  readonly receivedMs: number;
  readonly wasMs: number;
  readonly dated: Dated;
}

export interface LaneDates {
  /** Of the fresh entries, in their order. */
  readonly dates: readonly Dated[];
  /** Stored entries of the lane that are to be dated anew along with them. */
  readonly anew: readonly DatedAnew[];
  /** From here on stored entries are to be dated anew afterwards, since they are too many to do it along. */
  readonly anewFrom: number | null;
  readonly end: LaneEnd;
}

/**
 * So many stored entries are dated anew along with a message; more would hold up the alarms of all
 * stations, and are dated piece by piece afterwards.
 */
export const anewAtOnceMax = 500;

type Row = LaneCursor['row'];

/**
 * Dates what a message brings of a lane, and dates anew what stands open before it: an entry without a
 * date of its own lies between its neighbours, and a neighbour that comes later tells more than the
 * time at which the entry came. So the dates are the same however a lane is split into messages.
 * @param fresh in the order of the lane
 */
export async function dateFresh(
  work: CommitWork,
  { row, key }: LaneCursor,
  message: EntriesMessage,
  fresh: readonly ChainedEntry[],
): Promise<LaneDates> {
  const late = fresh.filter(({ entry }) => entry.seq <= row.through);
  const lateDates = late.length > 0 ? await datesOfLate(work, row, message, late) : [];
  const next = late.length > 0 ? fresh.slice(late.length) : fresh;
  const { dates, anew, anewFrom, end } = await datesOfNext(
    work,
    row,
    message,
    next.map(undated(work.nowMs)),
  );
  // What was dated between neighbours that are themselves to be dated anew goes along with them.
  const lateFrom = row.anew_from === null ? undefined : late[0]?.entry.seq;
  return {
    dates: [...lateDates, ...dates],
    anew,
    anewFrom: least([anewFrom, lateFrom]),
    // An alarm comes alone, and was told to people with its date: that stays.
    end: key.lane === 'alarm' ? { ...end, openSeq: undefined } : end,
  };
}

const undated =
  (receivedMs: number) =>
  ({ entry: { seq, at } }: ChainedEntry): Numbered => ({ seq, at, receivedMs });

async function datesOfNext(
  work: CommitWork,
  row: Row,
  message: EntriesMessage,
  next: readonly Numbered[],
): Promise<LaneDates> {
  const end = endOf(row);
  const { dates, moved } = await datesBehind(work, row, message, end, next);
  if (!openChanges(end, next, dates, moved)) {
    return { dates, anew: [], anewFrom: null, end: endAfter(end, next, dates) };
  }
  const from = end.openSeq ?? row.through + 1;
  const count = row.through + 1 - from;
  if (count > (work.anewAtOnceMax ?? anewAtOnceMax)) {
    return { dates, anew: [], anewFrom: from, end: endAfter(end, next, dates) };
  }
  const stored = await work.statements.entriesFrom({ lane_id: row.id, from, limit: count });
  const open = stored.map(openOf);
  const before = await beforeSeq(work, row, from);
  const stretch = [...open, ...next];
  const { dates: all } = await datesBehind(work, row, message, before, stretch);
  return {
    dates: all.slice(open.length),
    anew: datedOtherwise(open, all),
    anewFrom: null,
    end: endAfter(endAt(before), stretch, all),
  };
}

/** @returns of the stored entries those that are dated otherwise now */
export function datedOtherwise(open: readonly Open[], dates: readonly Dated[]): DatedAnew[] {
  return open.flatMap(({ journalId, type, receivedMs, was }, index): DatedAnew[] => {
    const dated = dates[index];
    const isSame =
      dated?.occurredMs === was.occurredMs &&
      dated.datedBy === was.datedBy &&
      dated.earliestMs === was.earliestMs;
    if (!dated || isSame) return [];
    return [{ journalId, type, receivedMs, wasMs: was.occurredMs, dated }];
  });
}

async function datesBehind(
  work: CommitWork,
  row: Row,
  message: EntriesMessage,
  before: Before,
  entries: readonly Numbered[],
): Promise<{ dates: Dated[]; moved: ReadonlySet<string> }> {
  const { starts, moved } = await anchorsOf(
    work,
    row,
    message,
    bootsWithoutReading(entries, before),
  );
  return { dates: dateEntries(entries, { before, anchors: starts }), moved };
}

/** What comes later from before a gap lies between what is stored on either side of it. */
async function datesOfLate(
  work: CommitWork,
  row: Row,
  message: EntriesMessage,
  late: readonly ChainedEntry[],
): Promise<Dated[]> {
  const entries = late.map(undated(work.nowMs));
  const before = await beforeSeq(work, row, entries[0]?.seq ?? 1);
  const seq = entries.at(-1)?.seq ?? row.through;
  const [behind] = await work.statements.datedBehind({ lane_id: row.id, seq });
  const { starts } = await anchorsOf(work, row, message, bootsWithoutReading(entries, before));
  return dateEntries(entries, { before, anchors: starts, afterMs: behind?.occurred_ms });
}

/** What stands before an entry that is not the newest of its lane. */
export async function beforeSeq(
  { statements }: Pick<CommitWork, 'statements'>,
  row: Pick<Row, 'id'>,
  seq: number,
): Promise<Before> {
  const [stored] = await statements.datedBefore({ lane_id: row.id, seq });
  if (!stored) return { datedMs: 0, boot: undefined, startMs: undefined };
  const at = readingOf(stored.body);
  const isOwn = isSound(at, stored.received_ms);
  return {
    datedMs: stored.occurred_ms,
    boot: isOwn ? at.boot : undefined,
    startMs: isOwn ? at.wallMs - at.monoMs : undefined,
  };
}

const storedSchema = z.object({ at: readingSchema });
const readingOf = (body: string): Reading => storedSchema.parse(JSON.parse(body)).at;

/** @returns a row of the journal as far as its date goes. */
export const openOf = (row: {
  readonly id: number;
  readonly seq: number;
  readonly type: string;
  readonly body: string;
  readonly received_ms: number;
  readonly occurred_ms: number;
  readonly earliest_ms: number | null;
  readonly dated_by: string;
}): Open => ({
  ...{ journalId: row.id, seq: row.seq, type: row.type },
  ...{ at: readingOf(row.body), receivedMs: row.received_ms },
  was: {
    occurredMs: row.occurred_ms,
    earliestMs: row.earliest_ms ?? undefined,
    datedBy: row.dated_by,
  },
});

const endOf = (row: Row): LaneEnd => ({
  datedMs: row.dated_ms,
  boot: row.boot ?? undefined,
  startMs: row.boot_start_ms ?? undefined,
  datedBy: row.dated_by ?? undefined,
  openSeq: row.open_seq ?? undefined,
  latestStartMs: row.boot_latest_ms ?? undefined,
});

/** @returns the columns of the lane that say the same. */
export const rowOfEnd = (end: LaneEnd) => ({
  dated_ms: end.datedMs,
  boot: end.boot ?? null,
  boot_start_ms: end.startMs ?? null,
  dated_by: end.datedBy ?? null,
  open_seq: end.openSeq ?? null,
  boot_latest_ms: end.latestStartMs ?? null,
});

/** @returns the least of those that there are, or null. */
export const least = (numbers: readonly (number | null | undefined)[]): number | null => {
  const there = numbers.filter((one) => typeof one === 'number');
  return there.length === 0 ? null : Math.min(...there);
};
