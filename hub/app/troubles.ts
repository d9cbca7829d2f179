import { endedByPerson } from '../domain/trouble.ts';
import { Outgoing } from '../feed/outgoing.ts';
import type { Store } from '../store/open-store.ts';
import type { Db } from '../store/schema.ts';
import { noteAction, Refusal } from './registry.ts';
import { TroubleBook, withTroubles } from './trouble-book.ts';

/** @returns the troubles that have not ended, oldest first; with `all`, every one; `ofHub`: its own alone. */
export async function listTroubles({ db }: Pick<Store, 'db'>, { all = false, ofHub = false } = {}) {
  let query = db
    .selectFrom('trouble')
    .leftJoin('station', 'station.id', 'trouble.station')
    .selectAll('trouble')
    .select('station.name as stationName')
    .orderBy('trouble.begun_ms')
    .orderBy('trouble.id');
  if (!all) query = query.where('ended_ms', 'is', null);
  if (ofHub) query = query.where('trouble.station', 'is', null);
  const rows = await query.execute();
  return rows.map(({ id, station, stationName, kind, part, detail, ...row }) => ({
    ...{ id, kind, part: part === '' ? null : part, station, stationName, detail },
    begunAt: new Date(row.begun_ms).toISOString(),
    endedAt: row.ended_ms === null ? null : new Date(row.ended_ms).toISOString(),
    ...{ endedBy: row.ended_by, note: row.note },
  }));
}

/** The stations' troubles that have not ended, oldest first. */
export const openTroubles = (db: Db) =>
  db
    .selectFrom('trouble')
    .select(['station', 'kind'])
    .where('ended_ms', 'is', null)
    .orderBy('begun_ms')
    .execute();

export const countOpenTroubles = async ({ db }: Pick<Store, 'db'>): Promise<number> =>
  (await openTroubles(db)).length;

/** A notifier was tried and works: its trouble is over, if there is one. */
export const notifierWorks = (db: Db, name: string, atMs = Date.now()): Promise<void> =>
  withTroubles(db, atMs, (book) => book.end({ kind: 'notifier', part: name }, atMs));

/** Ends the troubles of notifiers that hub.json names no more: nothing would ever be heard of them. */
export async function endTroublesOfStrangers(
  db: Db,
  notifiers: readonly string[],
  atMs = Date.now(),
): Promise<void> {
  const closing = { by: 'hub', note: 'hub.json has no such notifier any more' };
  await withTroubles(db, atMs, async (book, trx) => {
    const open = await trx
      .selectFrom('trouble')
      .select(['kind', 'part'])
      .where('kind', '=', 'notifier')
      .where('ended_ms', 'is', null)
      .execute();
    for (const key of open.filter(({ part }) => !notifiers.includes(part))) {
      await book.end(key, atMs, closing);
    }
  });
}

/**
 * A person has looked into a trouble that nothing else may end.
 * @throws Refusal when there is no such trouble, it has ended, or it ends by itself
 */
export async function endTrouble(
  { db }: Pick<Store, 'db'>,
  id: number,
  closing: { by: string; note: string },
  atMs = Date.now(),
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const row = await trx.selectFrom('trouble').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw new Refusal(`there is no trouble ${id}`);
    if (row.ended_ms !== null) throw new Refusal(`trouble ${id} has ended already`);
    const { kind, part, station } = row;
    if (!endedByPerson.includes(kind)) {
      throw new Refusal(`trouble ${id} (${kind}) ends by itself, once it is over`);
    }
    const outgoing = new Outgoing();
    const key = { kind, part, ...(station === null ? {} : { station }) };
    await new TroubleBook(trx, outgoing, atMs).end(key, atMs, closing);
    await noteAction(trx, closing.by, 'trouble end', String(id), { note: closing.note }, atMs);
    await outgoing.store(trx);
  });
}
