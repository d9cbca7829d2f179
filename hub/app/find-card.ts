import type { Selectable } from 'kysely';
import { volunteerIdSchema } from '../../shared/ids.ts';
import { type CardStatus, cardReference, cardStatuses, tokenStart } from '../domain/card.ts';
import type { Db, Schema, Trx } from '../store/schema.ts';
import { Refusal } from './registry.ts';

export type CardRow = Selectable<Schema['card']>;

/** After the last hex digit: what begins with some digits lies between them and them with this. */
const behindHex = 'g';

/**
 * @param subject a card's reference, or a volunteer who has just one card of these statuses
 * @throws Refusal when no one card is meant, or it is not of these statuses
 */
export async function cardMeant(
  trx: Trx,
  subject: string,
  statuses: readonly CardStatus[],
): Promise<CardRow> {
  if (volunteerIdSchema.safeParse(subject).success) return cardOf(trx, subject, statuses);
  const card = await cardCalled(trx, subject);
  if (statuses.includes(card.status)) return card;
  throw new Refusal(`the card ${cardReference(card.token)} is ${card.status} already`);
}

/** The same, whatever has become of the card. @throws Refusal when no one card is meant */
export const anyCardMeant = (db: Db, subject: string): Promise<CardRow> =>
  volunteerIdSchema.safeParse(subject).success
    ? cardOf(db, subject, cardStatuses)
    : cardCalled(db, subject);

async function cardOf(
  trx: Db | Trx,
  volunteer: string,
  statuses: readonly CardStatus[],
): Promise<CardRow> {
  const cards = await trx
    .selectFrom('card')
    .selectAll()
    .where('volunteer_id', '=', volunteer)
    .where('status', 'in', statuses)
    .execute();
  const [card] = cards;
  if (!card) {
    const wanted = statuses === cardStatuses ? '' : ` that is ${statuses.join(' or ')}`;
    throw new Refusal(`${volunteer} has no card${wanted}`);
  }
  if (cards.length === 1) return card;
  const names = cards.map(({ token, status }) => `${cardReference(token)} (${status})`);
  throw new Refusal(`${volunteer} has several cards, say which: ${names.join(', ')}`);
}

/** @throws Refusal when it is nobody's card, or two cards begin like that */
export async function cardCalled(db: Db | Trx, reference: string): Promise<CardRow> {
  const start = startOf(reference);
  const cards = await db
    .selectFrom('card')
    .selectAll()
    .where('token', '>=', start)
    .where('token', '<', start + behindHex)
    .limit(2)
    .execute();
  const [card] = cards;
  if (!card) throw new Refusal(`no volunteer has a card ${reference}`);
  if (cards.length > 1) throw new Refusal(`several cards begin with ${reference}: say more digits`);
  return card;
}

/**
 * @returns the token of a card that nobody has: tapped at a station, or returned
 * @throws Refusal when it is none, or two begin like that
 */
export async function freeCardCalled(trx: Trx, reference: string): Promise<string> {
  const start = startOf(reference);
  const tapped = await trx
    .selectFrom('check_in')
    .select('card')
    .where('card', '>=', start)
    .where('card', '<', start + behindHex)
    .where('volunteer_id', 'is', null)
    .groupBy('card')
    .limit(2)
    .execute();
  const [card] = tapped;
  if (tapped.length > 1)
    throw new Refusal(`several cards begin with ${reference}: say more digits`);
  if (card) return card.card;
  const known = await cardCalled(trx, reference).catch((error: unknown) => {
    if (error instanceof Refusal)
      throw new Refusal(`no card ${reference} that is nobody's was tapped`);
    throw error;
  });
  return known.token;
}

/** @throws Refusal when it is no reference */
function startOf(reference: string): string {
  const start = tokenStart(reference);
  if (start === undefined) {
    throw new Refusal(`${reference} is neither a card (ca-…) nor a volunteer (vo-…)`);
  }
  return start;
}
