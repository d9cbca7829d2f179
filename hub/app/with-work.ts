import type { CommitWork } from '../ingest/commit-work.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';
import { noDates, workFor } from './work-for.ts';

/** Does what a person decided in one transaction, with the points that it moves and what is to be told. */
export function withWork<T>(
  store: Pick<Store, 'db' | 'ingest'>,
  atMs: number,
  act: (work: CommitWork) => Promise<T>,
): Promise<T> {
  return store.db.transaction().execute((trx) => inWork(store, trx, atMs, act));
}

/**
 * The same in a transaction that is open already. Nothing that it does dates an entry anew: days stand in
 * the rows.
 */
export async function inWork<T>(
  store: Pick<Store, 'ingest'>,
  trx: Trx,
  atMs: number,
  act: (work: CommitWork) => Promise<T>,
): Promise<T> {
  const names = await trx.selectFrom('station').select(['id', 'name']).execute();
  const nameOf = (id: string): string => names.find((one) => one.id === id)?.name ?? id;
  const work = { ...workFor(store, trx, { atMs, dayOf: noDates }), nameOf };
  const done = await act(work);
  await work.outgoing.store(trx);
  return done;
}
