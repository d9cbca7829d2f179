import { isRedeemable } from '../domain/policy.ts';
import { PolicyBook } from '../ingest/policy-book.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';

export type Standing = 'active' | 'paused' | 'erased';

/** What redeeming asks of the scheme's rules and of the register of people. */
export interface RedemptionRules {
  /** Whether anything can be redeemed on a local day. */
  readonly isOpen: (day: string) => Promise<boolean>;
  /** undefined for somebody who is in no register. */
  readonly standingOf: (trx: Trx, volunteer: string) => Promise<Standing | undefined>;
}

/** The windows of the policy in force, and who is paused. */
export const schemeRules = ({ ingest }: Pick<Store, 'ingest'>): RedemptionRules => ({
  isOpen: async (day) => isRedeemable((await new PolicyBook(ingest).find(day)).body, day),
  standingOf: async (trx, volunteer) => {
    const row = await trx
      .selectFrom('volunteer')
      .leftJoin('volunteer_pause as pause', (join) =>
        join.onRef('pause.volunteer_id', '=', 'volunteer.id').on('pause.until_ms', 'is', null),
      )
      .select(['pause.from_ms', 'erased_ms'])
      .where('volunteer.id', '=', volunteer)
      .executeTakeFirst();
    if (!row) return undefined;
    if (row.erased_ms !== null) return 'erased';
    return row.from_ms === null ? 'active' : 'paused';
  },
});
