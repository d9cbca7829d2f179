import { type CardStatus, cardReference, type Standing, standingAt } from '../domain/card.ts';
import type { TrustRefusal } from '../domain/card-trust.ts';
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
function outcomeOf(standing: Standing | undefined): CheckInOutcome {
  if (standing === undefined) return 'unknown-card';
  return standing.status === 'active' ? 'recorded' : 'blocked-card';
}

/** What keeps a tap of a card that is in use from counting. */
export interface TapDoubts {
  /** Its date is doubtful, and nobody has accepted it. */
  readonly isHeld: boolean;
  /** It was read for an enrolment. */
  readonly isRead: boolean;
  /** What it proves is not enough, or a forgery. */
  readonly refusal: TrustRefusal | undefined;
}

/**
 * What a check-in comes to, before its day is scored: cards that were out of use when they were shown
 * earn nothing and stand in nobody's way, nor does a card earn anything by being read for an enrolment.
 */
export function verdictOn(
  standing: Standing | undefined,
  { isHeld, isRead, refusal }: TapDoubts,
): { outcome: CheckInOutcome; counts: 0 | 1 } {
  const outcome = outcomeOf(standing);
  if (outcome !== 'recorded' || isRead) return { outcome, counts: 0 };
  if (refusal !== undefined) return { outcome: 'blocked-card', counts: 0 };
  return isHeld ? { outcome: 'held-for-review', counts: 0 } : { outcome, counts: 1 };
}

/** A tap of a card that counts for nobody any more, or that proves nothing, as operators are told of it. */
export interface RefusedTap {
  readonly card: string;
  readonly status: CardStatus;
  readonly volunteer: string;
  readonly station: string;
  readonly occurredMs: number;
  readonly refusal: TrustRefusal | undefined;
}

/** Somebody may have found the card, or may be using it. */
export function announceRefusedTap(
  { outgoing, nameOf }: Pick<CommitWork, 'outgoing' | 'nameOf'>,
  { card, status, volunteer, station, occurredMs, refusal }: RefusedTap,
): void {
  outgoing.toFeed('card', occurredMs, {
    ...{ station, stationName: nameOf(station) },
    // A card that is in use was refused for what it said; of another it makes no difference.
    ...(status === 'active' ? { state: 'refused', reason: refusal } : { state: 'tapped' }),
    ...{ card: cardReference(card), status, volunteer: { id: volunteer } },
  });
}
