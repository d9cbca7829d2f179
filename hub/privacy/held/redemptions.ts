import { Refusal } from '../../app/registry.ts';
import type { HeldKind } from '../held-kind.ts';

export const heldRedemptions: HeldKind = {
  name: 'redemptions',
  what: 'Rewards that were redeemed, who handed them out or cancelled them, and why. They stay under the anonymous number.',
  read: ({ db, volunteer }) =>
    db
      .selectFrom('redemption')
      .innerJoin('reward', 'reward.id', 'redemption.reward')
      .select(['redemption.id', 'name_zh', 'name_en', 'name_ko', 'points', 'day', 'code'])
      .select(['reserved_by as reservedBy', 'reserved_ms as reservedMs', 'state'])
      .select(['closed_by as closedBy', 'closed_ms as closedMs', 'reason'])
      .where('volunteer', '=', volunteer)
      .orderBy('redemption.id')
      .execute(),
  refuse: async ({ trx, volunteer }) => {
    const open = await trx
      .selectFrom('redemption')
      .select('id')
      .where('volunteer', '=', volunteer)
      .where('state', '=', 'reserved')
      .execute();
    if (open.length === 0) return;
    const numbers = open.map(({ id }) => id).join(', ');
    throw new Refusal(`redemption ${numbers} is still open: hand it out or cancel it first`);
  },
};
