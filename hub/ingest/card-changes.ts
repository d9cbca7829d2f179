import { refuseStranger } from '../app/known-volunteer.ts';
import { noteAction, Refusal, refuseBlank } from '../app/registry.ts';
import {
  type CardChange,
  type CardStatus,
  cardChanges,
  cardReference,
  issuedAt,
} from '../domain/card.ts';
import type { CommitWork } from './commit-work.ts';
import { issuedFrom } from './forgotten-cards.ts';
import { judgeCard } from './judge-card.ts';

/** Who does something about a card. */
export interface CardActor {
  readonly by: string;
  /** Why, in the operator's words. */
  readonly reason?: string | undefined;
}

/** A card and whose it is. */
export interface OwnedCard {
  readonly token: string;
  readonly volunteer: string;
}

const whoDoesIt = 'the name of who does it';

/**
 * Makes a card a volunteer's. The first time it is so from the beginning, so that what it was tapped
 * before counts, but for what was tapped until an erased person's card was forgotten; a card that was
 * returned is the next person's from now on only.
 * @param action as which it stands in the audit log
 * @throws Refusal when the volunteer is unknown, or the card somebody's
 */
export async function issueCard(
  work: CommitWork,
  { volunteer, token }: OwnedCard,
  actor: CardActor,
  action: string,
): Promise<void> {
  const { trx, nowMs } = work;
  refuseBlank(actor.by, whoDoesIt);
  await refuseStranger(trx, volunteer);
  const card = trx.selectFrom('card').selectAll().where('token', '=', token);
  const taken = await card.executeTakeFirst();
  if (taken && taken.status !== 'returned') {
    const what = `the card ${cardReference(token)} is ${taken.volunteer_id}'s already`;
    throw new Refusal(taken.status === 'active' ? what : `${what}, and ${taken.status}`);
  }
  const fromMs = taken ? nowMs : (await issuedFrom(trx, [token]))(token);
  const wasFree = taken === undefined;
  await becomes(work, { token, volunteer, status: 'active', fromMs, wasFree }, actor);
  await noteAction(trx, actor.by, action, volunteer, { card: cardReference(token) }, nowMs);
}

/** @throws Refusal when it is said to be so in the future, or before the card was this volunteer's */
export async function applyChange(
  work: CommitWork,
  change: CardChange,
  { token, volunteer }: OwnedCard,
  { by, reason, sinceMs: saidMs }: CardActor & { readonly sinceMs?: number | undefined },
): Promise<void> {
  refuseBlank(by, whoDoesIt);
  const sinceMs = await holdsFrom(work, { token, volunteer }, saidMs);
  const { to } = cardChanges[change];
  const now = { token, volunteer, status: to, fromMs: sinceMs, wasFree: false };
  await becomes(work, now, { by, reason });
  const detail = { card: cardReference(token), since: new Date(sinceMs).toISOString() };
  const told = { state: to, ...detail, volunteer: { id: volunteer } };
  work.outgoing.toFeed('card', work.nowMs, told);
  await noteAction(work.trx, by, `card ${change}`, volunteer, detail, work.nowMs);
}

/**
 * From when on a change to a card holds. What was tapped before the card was its holder's is somebody
 * else's, or nobody's: no word about this holder may move it.
 */
async function holdsFrom(
  { statements, nowMs }: CommitWork,
  { token, volunteer }: OwnedCard,
  saidMs: number | undefined,
): Promise<number> {
  const issuedMs = issuedAt(await statements.cardEventsOf([{ card: token }]));
  // The hub's clock may have been set back since.
  if (saidMs === undefined) return Math.max(nowMs, issuedMs);
  if (saidMs > nowMs) throw new Refusal('what is to happen to a card later cannot be said yet');
  if (saidMs >= issuedMs) return saidMs;
  const what = `the card ${cardReference(token)} is ${volunteer}'s since`;
  throw new Refusal(`${what} ${new Date(issuedMs).toISOString()}: say no time before that`);
}

/** Takes a card out of use that another takes the place of, unless it is out of use or another's already. */
export async function retireCard(
  work: CommitWork,
  { token, volunteer }: OwnedCard,
  actor: CardActor,
): Promise<void> {
  const { from } = cardChanges.replace;
  const card = await work.trx
    .selectFrom('card')
    .select('token')
    .where('token', '=', token)
    .where('volunteer_id', '=', volunteer)
    .where('status', 'in', from)
    .executeTakeFirst();
  if (card) await applyChange(work, 'replace', { token, volunteer }, actor);
}

interface Became extends OwnedCard {
  readonly status: CardStatus;
  readonly fromMs: number;
  /** Nothing was known of the card. */
  readonly wasFree: boolean;
}

async function becomes(
  work: CommitWork,
  { token, volunteer, status, fromMs, wasFree }: Became,
  { by, reason }: CardActor,
): Promise<void> {
  const { trx, nowMs: at } = work;
  const now = { volunteer_id: volunteer, status, since_ms: fromMs };
  await trx
    .insertInto('card')
    .values({ token, ...now })
    .onConflict((conflict) => conflict.column('token').doUpdateSet(now))
    .execute();
  const event = { volunteer_id: volunteer, status, from_ms: fromMs, at, by };
  await trx
    .insertInto('card_event')
    .values({ card: token, ...event, reason: reason ?? null })
    .execute();
  await judgeCard(work, { card: token, fromMs, wasFree });
}
