import { fromTheBeginning } from '../domain/card.ts';
import type { Trx } from '../store/schema.ts';

/**
 * From when on cards that nobody has are somebody's when they are issued: from the beginning, but for
 * one that was an erased person's, which must not bring the next owner what that person has tapped.
 * @returns a function from each of these tokens to Unix time in ms
 */
export async function issuedFrom(
  trx: Trx,
  tokens: readonly string[],
): Promise<(token: string) => number> {
  const rows = await trx
    .selectFrom('forgotten_card')
    .selectAll()
    .where('token', 'in', tokens)
    .execute();
  const known = new Map(rows.map(({ token, not_before_ms }) => [token, not_before_ms]));
  return (token) => known.get(token) ?? fromTheBeginning;
}

/** Keeps of an erased volunteer's cards, before they are deleted, that what was tapped until now is not the next owner's. */
export async function keepNotBefore(trx: Trx, volunteer: string, atMs: number): Promise<void> {
  await trx
    .insertInto('forgotten_card')
    .columns(['token', 'not_before_ms'])
    .expression((eb) =>
      eb
        .selectFrom('card')
        .select(({ val }) => ['token', val(atMs).as('not_before_ms')])
        .where('volunteer_id', '=', volunteer),
    )
    .onConflict((conflict) =>
      conflict
        .column('token')
        .doUpdateSet({ not_before_ms: (eb) => eb.ref('excluded.not_before_ms') }),
    )
    .execute();
}
