import { expect } from 'vitest';
import { addVolunteer, Refusal } from '../../hub/app/registry.ts';
import { volunteerAccount } from '../../hub/domain/ledger.ts';
import { addDays, startOfDay } from '../../hub/domain/local-time.ts';
import { expirePoints } from '../../hub/ledger/expire-points.ts';
import { changeReward, restockReward } from '../../hub/rewards/catalogue.ts';
import { cancelRedemption } from '../../hub/rewards/close-redemption.ts';
import { dayOf, type IngestHub, minuteMs, Past, reading, startMs } from './ingest-hub.ts';
import { RewardDesk } from './reward-desk.ts';

const hourMs = 60 * minuteMs;
/** So long after the first day the desk begins: every check-in is late by then, and in any order. */
const beginMs = startMs + 72 * hourMs;
/** From one step to the next: what is earned and what expires lies on several days. */
const stepMs = 7 * hourMs;

/** What a station brings, what operators do, and what the night does; numbers choose among what there is. */
export type Step =
  | { readonly do: 'check-ins'; readonly lane: number; readonly count: number }
  | { readonly do: 'correct'; readonly who: number; readonly points: number }
  | { readonly do: 'redeem'; readonly who: number; readonly reward: number }
  | { readonly do: 'hand-out' | 'cancel'; readonly which: number }
  | { readonly do: 'expire'; readonly days: number }
  | { readonly do: 'restock'; readonly reward: number; readonly pieces: number }
  | { readonly do: 'change'; readonly reward: number; readonly cost: number }
  | { readonly do: 'restart' };

interface ToldReward {
  readonly id: number;
  cost: number;
  stock: number;
  /** For one person, ever. */
  readonly max: number;
}

interface ToldRedemption {
  readonly code: string;
  readonly reward: ToldReward;
  readonly volunteer: string;
  state: 'reserved' | 'handed-out' | 'cancelled';
}

/** Performs steps on a hub, and says beforehand what each has to come to. */
export class RewardStory {
  /** How often what happened, to see that a story is about something. */
  readonly happened = new Map<string, number>();
  readonly #hub: IngestHub;
  readonly #desk: RewardDesk;
  readonly #lanes: { past: Past; total: number; sent: number }[];
  readonly #rewards: ToldReward[] = [];
  readonly #redemptions: ToldRedemption[] = [];
  #volunteers: string[] = [];

  constructor(hub: IngestHub, lanes: readonly (readonly number[])[]) {
    this.#hub = hub;
    this.#desk = new RewardDesk(hub);
    this.#lanes = lanes.map((minutes) => {
      const past = new Past(hub);
      for (const minute of minutes.toSorted((a, b) => a - b)) past.checkIn(reading(minute));
      return { past, total: minutes.length, sent: 0 };
    });
  }

  async run(steps: readonly Step[]): Promise<void> {
    this.#at(0);
    this.#volunteers = [this.#hub.volunteer, await addVolunteer(this.#hub.store, 'B', 'test')];
    for (const [cost, stock, max] of [
      [10, 2, 100],
      [25, 9, 1],
      [3, 1, 2],
    ] as const) {
      const id = await this.#desk.add({ cost, limit: { max, per: 'ever' } }, stock);
      this.#rewards.push({ id, cost, stock, max });
    }
    for (const [index, step] of steps.entries()) {
      this.#at(index + 1);
      await this.#perform(step);
      await this.#check();
    }
    for (const lane of this.#lanes) await this.#bring(lane, lane.total);
    await this.#check();
    expect((await this.#desk.audit()).findings).toEqual([]);
  }

  #at(step: number): void {
    this.#desk.atMs = beginMs + step * stepMs;
    this.#hub.nowMs = this.#desk.atMs;
  }

  async #perform(step: Step): Promise<void> {
    switch (step.do) {
      case 'check-ins': {
        const lane = this.#lanes[step.lane % this.#lanes.length];
        return lane && this.#bring(lane, step.count);
      }
      case 'correct':
        return step.points === 0 ? undefined : this.#desk.give(step.points, this.#who(step.who));
      case 'redeem':
        return this.#redeem(this.#who(step.who), this.#reward(step.reward));
      case 'hand-out':
      case 'cancel': {
        const one = this.#redemptions[step.which % Math.max(1, this.#redemptions.length)];
        return one && this.#close(one, step.do);
      }
      case 'expire': {
        const before = addDays(dayOf(this.#desk.atMs), 1 - step.days);
        const run = { before, beforeMs: startOfDay(before, dayOf), policy: 1, by: 'nightly' };
        const expired = await expirePoints(this.#hub.store, { ...run, atMs: this.#desk.atMs });
        if (expired.length > 0) this.#note('points expired');
        return;
      }
      case 'restock':
        return this.#restock(this.#reward(step.reward), step.pieces);
      case 'change': {
        const { cost } = step;
        const reward = this.#reward(step.reward);
        if (reward.cost === cost) return;
        await changeReward(this.#hub.store, reward.id, { cost }, this.#desk.change);
        reward.cost = cost;
        return;
      }
      case 'restart':
        return this.#hub.restart();
    }
  }

  async #bring(lane: { past: Past; total: number; sent: number }, count: number): Promise<void> {
    const through = Math.min(lane.total, lane.sent + count);
    if (through === lane.sent) return;
    const sentMinute = (this.#desk.atMs - startMs) / minuteMs;
    await this.#hub.give(lane.past.message(lane.sent + 1, through, sentMinute));
    lane.sent = through;
  }

  async #redeem(volunteer: string, reward: ToldReward): Promise<void> {
    const had = await this.#balanceOf(volunteer);
    const mine = this.#redemptions.filter(
      (one) => one.volunteer === volunteer && one.reward === reward && one.state !== 'cancelled',
    );
    const fault =
      reward.stock === 0
        ? 'out of stock'
        : mine.length >= reward.max
          ? 'nobody redeems more'
          : had < reward.cost
            ? 'and the account has'
            : undefined;
    const asked = this.#desk.redeem(reward.id, { volunteer });
    if (fault !== undefined) return this.#refused(asked, fault);
    const { code, balance } = await asked;
    expect(balance).toBe(had - reward.cost);
    reward.stock -= 1;
    this.#redemptions.push({ code, reward, volunteer, state: 'reserved' });
    this.#note('redeemed');
  }

  async #close(one: ToldRedemption, verb: 'hand-out' | 'cancel'): Promise<void> {
    const closing = { ...this.#desk.change, reason: 'a reason' };
    const asked =
      verb === 'hand-out'
        ? this.#desk.handOut(one.code)
        : cancelRedemption(this.#hub.store, one.code, closing);
    if (one.state !== 'reserved') return this.#refused(asked, 'already');
    await asked;
    one.state = verb === 'hand-out' ? 'handed-out' : 'cancelled';
    if (verb === 'cancel') one.reward.stock += 1;
    this.#note(one.state);
  }

  async #restock(reward: ToldReward, pieces: number): Promise<void> {
    if (pieces === 0) return;
    const stocking = { pieces, reason: 'a reason' };
    const asked = restockReward(this.#hub.store, reward.id, stocking, this.#desk.change);
    if (reward.stock + pieces < 0) return this.#refused(asked, 'there are only');
    await asked;
    reward.stock += pieces;
  }

  async #refused(asked: Promise<unknown>, line: string): Promise<void> {
    await expect(asked).rejects.toThrow(line);
    await expect(asked).rejects.toThrow(Refusal);
    this.#note(line);
  }

  /** Sums are zero, no stock is below it, and no balance is but by corrections. */
  async #check(): Promise<void> {
    const { db } = this.#hub.store;
    const rewards = await db.selectFrom('reward').select(['id', 'stock']).orderBy('id').execute();
    expect(rewards).toEqual(this.#rewards.map(({ id, stock }) => ({ id, stock })));
    for (const { stock } of rewards) expect(stock).toBeGreaterThanOrEqual(0);
    expect((await this.#hub.balances()).sum).toBe(0);
    const transfers = await db
      .selectFrom('transfer')
      .select(['reference', 'debit', 'credit', 'amount', 'code'])
      .orderBy('id')
      .execute();
    for (const volunteer of this.#volunteers) {
      const account = volunteerAccount(volunteer);
      let balance = 0;
      for (const { reference, debit, credit, amount, code } of transfers) {
        if (credit === account) balance += amount;
        if (debit !== account) continue;
        balance -= amount;
        if (balance < 0) expect(code, `${reference} leaves ${balance}`).toBe('correction');
      }
      if (balance < 0) this.#note('points are owed');
      expect(await this.#balanceOf(volunteer)).toBe(balance);
    }
    const isLate = transfers.some(
      ({ code, reference }) => code === 'correction' && reference.startsWith('check-in/'),
    );
    if (isLate) this.#note('a late check-in corrected another');
  }

  async #balanceOf(volunteer: string): Promise<number> {
    const { balance } = await this.#hub.store.db
      .selectFrom('account')
      .select('balance')
      .where('id', '=', volunteerAccount(volunteer))
      .executeTakeFirstOrThrow();
    return balance;
  }

  #who = (index: number): string => this.#volunteers[index % this.#volunteers.length] ?? '';

  #reward(index: number): ToldReward {
    const reward = this.#rewards[index % this.#rewards.length];
    if (!reward) throw new Error('there are no rewards');
    return reward;
  }

  #note(what: string): void {
    this.happened.set(what, (this.happened.get(what) ?? 0) + 1);
  }
}
