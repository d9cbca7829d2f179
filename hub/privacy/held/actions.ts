import type { HeldKind } from '../held-kind.ts';

export const heldActions: HeldKind = {
  name: 'actions',
  what: 'What operators did about this person. It stays: nothing of it is ever changed, and it names the person by the anonymous number.',
  read: ({ db, volunteer }) =>
    db
      .selectFrom('operator_action')
      .select(['at as atMs', 'by', 'action', 'detail'])
      .where('subject', '=', volunteer)
      .orderBy('id')
      .execute(),
};
