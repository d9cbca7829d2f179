import { noteAction, Refusal, refuseBlank } from '../app/registry.ts';
import { piecesMax, type RewardTerms, rewardTermsSchema } from '../domain/reward.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';

type Parts = Pick<Store, 'db'>;

/** Who changes the catalogue, and when. */
export interface CatalogueChange {
  readonly by: string;
  readonly atMs: number;
}

/** What is to be otherwise; what is not named stays. */
export type ChangedTerms = {
  readonly [K in keyof RewardTerms]?: K extends 'name'
    ? Partial<RewardTerms['name']>
    : RewardTerms[K];
};

/**
 * Puts a reward into the catalogue.
 * @param stock pieces that there are
 * @returns its number
 * @throws Refusal with all that is wrong with it
 */
export async function addReward(
  { db }: Parts,
  terms: RewardTerms,
  stock: number,
  { by, atMs }: CatalogueChange,
): Promise<number> {
  const clean = cleanTerms(terms);
  if (stock !== 0) refusePieces(stock);
  if (stock < 0) throw new Refusal('there cannot be less than nothing in stock');
  return db.transaction().execute(async (trx) => {
    const row = { ...rowOf(clean), stock, added_ms: atMs, retired_ms: null };
    const { id } = await trx
      .insertInto('reward')
      .values(row)
      .returning('id')
      .executeTakeFirstOrThrow();
    await noteAction(trx, by, 'reward add', `reward/${id}`, { ...clean, stock }, atMs);
    if (stock > 0) await noteStocking(trx, { reward: id, pieces: stock, reason: '', by, at: atMs });
    return id;
  });
}

/**
 * Changes what a reward is called, costs, or who can redeem it when. What is reserved stays as it was agreed.
 * @throws Refusal when it is not in the catalogue, nothing changes, or the outcome would be wrong
 */
export async function changeReward(
  { db }: Parts,
  id: number,
  change: ChangedTerms,
  { by, atMs }: CatalogueChange,
): Promise<RewardTerms> {
  return db.transaction().execute(async (trx) => {
    const before = termsOf(await inCatalogue(trx, id));
    const after = cleanTerms({
      ...before,
      ...change,
      name: { ...before.name, ...change.name },
    });
    const [was, is] = differences(before, after);
    if (Object.keys(is).length === 0) throw new Refusal(`reward ${id} is so already`);
    await trx.updateTable('reward').set(rowOf(after)).where('id', '=', id).execute();
    await noteAction(trx, by, 'reward change', `reward/${id}`, { was, is }, atMs);
    return after;
  });
}

/**
 * Says that pieces came, or with a minus that some are gone that nobody redeemed.
 * @returns how many there are now
 * @throws Refusal when there are not so many, or nobody says why pieces are gone
 */
export async function restockReward(
  { db }: Parts,
  id: number,
  { pieces, reason }: { pieces: number; reason: string },
  { by, atMs }: CatalogueChange,
): Promise<number> {
  refusePieces(pieces);
  if (pieces < 0) refuseBlank(reason, 'the reason');
  return db.transaction().execute(async (trx) => {
    await noteAction(trx, by, 'reward restock', `reward/${id}`, { pieces, reason }, atMs);
    const changed = await trx
      .updateTable('reward')
      .set((eb) => ({ stock: eb('stock', '+', pieces) }))
      .where('id', '=', id)
      .where('retired_ms', 'is', null)
      .where((eb) => eb(eb('stock', '+', pieces), '>=', 0))
      .returning('stock')
      .executeTakeFirst();
    if (!changed) {
      const { stock } = await inCatalogue(trx, id);
      throw new Refusal(`there are only ${stock} of reward ${id} in stock`);
    }
    await noteStocking(trx, { reward: id, pieces, reason, by, at: atMs });
    return changed.stock;
  });
}

/**
 * Takes a reward out of the catalogue, for good. What is reserved can still be picked up.
 * @throws Refusal when it is not there
 */
export async function retireReward(
  { db }: Parts,
  id: number,
  { by, atMs }: CatalogueChange,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await inCatalogue(trx, id);
    await trx.updateTable('reward').set({ retired_ms: atMs }).where('id', '=', id).execute();
    await noteAction(trx, by, 'reward retire', `reward/${id}`, {}, atMs);
  });
}

/** The rewards with how many pieces are in stock, reserved and handed out. @param all the retired ones, too */
export async function listRewards({ db }: Parts, { all = false } = {}) {
  const taken = await db
    .selectFrom('redemption')
    .select(['reward', 'state'])
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .groupBy(['reward', 'state'])
    .execute();
  const counted = new Map(taken.map(({ reward, state, n }) => [`${reward} ${state}`, Number(n)]));
  const rows = await db
    .selectFrom('reward')
    .selectAll()
    .$if(!all, (query) => query.where('retired_ms', 'is', null))
    .orderBy('id')
    .execute();
  return rows.map(({ id, stock, retired_ms, ...row }) => ({
    ...{ id, ...termsOf(row), stock },
    reserved: counted.get(`${id} reserved`) ?? 0,
    handedOut: counted.get(`${id} handed-out`) ?? 0,
    retired: retired_ms === null ? null : new Date(retired_ms).toISOString(),
  }));
}

/** @throws Refusal when there is no such reward, or it was retired */
export async function inCatalogue(trx: Trx, id: number) {
  const row = await trx.selectFrom('reward').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new Refusal(`there is no reward ${id}`);
  if (row.retired_ms !== null) throw new Refusal(`reward ${id} was retired`);
  return row;
}

type TermsRow = ReturnType<typeof rowOf>;

export const termsOf = (row: Readonly<TermsRow>): RewardTerms => ({
  name: { zh: row.name_zh, en: row.name_en, ko: row.name_ko },
  cost: row.cost,
  limit:
    row.person_max === null || row.person_period === null
      ? null
      : { max: row.person_max, per: row.person_period },
  from: row.from_day,
  to: row.to_day,
});

const rowOf = ({ name, cost, limit, from, to }: RewardTerms) => ({
  ...{ name_zh: name.zh, name_en: name.en, name_ko: name.ko, cost },
  ...{ person_max: limit?.max ?? null, person_period: limit?.per ?? null },
  ...{ from_day: from, to_day: to },
});

function cleanTerms(terms: RewardTerms): RewardTerms {
  const parsed = rewardTermsSchema.safeParse(terms);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Refusal(faults.join('; '));
}

function differences(before: RewardTerms, after: RewardTerms): [object, object] {
  const keys = (Object.keys(after) as (keyof RewardTerms)[]).filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
  const of = (terms: RewardTerms) => Object.fromEntries(keys.map((key) => [key, terms[key]]));
  return [of(before), of(after)];
}

function refusePieces(pieces: number): void {
  if (Number.isSafeInteger(pieces) && pieces !== 0 && Math.abs(pieces) <= piecesMax) return;
  throw new Refusal(`pieces are a whole number up to ${piecesMax}, and not 0`);
}

const noteStocking = (
  trx: Trx,
  row: { reward: number; pieces: number; reason: string; by: string; at: number },
) => trx.insertInto('reward_stocking').values(row).execute();
