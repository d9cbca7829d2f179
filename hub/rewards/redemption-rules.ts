import type { Trx } from '../store/schema.ts';

export type Standing = 'active' | 'paused' | 'erased';

/** What redeeming asks of the scheme's rules and of the register of people. */
export interface RedemptionRules {
  /** Whether anything can be redeemed on a local day. */
  readonly isOpen: (day: string) => Promise<boolean>;
  /** undefined for somebody who is in no register. */
  readonly standingOf: (trx: Trx, volunteer: string) => Promise<Standing | undefined>;
}

/** Every day is open, and who is registered may redeem. */
export const openRules: RedemptionRules = {
  isOpen: async () => true,
  standingOf: async (trx, volunteer) => {
    const known = trx.selectFrom('volunteer').select('id').where('id', '=', volunteer);
    return (await known.executeTakeFirst()) && 'active';
  },
};
