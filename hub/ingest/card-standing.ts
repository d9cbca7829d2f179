import {
  type CardEvent,
  type CardStatus,
  cardReference,
  type Standing,
  standingAt,
} from '../domain/card.ts';
import type { TrustRefusal } from '../domain/card-trust.ts';
import type { CheckInOutcome } from '../domain/scoring.ts';
import type { IngestStatements } from '../store/ingest-statements.ts';
import type { CommitWork } from './commit-work.ts';

/** What a card was, and what the feed may call whose it was. */
export interface HeldCard extends Standing {
  readonly displayName: string | null;
}

/** What a card is now. */
interface CardNow extends HeldCard {
  readonly sinceMs: number;
}

interface Tap {
  readonly card: string;
  readonly ms: number;
}

/**
 * Whose cards were at some moments, and what they were then: nearly always what they are now, which
 * costs one query for all of them.
 */
export class CardBook {
  readonly #statements: Pick<IngestStatements, 'owners' | 'cardEventsOf'>;
  readonly #now = new Map<string, CardNow | undefined>();
  readonly #events = new Map<string, (CardEvent & HeldCard)[]>();

  constructor(statements: Pick<IngestStatements, 'owners' | 'cardEventsOf'>) {
    this.#statements = statements;
  }

  /** Looks up what is known of the cards of these taps, for `of` to tell. */
  async lookUp(taps: readonly Tap[]): Promise<void> {
    await this.#lookUpNow(new Set(taps.map(({ card }) => card)));
    const older = taps.filter(({ card, ms }) => ms < (this.#now.get(card)?.sinceMs ?? ms));
    await this.#lookUpEvents(new Set(older.map(({ card }) => card)));
  }

  /** @returns undefined for a card that was nobody's at that moment, which was looked up. */
  of({ card, ms }: Tap): HeldCard | undefined {
    const now = this.#now.get(card);
    if (now === undefined && !this.#now.has(card)) throw new Error('a card was not looked up');
    if (now === undefined || ms >= now.sinceMs) return now;
    const events = this.#events.get(card);
    if (events === undefined) throw new Error('what became of a card was not looked up');
    return standingAt(events, ms);
  }

  /** Something has been said of cards. */
  forget(): void {
    this.#now.clear();
    this.#events.clear();
  }

  async #lookUpNow(cards: ReadonlySet<string>): Promise<void> {
    const unknown = [...cards].filter((card) => !this.#now.has(card));
    for (const card of unknown) this.#now.set(card, undefined);
    for (const row of await this.#statements.owners(unknown.map((card) => ({ card })))) {
      const { token, id: volunteer, status, display_name: displayName, since_ms: sinceMs } = row;
      this.#now.set(token, { volunteer, status, displayName, sinceMs });
    }
  }

  async #lookUpEvents(cards: ReadonlySet<string>): Promise<void> {
    const unknown = [...cards].filter((card) => !this.#events.has(card));
    for (const card of unknown) this.#events.set(card, []);
    const events = await this.#statements.cardEventsOf(unknown.map((card) => ({ card })));
    for (const { card, ...event } of events) this.#events.get(card)?.push(event);
  }
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
