import { sql } from 'kysely';
import { z } from 'zod';
import type { BountyCheckIn, BountyTransferred } from '../domain/bounty.ts';
import { issuedForBounties } from '../domain/ledger.ts';
import { addDays } from '../domain/local-time.ts';
import type { Db } from '../store/schema.ts';
import { readReason, type TransferReason } from './transfer-reason.ts';

export interface BountyRow extends BountyCheckIn {
  /** Station, epoch, sequence. */
  readonly key: string;
  readonly stationName: string;
}

export type BountyReason = Extract<TransferReason, { rule: 'bounty' }>;

interface Span {
  readonly from: string;
  readonly to: string;
}

/** @param month YYYY-MM @returns bounds for its days; the last may be one that the calendar lacks. */
export const monthSpan = (month: string): Span => ({ from: `${month}-01`, to: `${month}-31` });

/** @param month YYYY-MM */
export const monthBefore = (month: string): string =>
  addDays(monthSpan(month).from, -1).slice(0, 7);

/**
 * How many check-ins counted at each station in a month; one without any is not among them. What an erasure
 * has removed counts, as far as the journal still knows it: whether one of those was voided is gone, and in
 * doubt no station is taken for a rarer one than it was.
 */
export async function visitsIn(db: Db, month: string): Promise<Map<string, number>> {
  const { from, to } = monthSpan(month);
  const counted = await db
    .selectFrom('check_in')
    .select('station')
    .select(({ fn }) => fn.countAll<number>().as('visits'))
    .where('day', '>=', from)
    .where('day', '<=', to)
    .where('counts', '=', 1)
    .groupBy('station')
    .execute();
  const found = new Map<string, number>();
  for (const { station, visits } of [...counted, ...(await erasedVisitsIn(db, month))]) {
    found.set(station, (found.get(station) ?? 0) + Number(visits));
  }
  return found;
}

/** Only where there are any: it looks at the whole journal. */
async function erasedVisitsIn(db: Db, month: string) {
  if ((await countErasures(db, [month])) === 0) return [];
  return db
    .selectFrom('journal')
    .innerJoin('lane', 'lane.id', 'lane_id')
    .select('station')
    .select(({ fn }) => fn.countAll<number>().as('visits'))
    .where('emptied_by', 'in', erasures(db, [month]))
    .groupBy('station')
    .execute();
}

const erasures = (db: Db, months: readonly string[]) =>
  db
    .selectFrom('retention_slice as slice')
    .innerJoin('retention_run as run', 'run.id', 'run_id')
    .select('slice.id')
    .where('run.volunteer_id', 'is not', null)
    .where('month', 'in', months);

/** @returns how often check-ins of these months were removed by erasure: never less than it was. */
export async function countErasures(db: Db, months: readonly string[]): Promise<number> {
  return (await erasures(db, months).execute()).length;
}

const settledSchema = z.looseObject({ erasures: z.int().default(0) });

/** @returns how many erasures there were when the month was settled at last; undefined when it never was. */
export async function settledAfterErasures(db: Db, month: string): Promise<number | undefined> {
  const last = await db
    .selectFrom('operator_action')
    .select('detail')
    .where('action', '=', 'policy bounty')
    .where('subject', '=', month)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return last && settledSchema.parse(JSON.parse(last.detail)).erasures;
}

/** Credited check-ins at the stations that are asked for. Few of a month are: one pass over it finds them all. */
export async function creditedAt(
  db: Db,
  { from, to }: Span,
  isAsked: (station: string) => boolean,
): Promise<BountyRow[]> {
  const stations = await db.selectFrom('station').select(['id', 'name']).execute();
  const names = new Map(
    stations.filter(({ id }) => isAsked(id)).map(({ id, name }) => [id, name] as const),
  );
  if (names.size === 0) return [];
  const asked = JSON.stringify([...names.keys()]); // one value, however many there are
  const found = await db
    .selectFrom('check_in')
    .select(['volunteer_id', 'station', 'epoch', 'seq', 'day', 'occurred_ms as occurredMs'])
    .where('day', '>=', from)
    .where('day', '<=', to)
    .where('counts', '=', 1)
    .where('outcome', '=', 'credited')
    .where('station', 'in', sql<string>`(SELECT value FROM json_each(${asked}))`)
    .execute();
  return found.flatMap(({ volunteer_id: volunteer, ...row }) => {
    const { station, epoch, seq } = row;
    const [stationName, key] = [names.get(station) ?? '', `${station}/${epoch}/${seq}`];
    return volunteer === null ? [] : [{ ...row, key, volunteer, stationName }];
  });
}

/** @returns what is another after any transfer for the bounties of the month. */
export async function bountyMark(db: Db, month: string): Promise<string> {
  const { transfers, last } = await transfersFor(db, month)
    .select(({ fn }) => [fn.countAll().as('transfers'), fn.max('id').as('last')])
    .executeTakeFirstOrThrow();
  return `${transfers}/${last}`;
}

const transfersFor = (db: Db, month: string) =>
  db
    .selectFrom('transfer')
    .where('reference', '>=', `bounty/${month}/`)
    .where('reference', '<', `bounty/${month}0`); // the character behind the slash

/** What has been transferred so far for the bounties of a month, and what the latest reason for each says. */
export async function transferredFor(
  db: Db,
  month: string,
): Promise<(BountyTransferred & { reason: BountyReason })[]> {
  const rows = await transfersFor(db, month)
    .select(['debit', 'credit', 'amount', 'reason'])
    .orderBy('id')
    .execute();
  const found = new Map<string, BountyTransferred & { reason: BountyReason }>();
  for (const { debit, credit, amount, reason: text } of rows) {
    const isGiven = debit === issuedForBounties;
    const account = isGiven ? credit : debit;
    const reason = bountyReason(text);
    const { checkIn } = reason;
    const { net, count } = found.get(`${checkIn} ${account}`) ?? { net: 0, count: 0 };
    const sum = { net: net + (isGiven ? amount : -amount), count: count + 1 };
    found.set(`${checkIn} ${account}`, { checkIn, account, ...sum, reason });
  }
  return [...found.values()];
}

function bountyReason(text: string): BountyReason {
  const reason = readReason(text);
  if (reason.rule !== 'bounty') throw new Error(`a bounty was transferred by ${reason.rule}`);
  return reason;
}
