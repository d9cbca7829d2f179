import type { Trx } from '../store/schema.ts';
import { Refusal } from './registry.ts';

/** @throws Refusal when nobody has this id, or it is of somebody who was erased */
export async function refuseStranger(trx: Trx, volunteer: string): Promise<void> {
  const row = await trx
    .selectFrom('volunteer')
    .select('erased_ms')
    .where('id', '=', volunteer)
    .executeTakeFirst();
  if (!row) throw new Refusal(`there is no volunteer ${volunteer}`);
  if (row.erased_ms !== null) throw new Refusal(`${volunteer} was erased, and stays so`);
}
