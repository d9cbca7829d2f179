import type { LocalDay } from '../domain/dating.ts';
import type { ReviewReason } from '../domain/review.ts';
import { Outgoing } from '../feed/outgoing.ts';
import { settleDays } from '../ingest/settle-days.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';
import { acceptFork } from './accept-fork.ts';
import { noteAction, Refusal, refuseBlank } from './registry.ts';
import { TroubleBook } from './trouble-book.ts';
import { withWork } from './with-work.ts';
import { workFor } from './work-for.ts';

/** Who decides, and why: both stand in the audit log for good. */
export interface Decision {
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
  /** The scheme's local date of a moment. */
  readonly dayOf: LocalDay;
}

/** Lanes that forked, with how many of their entries wait for a decision. */
export const listSetAside = ({ db }: Pick<Store, 'db'>) =>
  db
    .selectFrom('set_aside')
    .innerJoin('station', 'station.id', 'set_aside.station')
    .select(['set_aside.station', 'station.name as stationName', 'epoch'])
    .select(({ fn }) => [
      fn.countAll<number>().as('entries'),
      fn.min<number>('received_ms').as('sinceMs'),
    ])
    .where('decision', 'is', null)
    .groupBy(['set_aside.station', 'station.name', 'epoch'])
    .orderBy('sinceMs')
    .execute();

/**
 * Decides what becomes of the entries that a forked epoch brought: accepted, they enter the journal
 * under an epoch of their own and count like any others; discarded, they stay where they are.
 * @returns how many
 * @throws Refusal when none wait
 */
export async function decideSetAside(
  store: Pick<Store, 'db' | 'ingest'>,
  { station, epoch }: { station: string; epoch: string },
  decision: 'accepted' | 'discarded',
  by: Decision,
): Promise<number> {
  refuseBlank(by.reason, 'the reason');
  return store.db.transaction().execute(async (trx) => {
    const rows = await trx
      .selectFrom('set_aside')
      .selectAll()
      .where('station', '=', station)
      .where('epoch', '=', epoch)
      .where('decision', 'is', null)
      .orderBy('lane')
      .orderBy('seq')
      .orderBy('id')
      .execute();
    if (rows.length === 0) throw new Refusal(`nothing of ${station} ${epoch} waits for a decision`);
    if (decision === 'accepted') {
      const name = await nameOf(trx, station);
      const work = { ...workFor(store, trx, by), nameOf: () => name };
      await acceptFork(station, rows, (nowMs) => ({ ...work, outgoing: new Outgoing(), nowMs }));
    }
    const ids = rows.map(({ id }) => id);
    await trx.updateTable('set_aside').set({ decision }).where('id', 'in', ids).execute();
    const detail = { epoch, entries: rows.length, reason: by.reason };
    await noteAction(trx, by.by, `set-aside ${decision}`, station, detail, by.atMs);
    const outgoing = new Outgoing();
    const closing = { by: by.by, note: by.reason };
    const book = new TroubleBook(trx, outgoing, by.atMs);
    await book.end({ station, kind: 'fork', part: epoch }, by.atMs, closing);
    await outgoing.store(trx);
    return rows.length;
  });
}

const waitingReviews = ['future', 'too-old', 'day-unknown'] satisfies ReviewReason[];

/** Check-ins that wait for a person, oldest first. */
export const listReviews = ({ db }: Pick<Store, 'db'>) =>
  db
    .selectFrom('check_in')
    .innerJoin('station', 'station.id', 'check_in.station')
    .leftJoin('volunteer', 'volunteer.id', 'check_in.volunteer_id')
    .innerJoin('journal', 'journal.id', 'check_in.journal_id')
    .select(['journal_id as id', 'station.name as stationName', 'volunteer.name as volunteer'])
    .select(['review', 'day', 'journal.occurred_ms as occurredMs'])
    .select(['journal.earliest_ms as earliestMs', 'journal.received_ms as receivedMs'])
    .where('review', 'in', waitingReviews)
    .orderBy('journal_id')
    .execute();

/**
 * Decides on a check-in that is held: accepted, it takes part in the scoring of its day.
 * @throws Refusal when it does not wait for a decision
 */
export async function decideReview(
  store: Pick<Store, 'db' | 'ingest'>,
  id: number,
  decision: 'accepted' | 'refused',
  by: Decision,
): Promise<void> {
  refuseBlank(by.reason, 'the reason');
  await store.db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom('check_in')
      .leftJoin('volunteer', 'volunteer.id', 'check_in.volunteer_id')
      .select(['day', 'review', 'outcome', 'volunteer.id as volunteer'])
      .where('journal_id', '=', id)
      .executeTakeFirst();
    if (!row || !isWaiting(row)) throw new Refusal(`check-in ${id} does not wait for a decision`);
    const { volunteer, day } = row;
    if (decision === 'accepted') await refuseSummed(trx, id, day);
    const counts = decision === 'accepted' && row.outcome === 'held-for-review' ? 1 : 0;
    await trx
      .updateTable('check_in')
      .set({ review: decision, counts })
      .where('journal_id', '=', id)
      .execute();
    await noteAction(trx, by.by, `review ${decision}`, String(id), { reason: by.reason }, by.atMs);
    if (counts === 0 || volunteer === null) return;
    const work = workFor(store, trx, by);
    await settleDays(work, [{ volunteer, day }]);
    await work.outgoing.store(trx);
  });
}

/**
 * Takes a check-in that counts or waits back, for good: what it earned is corrected, and its day is scored
 * without it. Neither another date nor another word about its card makes it count again.
 * @throws Refusal when there is no such check-in, it was voided before, or there is nothing to void
 */
export async function voidCheckIn(
  store: Pick<Store, 'db' | 'ingest'>,
  id: number,
  { by, reason, atMs }: Pick<Decision, 'by' | 'reason' | 'atMs'>,
): Promise<void> {
  refuseBlank(reason, 'the reason');
  await withWork(store, atMs, async (work) => {
    const { trx } = work;
    const row = await trx
      .selectFrom('check_in')
      .select(['day', 'review', 'outcome', 'counts', 'volunteer_id as volunteer'])
      .where('journal_id', '=', id)
      .executeTakeFirst();
    if (!row) throw new Refusal(`there is no check-in ${id}`);
    const { volunteer, day, outcome, counts } = row;
    if (outcome === 'voided') throw new Refusal(`check-in ${id} was voided already`);
    if (counts === 0 && !isWaiting(row)) {
      throw new Refusal(`check-in ${id} neither counts nor waits for a decision`);
    }
    // With its points it keeps its outcome until they are taken back.
    const isNobodys = volunteer === null ? ({ outcome: 'voided' } as const) : {};
    await trx
      .updateTable('check_in')
      .set({ review: 'refused', counts: 0, ...isNobodys })
      .where('journal_id', '=', id)
      .execute();
    await noteAction(trx, by, 'review voided', String(id), { reason }, atMs);
    if (volunteer === null) return;
    await settleDays(work, [{ volunteer, day, withdrawn: new Map([[id, 'voided']]) }]);
  });
}

const isWaiting = ({ review }: { review: string | null }): boolean =>
  waitingReviews.some((reason) => reason === review);

/** The others of its day are gone, and it cannot be scored without them. */
async function refuseSummed(trx: Trx, id: number, day: string): Promise<void> {
  const { kept } = await trx
    .selectFrom('retention_run')
    .select(({ fn }) => fn.max<string | null>('before_day').as('kept'))
    .where('volunteer_id', 'is', null)
    .executeTakeFirstOrThrow();
  if (kept === null || day >= kept) return;
  throw new Refusal(
    `the check-ins of ${day.slice(0, 7)} are summed up, so check-in ${id} can no longer be scored: refuse it, and give its points by hand`,
  );
}

async function nameOf(trx: Trx, station: string): Promise<string> {
  const query = trx.selectFrom('station').select('name').where('id', '=', station);
  return (await query.executeTakeFirstOrThrow()).name;
}
