import type { Selectable } from 'kysely';
import { noteAction, Refusal, refuseBlank } from '../app/registry.ts';
import { isWithin, periodOf, type RewardTerms } from '../domain/reward.ts';
import type { Store } from '../store/open-store.ts';
import type { Schema, Trx } from '../store/schema.ts';
import { bookStep } from './book-redemption.ts';
import { inCatalogue, termsOf } from './catalogue.ts';
import { newPickUpCode } from './pick-up-code.ts';
import type { RedemptionRules } from './redemption-rules.ts';

/** One is open already once in millions of times; so often in a row says that the source of chance is broken. */
const codeTriesMax = 10;

export interface RedemptionAsked {
  readonly reward: number;
  readonly volunteer: string;
  readonly by: string;
  readonly atMs: number;
}

export interface RedeemContext {
  readonly rules: RedemptionRules;
  /** The scheme's local date of a moment. */
  readonly dayOf: (ms: number) => string;
  readonly makeCode?: () => string;
}

/**
 * Takes a piece and the points for it, which both wait until the reward is picked up or the redemption is
 * cancelled. Two operators at once get no more pieces than there are, and spend no more points.
 * @returns the code that the volunteer says to get it; it is told to nobody else and stands in no log
 * @throws Refusal when the reward, the volunteer, their points or the day do not allow it
 */
export async function redeem(
  { db }: Pick<Store, 'db'>,
  { reward, volunteer, by, atMs }: RedemptionAsked,
  { rules, dayOf, makeCode = newPickUpCode }: RedeemContext,
): Promise<{ id: number; code: string; points: number; balance: number }> {
  refuseBlank(by, 'the name of who does it');
  const day = dayOf(atMs);
  if (!(await rules.isOpen(day))) throw new Refusal(`nothing can be redeemed on ${day}`);
  return db.transaction().execute(async (trx) => {
    const standing = await rules.standingOf(trx, volunteer);
    if (standing === undefined) throw new Refusal(`no volunteer ${volunteer}`);
    if (standing !== 'active') throw new Refusal(`${volunteer} is ${standing}`);
    // Before anything is counted: whoever else redeems this reward waits here, and then sees what was done.
    const row = await takePiece(trx, reward);
    const { name, cost: points, ...terms } = termsOf(row);
    refuseOutside(reward, terms, day);
    await refuseBeyond(trx, { reward, volunteer, day }, terms.limit);
    const { id, code } = await insert(trx, makeCode, {
      ...{ reward, volunteer, points, day, reserved_by: by, reserved_ms: atMs },
    });
    await noteAction(trx, by, 'redemption reserve', volunteer, { redemption: id, reward }, atMs);
    const details = { reward, name, by, atMs };
    const balance = await bookStep(trx, 'reserve', { id, volunteer, points }, details);
    if (balance === undefined) throw new Error('points were reserved from no account');
    return { id, code, points, balance };
  });
}

/** The condition stands in the statement that takes it, so that there is no moment between the two. */
async function takePiece(trx: Trx, reward: number): Promise<Selectable<Schema['reward']>> {
  const taken = await trx
    .updateTable('reward')
    .set((eb) => ({ stock: eb('stock', '-', 1) }))
    .where('id', '=', reward)
    .where('retired_ms', 'is', null)
    .where('stock', '>', 0)
    .returningAll()
    .executeTakeFirst();
  if (taken) return taken;
  await inCatalogue(trx, reward);
  throw new Refusal(`reward ${reward} is out of stock`);
}

function refuseOutside(reward: number, terms: Pick<RewardTerms, 'from' | 'to'>, day: string): void {
  if (isWithin(terms, day)) return;
  const { from, to } = terms;
  const [since, until] = [from === null ? '' : ` from ${from}`, to === null ? '' : ` to ${to}`];
  throw new Refusal(`reward ${reward} can be redeemed${since}${until} only, and it is ${day}`);
}

/** A cancelled redemption counts for nothing. */
async function refuseBeyond(
  trx: Trx,
  { reward, volunteer, day }: { reward: number; volunteer: string; day: string },
  limit: RewardTerms['limit'],
): Promise<void> {
  if (limit === null) return;
  const { first, last } = periodOf(limit.per, day);
  const { n } = await trx
    .selectFrom('redemption')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('volunteer', '=', volunteer)
    .where('reward', '=', reward)
    .where('day', '>=', first)
    .where('day', '<=', last)
    .where('state', '<>', 'cancelled')
    .executeTakeFirstOrThrow();
  if (Number(n) < limit.max) return;
  const span = limit.per === 'ever' ? '' : ` in a ${limit.per}`;
  throw new Refusal(`nobody redeems more than ${limit.max} of reward ${reward}${span}`);
}

type Reserved = Pick<
  Selectable<Schema['redemption']>,
  'reward' | 'volunteer' | 'points' | 'day' | 'reserved_by' | 'reserved_ms'
>;

async function insert(
  trx: Trx,
  makeCode: () => string,
  reserved: Reserved,
): Promise<{ id: number; code: string }> {
  for (let tries = 0; tries < codeTriesMax; tries += 1) {
    const made = await trx
      .insertInto('redemption')
      .values({ ...reserved, code: makeCode(), state: 'reserved' })
      .onConflict((conflict) => conflict.doNothing())
      .returning(['id', 'code'])
      .executeTakeFirst();
    if (made) return made;
  }
  throw new Error(`${codeTriesMax} pick-up codes in a row are open already`);
}
