import { cardToken } from '../../shared/card-token.ts';
import { type CardChange, cardChanges, cardReference } from '../domain/card.ts';
import { applyChange, type CardActor, issueCard } from '../ingest/card-changes.ts';
import type { CommitWork } from '../ingest/commit-work.ts';
import type { Store } from '../store/open-store.ts';
import { cardMeant, freeCardCalled } from './find-card.ts';
import { Refusal } from './registry.ts';
import { withWork } from './with-work.ts';

/** ISO/IEC 14443-3 §6.5.4: UIDs have 4, 7 or 10 bytes. */
const uidPattern = /^(?:[0-9a-f]{8}|[0-9a-f]{14}|[0-9a-f]{20})$/i;
/** §6.5.4 again: one of 4 bytes that begins so is made up anew each time. */
const randomUidPattern = /^08[0-9a-f]{6}$/i;
/** @returns whether a card can be known by it. */
export const isCardUid = (text: string): boolean =>
  uidPattern.test(text) && !randomUidPattern.test(text);

/** @throws Refusal (without the UID) when it is none, or one that is another each time */
async function tokenOf(store: Pick<Store, 'schemeKey'>, uid: string): Promise<string> {
  if (!uidPattern.test(uid)) throw new Refusal('a card UID has 4, 7 or 10 bytes, in hex');
  if (randomUidPattern.test(uid)) {
    throw new Refusal('that is the UID of a phone, which is another each time: use a card');
  }
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
  await withWork(store, Date.now(), (work) =>
    issueCard(work, { volunteer, token }, { by }, 'card add'),
  );
  return cardReference(token);
}

/**
 * Gives a volunteer a card that was tapped while it was nobody's, or that was returned.
 * @param reference as `card unknown` or `card list` call it
 * @throws Refusal as `addCard` does, and when no such card was tapped
 */
export function assignCard(
  store: Pick<Store, 'db' | 'ingest'>,
  { reference, volunteer, by, atMs = Date.now() }: Assignment,
): Promise<string> {
  return withWork(store, atMs, async (work) => {
    const token = await freeCardCalled(work.trx, reference);
    await issueCard(work, { volunteer, token }, { by }, 'card assign');
    return cardReference(token);
  });
}

export interface Assignment {
  readonly reference: string;
  readonly volunteer: string;
  readonly by: string;
  readonly atMs?: number;
}

export interface ChangeRequest extends CardActor {
  /** The card's reference, or the volunteer when there can be no doubt about the card. */
  readonly subject: string;
  /** From when it holds; from now when it is not said. */
  readonly sinceMs?: number | undefined;
  readonly atMs?: number | undefined;
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
  const { atMs = Date.now() } = request;
  return withWork(store, atMs, async (work) => (await changed(work, change, request)).card);
}

/**
 * Gives a volunteer another card for one that is out of use from now on. Both, or neither.
 * @param next the new card's UID, or the reference of one that is nobody's
 * @returns the references of both
 * @throws Refusal as `changeCard`, `addCard` and `assignCard` do
 */
export async function replaceCard(
  store: Pick<Store, 'db' | 'ingest' | 'schemeKey'>,
  request: ChangeRequest,
  next: { readonly uid: string } | { readonly reference: string },
): Promise<{ before: string; card: string }> {
  const known = 'uid' in next ? await tokenOf(store, next.uid) : undefined;
  const { atMs = Date.now() } = request;
  return withWork(store, atMs, async (work) => {
    const { card: before, volunteer } = await changed(work, 'replace', request);
    const reference = 'reference' in next ? next.reference : '';
    const token = known ?? (await freeCardCalled(work.trx, reference));
    await issueCard(work, { volunteer, token }, request, 'card add');
    return { before, card: cardReference(token) };
  });
}

async function changed(work: CommitWork, change: CardChange, request: ChangeRequest) {
  const { token, volunteer_id: volunteer } = await cardMeant(
    work.trx,
    request.subject,
    cardChanges[change].from,
  );
  await applyChange(work, change, { token, volunteer }, request);
  return { card: cardReference(token), volunteer };
}
