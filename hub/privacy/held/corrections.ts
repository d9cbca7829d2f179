import { Refusal } from '../../app/registry.ts';
import type { HeldKind } from '../held-kind.ts';

export const heldCorrections: HeldKind = {
  name: 'corrections',
  what: 'Points given or taken by hand, who asked for it, who decided, and why. They stay under the anonymous number.',
  read: ({ db, volunteer }) =>
    db
      .selectFrom('correction')
      .select(['id', 'points', 'reason', 'asked_by as askedBy', 'asked_ms as askedMs'])
      .select(['decision', 'decided_by as decidedBy', 'decided_ms as decidedMs'])
      .where('volunteer', '=', volunteer)
      .orderBy('id')
      .execute(),
  refuse: async ({ trx, volunteer }) => {
    const open = await trx
      .selectFrom('correction')
      .select('id')
      .where('volunteer', '=', volunteer)
      .where('decision', 'is', null)
      .executeTakeFirst();
    if (open) throw new Refusal(`correction ${open.id} still waits: approve or refuse it first`);
  },
};
