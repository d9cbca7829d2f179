import type { Selectable } from 'kysely';
import { noteAction, Refusal, refuseBlank } from '../app/registry.ts';
import type { Store } from '../store/open-store.ts';
import type { Schema, Trx } from '../store/schema.ts';
import { bookStep } from './book-redemption.ts';
import { readPickUpCode } from './pick-up-code.ts';

type Row = Selectable<Schema['redemption']>;
export type Closed = Pick<Row, 'id' | 'reward' | 'volunteer' | 'points'> & {
  readonly name: Readonly<Record<'zh' | 'en' | 'ko', string>>;
};

/** Who closes a redemption, and when. */
export interface Closing {
  readonly by: string;
  readonly atMs: number;
}

/**
 * The volunteer said the code and got the reward: the points are redeemed.
 * @throws Refusal when no open redemption has the code
 */
export const handOut = (
  { db }: Pick<Store, 'db'>,
  code: string,
  closing: Closing,
): Promise<Closed> =>
  db.transaction().execute(async (trx) => {
    refuseBlank(closing.by, 'the name of who does it');
    const found = await byCode(trx, code);
    const closed = await close(trx, found, 'handed-out', { ...closing, reason: null });
    await bookStep(trx, 'hand-out', closed, { ...closing, ...closed });
    return closed;
  });

/**
 * The reward will not be picked up: the piece is in stock again, and the points are the volunteer's.
 * @param which the code, or the number of the redemption where the code is lost
 * @throws Refusal when there is no such open redemption, or nobody says why
 */
export const cancelRedemption = (
  { db }: Pick<Store, 'db'>,
  which: string,
  { reason, ...closing }: Closing & { readonly reason: string },
): Promise<Closed & { balance: number | undefined }> =>
  db.transaction().execute(async (trx) => {
    refuseBlank(closing.by, 'the name of who does it');
    refuseBlank(reason, 'the reason');
    const found = /^\d{1,15}$/.test(which)
      ? await byNumber(trx, Number(which))
      : await byCode(trx, which);
    const closed = await close(trx, found, 'cancelled', { ...closing, reason });
    await trx
      .updateTable('reward')
      .set((eb) => ({ stock: eb('stock', '+', 1) }))
      .where('id', '=', closed.reward)
      .execute();
    const details = { ...closing, ...closed, text: reason };
    return { ...closed, balance: await bookStep(trx, 'cancel', closed, details) };
  });

async function byNumber(trx: Trx, id: number): Promise<Row> {
  const row = await trx
    .selectFrom('redemption')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) throw new Refusal(`there is no redemption ${id}`);
  return row;
}

/** The open one that has the code, or the last one that had it. */
async function byCode(trx: Trx, text: string): Promise<Row> {
  const code = readPickUpCode(text);
  const row =
    code === undefined
      ? undefined
      : await trx
          .selectFrom('redemption')
          .selectAll()
          .where('code', '=', code)
          .orderBy('id', 'desc')
          .executeTakeFirst();
  // What was typed is not repeated: it may be the code of another one, mistyped.
  if (!row) throw new Refusal('no redemption has this pick-up code');
  return row;
}

/** Another operator may have closed it since it was looked up: the condition stands in the statement. */
async function close(
  trx: Trx,
  { id }: Row,
  state: 'handed-out' | 'cancelled',
  { by, atMs, reason }: Closing & { readonly reason: string | null },
): Promise<Closed> {
  const closed = await trx
    .updateTable('redemption')
    .set({ state, closed_by: by, closed_ms: atMs, reason })
    .where('id', '=', id)
    .where('state', '=', 'reserved')
    .returning(['id', 'reward', 'volunteer', 'points'])
    .executeTakeFirst();
  if (!closed) {
    const { state: now, closed_by } = await byNumber(trx, id);
    const done = now === 'cancelled' ? 'cancelled' : 'handed out';
    throw new Refusal(`redemption ${id} was ${done} already, by ${closed_by}`);
  }
  const verb = state === 'handed-out' ? 'hand-out' : 'cancel';
  const detail = { redemption: id, reward: closed.reward, ...(reason !== null && { reason }) };
  await noteAction(trx, by, `redemption ${verb}`, closed.volunteer, detail, atMs);
  const { name_zh, name_en, name_ko } = await trx
    .selectFrom('reward')
    .select(['name_zh', 'name_en', 'name_ko'])
    .where('id', '=', closed.reward)
    .executeTakeFirstOrThrow();
  return { ...closed, name: { zh: name_zh, en: name_en, ko: name_ko } };
}
