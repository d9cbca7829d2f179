import { Outgoing } from '../../feed/outgoing.ts';
import { enrolmentGraceMs } from '../../ingest/enrolment-rows.ts';
import type { EraseScene } from '../held-kind.ts';

/**
 * Waits for a card of this volunteer no more, and forgets which cards came when anybody waited for one:
 * theirs, and theirs where another's was waited for.
 */
export async function eraseEnrolments({
  trx,
  volunteer,
  atMs,
}: Pick<EraseScene, 'trx' | 'volunteer' | 'atMs'>): Promise<void> {
  const ended = await trx
    .updateTable('enrolment')
    .set({ ended_ms: atMs, result: 'cancelled' })
    .where('volunteer_id', '=', volunteer)
    .where('ended_ms', 'is', null)
    .where('until_ms', '>=', atMs - enrolmentGraceMs)
    .returning(['station', 'request'])
    .execute();
  const outgoing = new Outgoing();
  for (const { station, request } of ended) {
    outgoing.command(station, { name: 'enrol-over', request });
  }
  await outgoing.store(trx);
  const forgotten = { read: null, replaces: null };
  await trx.updateTable('enrolment').set(forgotten).where('volunteer_id', '=', volunteer).execute();
  await trx
    .updateTable('enrolment')
    .set({ refused: null })
    .where('refused', '=', volunteer)
    .execute();
}
