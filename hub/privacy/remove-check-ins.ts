import { sql } from 'kysely';
import { issuedForBounties, issuedForCheckIns, volunteerAccount } from '../domain/ledger.ts';
import { type Summary, type Summed, summaries } from '../domain/retention.ts';
import type { TransferReason } from '../ledger/transfer-reason.ts';
import type { Trx } from '../store/schema.ts';

/** Taps of cards that are nobody's, in one transaction: a few milliseconds. */
const unownedPerSliceMax = 200;
/** Well below what SQLite takes as parameters of one statement (SQLITE_MAX_VARIABLE_NUMBER). */
const valuesPerQueryMax = 500;

export interface Run {
  readonly id: number;
  /** Waiting for a person, check-ins that came since then are left alone. */
  readonly waitingBeforeMs: number;
  readonly dayOf: (ms: number) => string;
}

export interface Slice {
  /** null for taps of cards that are nobody's. */
  readonly volunteer: string | null;
  /** YYYY-MM. */
  readonly month: string;
}

export interface Removed {
  readonly checkIns: number;
  readonly transfers: number;
  /** What check-ins came to. */
  readonly points: number;
  /** What bounties came to. */
  readonly bounties: number;
}

/** The sums are not what they were: nothing of the slice may be committed. */
export class SumsDiffer extends Error {
  override readonly name = 'SumsDiffer';
}

/**
 * Removes the details of a volunteer's check-ins of one month, in the caller's transaction: in place of
 * their transfers stands what they come to, and of their entries in the journal only the clocks, the
 * sequence and the hash. Balances stay as they are.
 * @returns what was removed; where there was nothing, nothing is written
 * @throws SumsDiffer when the transfers do not come to what the check-ins say, as the audit would tell
 */
export async function removeSlice(trx: Trx, run: Run, slice: Slice): Promise<Removed> {
  const rows = await rowsOf(trx, run, slice);
  if (rows.length === 0) return { checkIns: 0, transfers: 0, points: 0, bounties: 0 };
  const { id } = await trx
    .insertInto('retention_slice')
    .values({ run_id: run.id, volunteer_id: slice.volunteer, month: slice.month, open: 1 })
    .returning('id')
    .executeTakeFirstOrThrow();
  const transfers = await removeTransfers(trx, rows);
  const bounties = await removeBounties(trx, slice);
  const points = rows.reduce((sum, row) => sum + row.points, 0);
  const wanted = rows.reduce((sum, row) => sum + row.transfers, 0);
  const net = netOf(transfers);
  if (transfers.length !== wanted || net !== points) {
    throw new SumsDiffer(
      `${slice.volunteer} ${slice.month}: check-ins say ${points} points in ${wanted} transfers, and there are ${net} in ${transfers.length}`,
    );
  }
  await bookSums(trx, run, { ...slice, id }, { transfers, bounties });
  await emptyEntries(
    trx,
    rows.map((row) => row.journal_id),
    id,
  );
  const removed = {
    ...{ checkIns: rows.length, transfers: transfers.length + bounties.length, points },
    bounties: netOf(bounties),
  };
  await trx
    .updateTable('retention_slice')
    .set({ open: null, check_ins: removed.checkIns, transfers: removed.transfers })
    .set({ points, bounties: removed.bounties })
    .where('id', '=', id)
    .execute();
  return removed;
}

const netOf = (all: readonly Pick<Summary, 'amount' | 'isGiven'>[]): number =>
  all.reduce((sum, { amount, isGiven }) => sum + (isGiven ? amount : -amount), 0);

type Row = Awaited<ReturnType<typeof rowsOf>>[number];

async function rowsOf(trx: Trx, { waitingBeforeMs }: Run, { volunteer, month }: Slice) {
  let query = trx
    .selectFrom('check_in')
    .innerJoin('journal', 'journal.id', 'check_in.journal_id')
    .select(['journal_id', 'station', 'epoch', 'check_in.seq', 'points', 'transfers'])
    .where('day', '>=', `${month}-01`)
    .where('day', '<=', `${month}-31`)
    .where('volunteer_id', 'is', volunteer)
    .where((eb) =>
      eb.or([
        eb('review', 'is', null),
        eb('review', 'in', ['accepted', 'refused']),
        eb('received_ms', '<', waitingBeforeMs),
      ]),
    );
  if (volunteer === null) query = query.limit(unownedPerSliceMax);
  return query.execute();
}

/** Each has its reference, which says how many there are before it: no transfer has to be searched for. */
async function removeTransfers(trx: Trx, rows: readonly Row[]): Promise<Summed[]> {
  const references = rows.flatMap(({ station, epoch, seq, transfers }) =>
    Array.from({ length: transfers }, (_, n) => `check-in/${station}/${epoch}/${seq}/${n + 1}`),
  );
  const removed: Summed[] = [];
  for (const some of parts(references)) {
    const found = await trx
      .deleteFrom('transfer')
      .where('reference', 'in', some)
      .returning(['debit', 'amount', 'at as atMs', 'check_in_id'])
      .execute();
    for (const { debit, check_in_id, ...row } of found) {
      removed.push({ ...row, isGiven: debit === issuedForCheckIns, checkIn: check_in_id ?? 0 });
    }
  }
  return removed;
}

/** They name stations and moments, too. */
async function removeBounties(trx: Trx, { volunteer, month }: Slice): Promise<Summed[]> {
  if (volunteer === null) return [];
  const found = await trx
    .deleteFrom('transfer')
    .where('reference', '>=', `bounty/${month}/${volunteer}/`)
    .where('reference', '<', `bounty/${month}/${volunteer}0`) // the character behind the slash
    .where('code', '<>', 'bounties-summed')
    .returning(['id', 'debit', 'amount', 'at as atMs'])
    .execute();
  return found.map(({ id, debit, ...row }) => ({
    ...{ ...row, isGiven: debit === issuedForBounties, checkIn: id },
  }));
}

interface Kind {
  readonly removed: readonly Summed[];
  readonly issued: string;
  readonly code: 'check-ins-summed' | 'bounties-summed';
  readonly reference: string;
  readonly reasonOf: (summary: Summary) => TransferReason;
}

async function bookSums(
  trx: Trx,
  { id: run, dayOf }: Run,
  { volunteer, month, id }: Slice & { readonly id: number },
  { transfers, bounties }: Readonly<Record<'transfers' | 'bounties', readonly Summed[]>>,
): Promise<void> {
  if (volunteer === null) {
    if (transfers.length > 0) throw new SumsDiffer(`${month}: there are points of nobody`);
    return;
  }
  const kinds: readonly Kind[] = [
    {
      ...{ removed: transfers, issued: issuedForCheckIns, code: 'check-ins-summed' },
      reference: `check-ins/${id}`,
      reasonOf: ({ checkIns }) => ({ rule: 'check-ins-summed', month, checkIns, run }),
    },
    {
      ...{ removed: bounties, issued: issuedForBounties, code: 'bounties-summed' },
      reference: `bounty/${month}/${volunteer}/summed/${id}`,
      reasonOf: () => ({ rule: 'bounties-summed', month, run }),
    },
  ];
  for (const kind of kinds) {
    const summed = summaries(kind.removed, (ms) => dayOf(ms).slice(0, 7));
    if (netOf(summed) !== netOf(kind.removed)) {
      throw new SumsDiffer(`${volunteer} ${month}: ${kind.code} are not what they stand for`);
    }
    for (const [n, summary] of summed.entries()) {
      await book(trx, kind, { n: n + 1, volunteer, summary });
    }
  }
}

async function book(
  trx: Trx,
  { issued, code, reference, reasonOf }: Kind,
  { n, volunteer, summary }: { n: number; volunteer: string; summary: Summary },
): Promise<void> {
  const { amount, isGiven, atMs: at } = summary;
  const account = volunteerAccount(volunteer);
  const [debit, credit] = isGiven ? [issued, account] : [account, issued];
  const row = { reference: `${reference}/${n}`, debit, credit, amount, code, at };
  await trx
    .insertInto('transfer')
    .values({ ...row, check_in_id: null, reason: JSON.stringify(reasonOf(summary)) })
    .execute();
}

/** The clocks stay: entries without a time of their own are dated by those around them. */
async function emptyEntries(trx: Trx, ids: readonly number[], slice: number): Promise<void> {
  for (const some of parts(ids)) {
    await keepCounters(trx, some);
    await trx.deleteFrom('sun_reading').where('journal_id', 'in', some).execute();
    await trx.deleteFrom('check_in').where('journal_id', 'in', some).execute();
    await trx
      .updateTable('journal')
      .set({
        body: sql<string>`json_object('at', json(json_extract(body, '$.at')))`,
        emptied_by: slice,
      })
      .where('id', 'in', some)
      .execute();
  }
}

/** What is removed can still be sent again: without its counter it would be taken for new. */
async function keepCounters(trx: Trx, ids: readonly number[]): Promise<void> {
  const highest = await trx
    .selectFrom('sun_reading')
    .select(['card', ({ fn }) => fn.max<number>('counter').as('counter')])
    .where('journal_id', 'in', ids)
    .where('fault', 'is', null)
    .groupBy('card')
    .execute();
  if (highest.length === 0) return;
  const { through } = await trx
    .selectFrom('journal')
    .select(({ fn }) => fn.max<number>('id').as('through'))
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('card_counter')
    .values(highest.map((row) => ({ ...row, through })))
    .onConflict((conflict) =>
      conflict
        .column('card')
        .doUpdateSet({
          counter: (eb) => eb.ref('excluded.counter'),
          through: (eb) => eb.ref('excluded.through'),
        })
        .whereRef('excluded.counter', '>', 'card_counter.counter'),
    )
    .execute();
}

function* parts<T>(all: readonly T[]): Generator<T[]> {
  for (let from = 0; from < all.length; from += valuesPerQueryMax) {
    yield all.slice(from, from + valuesPerQueryMax);
  }
}
