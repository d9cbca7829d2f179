import { Refusal } from '../../app/registry.ts';
import type { HeldKind } from '../held-kind.ts';

export const heldContributions: HeldKind = {
  name: 'contributions',
  what: 'What they contributed, who recorded and who decided it, and the text, which may name others, too. The text is erased; kind, day and points stay under the anonymous number.',
  read: ({ db, volunteer }) =>
    db
      .selectFrom('contribution')
      .leftJoin('contribution_text', 'contribution', 'contribution.id')
      .select(['id', 'kind', 'day', 'points', 'text', 'decision', 'note'])
      .select(['recorded_by as recordedBy', 'recorded_ms as recordedMs'])
      .select(['decided_by as decidedBy', 'decided_ms as decidedMs'])
      .where('volunteer', '=', volunteer)
      .orderBy('id')
      .execute(),
  refuse: async ({ trx, volunteer }) => {
    const open = await trx
      .selectFrom('contribution')
      .select('id')
      .where('volunteer', '=', volunteer)
      .where('decision', 'is', null)
      .executeTakeFirst();
    if (open) throw new Refusal(`contribution ${open.id} still waits: approve or refuse it first`);
  },
  erase: async ({ trx, volunteer }) => {
    await trx
      .deleteFrom('contribution_text')
      .where('contribution', 'in', (eb) =>
        eb.selectFrom('contribution').select('id').where('volunteer', '=', volunteer),
      )
      .execute();
  },
};
