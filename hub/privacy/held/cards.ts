import { keepNotBefore } from '../../ingest/forgotten-cards.ts';
import type { Trx } from '../../store/schema.ts';
import type { HeldKind } from '../held-kind.ts';
import { eraseEnrolments } from './enrolments.ts';

export const heldCards: HeldKind = {
  name: 'cards',
  what: 'Cards, as the tokens that they are known by, what became of each, and enrolments. An erasure takes them back, so that they can be given to somebody else, and ends enrolments, of which volunteer number, station and moment stay; what is left of them goes with the last check-in, but for the token, without a person, of each card, with the moment before which its taps are nobody’s, and how often it had been read, so that no old message of it counts again.',
  read: async ({ db, volunteer }) => ({
    cards: await db
      .selectFrom('card')
      .select(['token', 'status', 'since_ms as sinceMs'])
      .where('volunteer_id', '=', volunteer)
      .orderBy('token')
      .execute(),
    changes: await db
      .selectFrom('card_event')
      .select(['card', 'status', 'from_ms as fromMs', 'at as atMs', 'by', 'reason'])
      .where('volunteer_id', '=', volunteer)
      .orderBy('id')
      .execute(),
    counters: await db
      .selectFrom('card_counter')
      .innerJoin('card', 'card.token', 'card_counter.card')
      .select(['card', 'counter'])
      .where('volunteer_id', '=', volunteer)
      .orderBy('card')
      .execute(),
    enrolments: await db
      .selectFrom('enrolment')
      .selectAll()
      .where('volunteer_id', '=', volunteer)
      .orderBy('id')
      .execute(),
  }),
  erase: async ({ trx, volunteer, by, atMs }) => {
    const returned = { status: 'returned' } as const;
    const cards = await trx
      .updateTable('card')
      .set({ ...returned, since_ms: atMs })
      .where('volunteer_id', '=', volunteer)
      .where('status', '<>', 'returned')
      .returning('token as card')
      .execute();
    const change = { ...returned, volunteer_id: volunteer, from_ms: atMs, at: atMs, by };
    for (const { card } of cards) {
      await trx
        .insertInto('card_event')
        .values({ ...change, card, reason: null })
        .execute();
    }
    await eraseEnrolments({ trx, volunteer, atMs });
  },
};

/** Whose check-ins are all gone needs no cards: nothing is judged by them any more. */
export async function forgetCards(trx: Trx, volunteer: string, atMs: number): Promise<void> {
  const left = await trx
    .selectFrom('check_in')
    .select('journal_id')
    .where('volunteer_id', '=', volunteer)
    .limit(1)
    .executeTakeFirst();
  if (left) return;
  await keepNotBefore(trx, volunteer, atMs);
  await trx.deleteFrom('card_event').where('volunteer_id', '=', volunteer).execute();
  await handBack(trx, volunteer);
  await trx.deleteFrom('card').where('volunteer_id', '=', volunteer).execute();
}

/** A card that was somebody's before is what it was when they returned it: their taps are judged by that. */
async function handBack(trx: Trx, volunteer: string): Promise<void> {
  const before = await trx
    .selectFrom('card_event')
    .innerJoin('card', 'card.token', 'card_event.card')
    .select(['token', 'card_event.volunteer_id', 'card_event.status', 'from_ms as since_ms'])
    .where('card.volunteer_id', '=', volunteer)
    .orderBy('card_event.id')
    .execute();
  // Of each card the last one stays.
  for (const { token, ...was } of before) {
    await trx.updateTable('card').set(was).where('token', '=', token).execute();
  }
}
