import { type CardStatus, cardReference, type Standing, standingAt } from '../domain/card.ts';
import type { CheckInOutcome } from '../domain/scoring.ts';
import type { CommitWork } from './commit-work.ts';

/** What a card was, and what the feed may call whose it was. */
export interface HeldCard extends Standing {
  readonly displayName: string | null;
}

/**
 * Whose a card was at a moment, and what it was then; nearly always what it is now, which costs one
 * look-up by its key.
 * @returns undefined for a card that is nobody's
 */
export async function standingOf(
  { statements }: Pick<CommitWork, 'statements'>,
  card: string,
  ms: number,
): Promise<HeldCard | undefined> {
  const [now] = await statements.ownerOf({ card });
  if (now === undefined) return undefined;
  if (ms >= now.since_ms) {
    return { volunteer: now.id, status: now.status, displayName: now.display_name };
  }
  const then = standingAt(await statements.cardEventsOf({ card }), ms);
  return then && { ...then, displayName: then.display_name };
}

/** What a card makes of a check-in, before its date does. */
export function outcomeOf(standing: Standing | undefined): CheckInOutcome {
  if (standing === undefined) return 'unknown-card';
  return standing.status === 'active' ? 'recorded' : 'blocked-card';
}

/** A tap of a card that counts for nobody any more, as operators are told of it. */
export interface RefusedTap {
  readonly card: string;
  readonly status: CardStatus;
  readonly volunteer: string;
  readonly station: string;
  readonly occurredMs: number;
}

/** Somebody may have found the card, or may be using it. */
export function announceRefusedTap(
  { outgoing, nameOf }: Pick<CommitWork, 'outgoing' | 'nameOf'>,
  { card, status, volunteer, station, occurredMs }: RefusedTap,
): void {
  outgoing.toFeed('card', occurredMs, {
    ...{ station, stationName: nameOf(station), state: 'tapped' },
    ...{ card: cardReference(card), status, volunteer: { id: volunteer } },
  });
}
