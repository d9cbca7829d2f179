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
