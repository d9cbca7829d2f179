import { audit } from '../../hub/audit/audit.ts';
import type { RewardTerms } from '../../hub/domain/reward.ts';
import { askCorrection } from '../../hub/ledger/corrections.ts';
import { addReward } from '../../hub/rewards/catalogue.ts';
import { handOut } from '../../hub/rewards/close-redemption.ts';
import { type RedeemContext, redeem } from '../../hub/rewards/redeem.ts';
import { schemeRules } from '../../hub/rewards/redemption-rules.ts';
import { dayOf, type IngestHub, minuteMs, startMs } from './ingest-hub.ts';

export const umbrella: RewardTerms = {
  name: { zh: '雨伞', en: 'Umbrella', ko: '우산' },
  cost: 30,
  ...{ limit: null, from: null, to: null },
};

/** An operator at the hub's desk, on 2 March 2026 in the scheme's zone. */
export class RewardDesk {
  readonly by = 'Operator A';
  atMs = startMs + 200 * minuteMs;
  readonly #hub: IngestHub;

  constructor(hub: IngestHub) {
    this.#hub = hub;
  }

  get change() {
    return { by: this.by, atMs: this.atMs };
  }

  add(terms: Partial<RewardTerms> = {}, stock = 5): Promise<number> {
    return addReward(this.#hub.store, { ...umbrella, ...terms }, stock, this.change);
  }

  async give(points: number, volunteer = this.#hub.volunteer): Promise<void> {
    const asked = { volunteer, points, reason: 'a reason', ...this.change };
    await askCorrection(this.#hub.store, asked, { aloneMax: 1_000_000 });
  }

  redeem(
    reward: number,
    {
      volunteer = this.#hub.volunteer,
      ...context
    }: Partial<RedeemContext> & { volunteer?: string } = {},
  ) {
    const asked = { reward, volunteer, ...this.change };
    return redeem(this.#hub.store, asked, {
      rules: schemeRules(this.#hub.store),
      dayOf,
      ...context,
    });
  }

  handOut(code: string) {
    return handOut(this.#hub.store, code, this.change);
  }

  async stockOf(reward: number): Promise<number> {
    const { stock } = await this.#hub.store.db
      .selectFrom('reward')
      .select('stock')
      .where('id', '=', reward)
      .executeTakeFirstOrThrow();
    return stock;
  }

  /** Balances of the volunteer and of the two accounts that redemptions go through. */
  async accounts() {
    const rows = await this.#hub.store.db.selectFrom('account').select(['id', 'balance']).execute();
    const of = new Map(rows.map(({ id, balance }) => [id, balance]));
    const [reserved, redeemed] = [of.get('scheme:reserved'), of.get('scheme:redeemed')];
    return { volunteer: of.get(`volunteer:${this.#hub.volunteer}`), reserved, redeemed };
  }

  audit() {
    const { db, ingest } = this.#hub.store;
    return audit({ db, ingest });
  }
}
