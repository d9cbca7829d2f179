import { cardToken } from '../../shared/card-token.ts';
import {
  type CardChange,
  type CardStatus,
  cardChanges,
  cardReference,
  fromTheBeginning,
} from '../domain/card.ts';
import { Outgoing } from '../feed/outgoing.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';
import { judgeCardAnew } from './card-check-ins.ts';
import { type CardRow, cardMeant } from './find-card.ts';
import { noteAction, Refusal, refuseBlank } from './registry.ts';

/** Who does something about a card. */
export interface CardActor {
  readonly by: string;
  /** Why, in the operator's words. */
  readonly reason?: string | undefined;
  readonly atMs?: number | undefined;
}

const whoDoesIt = 'the name of who does it';

/** ISO/IEC 14443-3 §6.5.4: UIDs have 4, 7 or 10 bytes. */
const uidPattern = /^(?:[0-9a-f]{8}|[0-9a-f]{14}|[0-9a-f]{20})$/i;
export const isCardUid = (text: string): boolean => uidPattern.test(text);

/** @throws Refusal (without the UID) when it is none */
async function tokenOf(store: Pick<Store, 'schemeKey'>, uid: string): Promise<string> {
  if (!isCardUid(uid)) throw new Refusal('a card UID has 4, 7 or 10 bytes, in hex');
  return cardToken(await store.schemeKey(), uid);
}

/**
 * Gives a volunteer a card; only the token made from the UID is stored. Taps of it that came before
 * it was anybody's count from now on.
 * @param uid hex digits
 * @returns the card's reference
 * @throws Refusal (without the UID) when it is none, the volunteer unknown, or the card somebody's already
 */
export async function addCard(
  store: Pick<Store, 'db' | 'ingest' | 'schemeKey'>,
  volunteer: string,
  uid: string,
  by: string,
): Promise<string> {
  const token = await tokenOf(store, uid);
  await store.db
    .transaction()
    .execute((trx) => issueCard(store, trx, { volunteer, token }, { by }, 'card add'));
  return cardReference(token);
}

/**
 * Makes a card a volunteer's. The first time it is so from the beginning, so that what it was tapped
 * before counts; a card that was returned is the next person's from now on only.
 * @param action as which it stands in the audit log
 * @throws Refusal when the volunteer is unknown, or the card somebody's
 */
export async function issueCard(
  store: Pick<Store, 'ingest'>,
  trx: Trx,
  { volunteer, token }: { volunteer: string; token: string },
  actor: CardActor,
  action: string,
): Promise<void> {
  refuseBlank(actor.by, whoDoesIt);
  const known = trx.selectFrom('volunteer').select('id').where('id', '=', volunteer);
  if (!(await known.executeTakeFirst())) throw new Refusal(`no volunteer ${volunteer}`);
  const card = trx.selectFrom('card').selectAll().where('token', '=', token);
  const taken = await card.executeTakeFirst();
  if (taken && taken.status !== 'returned') {
    const what = `the card ${cardReference(token)} is ${taken.volunteer_id}'s already`;
    throw new Refusal(taken.status === 'active' ? what : `${what}, and ${taken.status}`);
  }
  const { atMs = Date.now() } = actor;
  const fromMs = taken ? atMs : fromTheBeginning;
  await becomes(store, trx, { token, volunteer, status: 'active', fromMs }, { ...actor, atMs });
  await noteAction(trx, actor.by, action, volunteer, { card: cardReference(token) }, atMs);
}

export interface ChangeRequest extends CardActor {
  /** The card's reference, or the volunteer when there can be no doubt about the card. */
  readonly subject: string;
  /** From when it holds; from now when it is not said. */
  readonly sinceMs?: number | undefined;
}

/**
 * Says what became of a card. Taps count by what the card was when they happened, also those that are
 * here already and those that are still on their way.
 * @returns the card's reference
 * @throws Refusal when no one card is meant, it cannot become that, or it is said to be so in the future
 */
export function changeCard(
  store: Pick<Store, 'db' | 'ingest'>,
  change: Exclude<CardChange, 'replace'>,
  request: ChangeRequest,
): Promise<string> {
  return store.db.transaction().execute(async (trx) => {
    const card = await applyChange(store, trx, change, request);
    return cardReference(card.token);
  });
}

/**
 * Gives a volunteer another card for one that is out of use from now on. Both, or neither.
 * @param next the new card's UID
 * @returns the references of both
 * @throws Refusal as `changeCard` and `addCard` do
 */
export async function replaceCard(
  store: Pick<Store, 'db' | 'ingest' | 'schemeKey'>,
  request: ChangeRequest,
  next: { readonly uid: string },
): Promise<{ before: string; card: string }> {
  const token = await tokenOf(store, next.uid);
  return store.db.transaction().execute(async (trx) => {
    const before = await applyChange(store, trx, 'replace', request);
    await issueCard(store, trx, { volunteer: before.volunteer_id, token }, request, 'card add');
    return { before: cardReference(before.token), card: cardReference(token) };
  });
}

async function applyChange(
  store: Pick<Store, 'ingest'>,
  trx: Trx,
  change: CardChange,
  request: ChangeRequest,
): Promise<CardRow> {
  const { subject, by, reason, atMs = Date.now(), sinceMs = atMs } = request;
  refuseBlank(by, whoDoesIt);
  if (sinceMs > atMs) throw new Refusal('what is to happen to a card later cannot be said yet');
  const { from, to } = cardChanges[change];
  const card = await cardMeant(trx, subject, from);
  const { token, volunteer_id: volunteer } = card;
  const became = { token, volunteer, status: to, fromMs: sinceMs };
  await becomes(store, trx, became, { by, reason, atMs });
  const detail = { card: cardReference(token), since: new Date(sinceMs).toISOString() };
  await noteAction(trx, by, `card ${change}`, volunteer, detail, atMs);
  return card;
}

interface Became {
  readonly token: string;
  readonly volunteer: string;
  readonly status: CardStatus;
  readonly fromMs: number;
}

async function becomes(
  store: Pick<Store, 'ingest'>,
  trx: Trx,
  { token, volunteer, status, fromMs }: Became,
  { by, reason, atMs }: CardActor & { atMs: number },
): Promise<void> {
  const now = { volunteer_id: volunteer, status, since_ms: fromMs };
  await trx
    .insertInto('card')
    .values({ token, ...now })
    .onConflict((conflict) => conflict.column('token').doUpdateSet(now))
    .execute();
  const event = { volunteer_id: volunteer, status, from_ms: fromMs, at: atMs, by };
  await trx
    .insertInto('card_event')
    .values({ card: token, ...event, reason: reason ?? null })
    .execute();
  const outgoing = new Outgoing();
  const told = { state: status, card: cardReference(token), volunteer: { id: volunteer } };
  outgoing.toFeed('card', atMs, { ...told, since: new Date(fromMs).toISOString() });
  await outgoing.store(trx);
  await judgeCardAnew(store, trx, { card: token, fromMs, atMs });
}
