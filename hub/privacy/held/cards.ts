import type { HeldKind } from '../held.ts';

export const heldCards: HeldKind = {
  name: 'cards',
  what: 'Cards, as the tokens that they are known by. Erased: the same card can be given to somebody else, and until then is an unknown one.',
  read: ({ db, volunteer }) =>
    db
      .selectFrom('card')
      .select(['token', 'status'])
      .where('volunteer_id', '=', volunteer)
      .orderBy('token')
      .execute(),
  erase: async ({ trx, volunteer }) => {
    await trx.deleteFrom('card').where('volunteer_id', '=', volunteer).execute();
  },
};
