import type { Store } from '../store/open-store.ts';

/** Every volunteer's points, by name. */
export const balances = ({ db }: Store) =>
  db
    .selectFrom('volunteer')
    .innerJoin('account', 'account.volunteer_id', 'volunteer.id')
    .select(['volunteer.id', 'volunteer.name', 'account.balance'])
    .orderBy('volunteer.name')
    .execute();

/** Every station, without its keys. */
export const listStations = ({ db }: Store) =>
  db.selectFrom('station').select(['id', 'name', 'revoked_at']).orderBy('name').execute();

/** What an operator should know at a glance: open alarms, what was stored, and what was refused and why. */
export async function status({ db }: Store) {
  const countOf = async (table: 'station' | 'volunteer' | 'journal' | 'transfer') =>
    Number(
      (await db.selectFrom(table).select(db.fn.countAll().as('n')).executeTakeFirstOrThrow()).n,
    );
  const open = await db.selectFrom('alarm').select('id').where('resolved_ms', 'is', null).execute();
  const refusals = await db
    .selectFrom('refusal')
    .select(['reason', 'station', 'count', 'last_at'])
    .orderBy('reason')
    .execute();
  return {
    openAlarms: open.length,
    stations: await countOf('station'),
    volunteers: await countOf('volunteer'),
    entries: await countOf('journal'),
    transfers: await countOf('transfer'),
    refusals,
  };
}
