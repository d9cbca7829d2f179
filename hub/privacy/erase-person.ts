import { noteAction, Refusal, refuseBlank } from '../app/registry.ts';
import { daysKept, firstDayKept } from '../domain/retention.ts';
import type { Pace } from '../nightly/pace.ts';
import type { Store } from '../store/open-store.ts';
import { forgetCards } from './held/cards.ts';
import { heldKinds } from './held.ts';
import { overwriteDeleted } from './overwrite-deleted.ts';
import { longestAcceptDays } from './remove-old.ts';
import { type RunReport, runRetention } from './retention-run.ts';

export interface EraseAsked {
  readonly volunteer: string;
  readonly by: string;
  /** Why. It stays for good, and must not say who it was. */
  readonly reason: string;
  readonly atMs: number;
  readonly dayOf: (ms: number) => string;
}

/**
 * Makes a volunteer anonymous for good: nothing tells any more who it was, where they were or when. The
 * account and its sums stay. First it is decided in one transaction, then check-ins go month by month.
 * Those of the last months stay under the anonymous number while a day of them may still be settled, since
 * points of others may depend on them; they go in the night in which nothing can come for them any more.
 * @throws Refusal when the volunteer is unknown or erased already, something of theirs is still open, or
 * nobody says who or why
 */
export async function erasePerson(
  store: Pick<Store, 'db' | 'ingest'>,
  asked: EraseAsked,
  pace: Pace,
): Promise<RunReport> {
  const { volunteer, by, reason, atMs } = asked;
  refuseBlank(reason, 'the reason');
  await overwriteDeleted(store.db);
  await store.db.transaction().execute(async (trx) => {
    const known = await trx
      .selectFrom('volunteer')
      .select('erased_ms')
      .where('id', '=', volunteer)
      .executeTakeFirst();
    if (!known) throw new Refusal(`no volunteer ${volunteer}`);
    if (known.erased_ms !== null) throw new Refusal(`${volunteer} was erased already`);
    const scene = { store, trx, volunteer, by, atMs };
    for (const { refuse } of heldKinds) await refuse?.(scene);
    await noteAction(trx, by, 'privacy erase', volunteer, { reason }, atMs);
    for (const { erase } of heldKinds) await erase?.(scene);
  });
  return removeCheckInsOf(store, asked, pace);
}

/**
 * Removes what erasures have left, as far as it may go by now: check-ins, and cards of whom nothing else
 * is there any more, such as after an erasure that was interrupted before it came to them.
 */
export async function finishErasures(
  store: Pick<Store, 'db'>,
  asked: Omit<EraseAsked, 'volunteer' | 'reason'>,
  pace: Pace,
): Promise<{ volunteers: number; checkIns: number; faults: readonly string[] }> {
  const left = await store.db
    .selectFrom('volunteer')
    .select('id')
    .where('erased_ms', 'is not', null)
    .where((eb) =>
      eb.or([
        eb(
          'id',
          'in',
          eb.selectFrom('check_in').select('volunteer_id').where('volunteer_id', 'is not', null),
        ),
        eb('id', 'in', eb.selectFrom('card').select('volunteer_id')),
        eb('id', 'in', eb.selectFrom('card_event').select('volunteer_id')),
      ]),
    )
    .orderBy('id')
    .execute();
  const total = { volunteers: 0, checkIns: 0, faults: [] as string[] };
  for (const { id } of left) {
    const report = await removeCheckInsOf(store, { ...asked, volunteer: id }, pace);
    if (report.checkIns > 0) total.volunteers += 1;
    total.checkIns += report.checkIns;
    total.faults.push(...report.faults);
  }
  return total;
}

/** As early as ever: for who was erased it counts from the shortest time that there can be. */
async function removeCheckInsOf(
  { db }: Pick<Store, 'db'>,
  { volunteer, by, atMs, dayOf }: Omit<EraseAsked, 'reason'>,
  pace: Pace,
): Promise<RunReport> {
  const beforeDay = firstDayKept(dayOf(atMs), daysKept(0, await longestAcceptDays(db)));
  const asked = { beforeDay, volunteer, by, atMs, dayOf };
  const report = await runRetention(
    db,
    { ...asked, waitingBeforeMs: Number.MAX_SAFE_INTEGER },
    pace,
  );
  await pace.slice(() => db.transaction().execute((trx) => forgetCards(trx, volunteer, atMs)));
  return report;
}
