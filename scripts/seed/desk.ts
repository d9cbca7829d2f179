import { publishPolicy } from '../../hub/app/policies.ts';
import { Refusal } from '../../hub/app/registry.ts';
import type { LocalDay } from '../../hub/domain/dating.ts';
import { expiryCutoff } from '../../hub/domain/expiry.ts';
import { honours } from '../../hub/domain/honours.ts';
import { startOfDay } from '../../hub/domain/local-time.ts';
import { type Policy, policySchema } from '../../hub/domain/policy.ts';
import { lookForFraud } from '../../hub/fraud/look.ts';
import { awardHonour, proposeHonour } from '../../hub/honours/candidates.ts';
import { PolicyBook } from '../../hub/ingest/policy-book.ts';
import { settleBounties } from '../../hub/ledger/bounties.ts';
import { decideContribution, recordContribution } from '../../hub/ledger/contributions.ts';
import { askCorrection, decideCorrection } from '../../hub/ledger/corrections.ts';
import { expirePoints } from '../../hub/ledger/expire-points.ts';
import { periodOf } from '../../hub/reports/period.ts';
import { addReward } from '../../hub/rewards/catalogue.ts';
import { cancelRedemption, handOut } from '../../hub/rewards/close-redemption.ts';
import { redeem } from '../../hub/rewards/redeem.ts';
import { schemeRules } from '../../hub/rewards/redemption-rules.ts';
import type { Store } from '../../hub/store/open-store.ts';
import type { Random } from '../../test/simulation/random.ts';
import type { District } from './district.ts';

/** Who did it all: made-up data names nobody. */
export const operators = ['Operator A', 'Operator B'] as const;
const [first, second] = operators;

/** In force from the start of the 2nd and of the 7th month: nights and rounds, then bounties and limits. */
const policies: readonly (Partial<Policy> & { fromMonth: number })[] = [
  {
    fromMonth: 2,
    night: { from: '21:00', to: '05:30', points: 5 },
    round: { stations: 4, points: 15 },
    pointsPerDayMax: 60,
  },
  {
    fromMonth: 7,
    night: { from: '21:00', to: '05:30', points: 5 },
    pointsPerDayMax: 50,
    pointsPerMonthMax: 700,
    bounty: { fewerThan: 40, points: 20, budgetPerMonth: 2_000 },
    expiry: { kind: 'after-months', months: 4 },
  },
];
const common = { pointsPerCheckIn: 10, pausePerStationMin: 60 };

const rewards = [
  { name: { zh: '大米', en: 'Rice', ko: '쌀' }, cost: 300, stock: 400 },
  { name: { zh: '保温杯', en: 'Flask', ko: '보온병' }, cost: 200, stock: 150 },
  { name: { zh: '雨伞', en: 'Umbrella', ko: '우산' }, cost: 120, stock: 40 },
] as const;

const kinds = ['information', 'mediation', 'hazard-removed'] as const;

export interface DeskFigures {
  contributions: number;
  corrections: number;
  redemptions: number;
  /** What could not be: out of stock, too few points. */
  refusals: number;
  bounties: number;
  expired: number;
  honours: number;
  suspicions: number;
}

/** What operators do while the district lives, with the functions that the command line calls. */
export class OperatorsDesk {
  readonly figures: DeskFigures = {
    ...{ contributions: 0, corrections: 0, redemptions: 0, refusals: 0 },
    ...{ bounties: 0, expired: 0, honours: 0, suspicions: 0 },
  };
  readonly #store: Store;
  readonly #random: Random;
  readonly #district: District;
  readonly #dayOf: LocalDay;
  #months = 0;
  #month = '';
  readonly #rewards: number[] = [];

  constructor(store: Store, random: Random, district: District, dayOf: LocalDay) {
    this.#store = store;
    this.#random = random;
    this.#district = district;
    this.#dayOf = dayOf;
  }

  /** Puts rewards into the catalogue. */
  async open(atMs: number): Promise<void> {
    for (const { stock, ...terms } of rewards) {
      const whole = { ...terms, limit: { max: 4, per: 'year' }, from: null, to: null } as const;
      this.#rewards.push(await addReward(this.#store, whole, stock, { by: first, atMs }));
    }
  }

  /** One day at the desk. @param atMs some time of that day */
  async work(day: string, atMs: number): Promise<void> {
    const month = day.slice(0, 7);
    if (month !== this.#month) {
      const over = this.#month;
      this.#month = month;
      this.#months += 1;
      if (over !== '') await this.#closeMonth(over, day, atMs);
      await this.#announce(day, atMs);
    }
    for (let n = this.#random.between(0, 4); n > 0; n -= 1) await this.#contribution(day, atMs);
    if (this.#random.chance(0.15)) await this.#correction(atMs);
    for (let n = this.#random.between(0, 3); n > 0; n -= 1) await this.#redemption(atMs);
  }

  /** What begins with the next month is published within this one: old days keep their policy. */
  async #announce(day: string, atMs: number): Promise<void> {
    const next = policies.find(({ fromMonth }) => fromMonth === this.#months + 1);
    if (!next) return;
    const { fromMonth: _, ...rules } = next;
    const policy = policySchema.parse({ ...common, ...rules });
    const from = firstOfNext(day);
    const published = { policy, from, by: first, atMs, dayOf: this.#dayOf };
    await publishPolicy(this.#store, published);
  }

  async #closeMonth(month: string, day: string, atMs: number): Promise<void> {
    const { from, to } = periodOf(month);
    const paid = await settleBounties(this.#store, { month, by: first, atMs, dayOf: this.#dayOf });
    this.figures.bounties += paid.bounties;
    for (const honour of honours) {
      const [best] = await proposeHonour(this.#store, month, honour, this.#dayOf);
      if (!best) continue;
      const award = { by: second, reason: 'first in the list', atMs, dayOf: this.#dayOf };
      await awardHonour(this.#store, { month, honour, volunteer: best.volunteer }, award);
      this.figures.honours += 1;
    }
    const found = await lookForFraud(this.#store, { from, to }, { by: first, atMs });
    this.figures.suspicions += Object.values(found).reduce((sum, n) => sum + n, 0);
    await this.#expire(day, atMs);
  }

  async #expire(day: string, atMs: number): Promise<void> {
    const { version, body } = await new PolicyBook(this.#store.ingest).find(day);
    const before = expiryCutoff(body.expiry, day);
    if (before === undefined) return;
    const run = { before, beforeMs: startOfDay(before, this.#dayOf), policy: version };
    const expired = await expirePoints(this.#store, { ...run, by: first, atMs });
    this.figures.expired += expired.reduce((sum, { points }) => sum + points, 0);
  }

  async #contribution(day: string, atMs: number): Promise<void> {
    const { id: volunteer } = this.#random.pick(this.#district.volunteers);
    const kind = this.#random.pick(kinds);
    const points = this.#random.between(20, 50);
    const about = { volunteer, kind, day, points, text: 'Made up', by: first, atMs, today: day };
    const id = await recordContribution(this.#store, about);
    const decision = this.#random.chance(0.85) ? 'approved' : 'refused';
    const note = decision === 'refused' ? 'made up' : undefined;
    await decideContribution(this.#store, { id, decision, note, by: second, atMs });
    this.figures.contributions += 1;
  }

  async #correction(atMs: number): Promise<void> {
    const { id: volunteer } = this.#random.pick(this.#district.volunteers);
    const points = this.#random.between(1, 15) * 10 * (this.#random.chance(0.3) ? -1 : 1);
    const asked = { volunteer, points, reason: 'made up', by: first, atMs };
    const { id, state } = await askCorrection(this.#store, asked, { aloneMax: 100 });
    if (state === 'waits') {
      await decideCorrection(this.#store, { id, decision: 'approved', by: second, atMs });
    }
    this.figures.corrections += 1;
  }

  async #redemption(atMs: number): Promise<void> {
    const { id: volunteer } = this.#random.pick(this.#district.volunteers);
    const asked = { reward: this.#random.pick(this.#rewards), volunteer, by: first, atMs };
    const context = { rules: schemeRules(this.#store), dayOf: this.#dayOf };
    try {
      const { code } = await redeem(this.#store, asked, context);
      this.figures.redemptions += 1;
      const closing = { by: second, atMs };
      if (this.#random.chance(0.85)) await handOut(this.#store, code, closing);
      else if (this.#random.chance(0.7)) {
        await cancelRedemption(this.#store, code, { ...closing, reason: 'made up' });
      }
    } catch (error) {
      // Too few points, or nothing left: that is how it goes at a desk.
      if (!(error instanceof Refusal)) throw error;
      this.figures.refusals += 1;
    }
  }
}

/** @param day YYYY-MM-DD @returns the first day of the month after its own */
function firstOfNext(day: string): string {
  const [year = 0, month = 1] = day.split('-').map(Number);
  return new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10);
}
