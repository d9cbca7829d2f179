import type { HeldKind } from '../held-kind.ts';

export const heldHonours: HeldKind = {
  name: 'honours',
  what: 'Honours that were awarded, with the figures of their month. They stay under the anonymous number.',
  read: ({ db, volunteer }) =>
    db
      .selectFrom('honour')
      .select(['month', 'honour', 'figures', 'rank', 'reason'])
      .select(['awarded_by as awardedBy', 'awarded_ms as awardedMs'])
      .where('volunteer', '=', volunteer)
      .orderBy('id')
      .execute(),
};
