import { settleDays } from '../ingest/settle-days.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';
import { noDates, workFor } from './work-for.ts';

/**
 * Gives the check-ins that an unknown card made to whose it is now, and settles their days again. One
 * whose date is doubtful waits for a person like any other.
 */
export async function assignCheckIns(
  store: Pick<Store, 'ingest'>,
  trx: Trx,
  { volunteer, card }: { volunteer: string; card: string },
): Promise<void> {
  const unowned = trx
    .updateTable('check_in')
    .set({ volunteer_id: volunteer })
    .where('card', '=', card)
    .where('volunteer_id', 'is', null);
  await unowned
    .set({ counts: 0, outcome: 'held-for-review' })
    .where('review', 'is not', null)
    .execute();
  const mine = await unowned.set({ counts: 1, outcome: 'recorded' }).returning('day').execute();
  if (mine.length === 0) return;
  // Their days stand in their rows: nothing here is dated anew.
  const work = workFor(store, trx, { atMs: Date.now(), dayOf: noDates });
  const days = new Set(mine.map((checkIn) => checkIn.day));
  await settleDays(
    work,
    [...days].map((day) => ({ volunteer, day })),
  );
  await work.outgoing.store(trx);
}
