import { settleDays } from '../ingest/settle-days.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';
import { refuseStranger } from './known-volunteer.ts';
import { noteAction, Refusal } from './registry.ts';
import { noDates, workFor } from './work-for.ts';

type Parts = Pick<Store, 'db' | 'ingest'>;

/** Who says so, and when it begins or ends. */
export interface PauseChange {
  readonly by: string;
  readonly atMs: number;
}

/**
 * From now on the volunteer's taps are recorded and earn nothing: what counts is when they were made,
 * so that taps of before still earn, however late they come.
 * @throws Refusal when the volunteer is unknown, or paused already
 */
export const pauseVolunteer = ({ db, ingest }: Parts, id: string, change: PauseChange) =>
  db.transaction().execute((trx) => beginPause({ ingest }, trx, id, change));

/**
 * From now on the volunteer's taps earn again; what was tapped meanwhile does not.
 * @param undo the pause was a mistake: it is as if it had never been, and what was tapped meanwhile earns
 * @throws Refusal when the volunteer is unknown, or not paused
 */
export const resumeVolunteer = (
  { db, ingest }: Parts,
  id: string,
  change: PauseChange & { readonly undo?: boolean },
) => db.transaction().execute((trx) => endPause({ ingest }, trx, id, change));

/** The same within a transaction. No reason is asked for: it might be one of health, and it would stay. */
export async function beginPause(
  store: Pick<Store, 'ingest'>,
  trx: Trx,
  id: string,
  { by, atMs }: PauseChange,
): Promise<void> {
  await refuseStranger(trx, id);
  if (await openPause(trx, id)) throw new Refusal(`${id} is paused already`);
  await noteAction(trx, by, 'volunteer pause', id, {}, atMs);
  const row = { volunteer_id: id, from_ms: atMs, until_ms: null };
  await trx
    .insertInto('volunteer_pause')
    .values({ ...row, paused_by: by, resumed_by: null })
    .execute();
  await settleSince(store, trx, id, { sinceMs: atMs, atMs });
}

/** The same within a transaction. */
export async function endPause(
  store: Pick<Store, 'ingest'>,
  trx: Trx,
  id: string,
  { by, atMs, undo = false }: PauseChange & { readonly undo?: boolean },
): Promise<void> {
  await refuseStranger(trx, id);
  const open = await openPause(trx, id);
  if (!open) throw new Refusal(`${id} is not paused`);
  // A clock that was put back ends no pause before it began.
  const untilMs = undo ? open.from_ms : Math.max(atMs, open.from_ms);
  const { from_ms: fromMs } = open;
  await noteAction(trx, by, 'volunteer resume', id, { fromMs, untilMs }, atMs);
  await trx
    .updateTable('volunteer_pause')
    .set({ until_ms: untilMs, resumed_by: by })
    .where('id', '=', open.id)
    .execute();
  await settleSince(store, trx, id, { sinceMs: untilMs, atMs });
}

const openPause = (trx: Trx, id: string) =>
  trx
    .selectFrom('volunteer_pause')
    .select(['id', 'from_ms'])
    .where('volunteer_id', '=', id)
    .where('until_ms', 'is', null)
    .executeTakeFirst();

/** No time zone is further from UTC: a moment's local day is never before the UTC day of so much earlier. */
const dayMs = 86_400_000;

/** Settles the days whose check-ins the change may concern; those that it does not come out as they were. */
async function settleSince(
  store: Pick<Store, 'ingest'>,
  trx: Trx,
  volunteer: string,
  { sinceMs, atMs }: { sinceMs: number; atMs: number },
): Promise<void> {
  const days = await trx
    .selectFrom('check_in')
    .select('day')
    .distinct()
    .where('volunteer_id', '=', volunteer)
    .where('day', '>=', new Date(Math.max(0, sinceMs - dayMs)).toISOString().slice(0, 10))
    .where('occurred_ms', '>=', sinceMs)
    .where('counts', '=', 1)
    .execute();
  // Their days stand in their rows: nothing here is dated anew.
  const work = workFor(store, trx, { atMs, dayOf: noDates });
  await settleDays(
    work,
    days.map(({ day }) => ({ volunteer, day })),
  );
  await work.outgoing.store(trx);
}
