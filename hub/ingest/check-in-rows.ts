import type { CardStatus } from '../domain/card.ts';
import type { TrustRefusal } from '../domain/card-trust.ts';
import type { Dated } from '../domain/dating.ts';
import type { ReviewReason } from '../domain/review.ts';
import type { CheckInOutcome } from '../domain/scoring.ts';
import type { CommitWork } from './commit-work.ts';

/** When a check-in happened, whose it is by that, and what it means for it. */
export interface Placement {
  volunteer: ToldVolunteer | undefined;
  /** What the card was then; undefined when it was nobody's. */
  status: CardStatus | undefined;
  /** Why what the tap proves is not enough, if so. */
  refusal: TrustRefusal | undefined;
  occurredMs: number;
  day: string;
  /** Of the day where the scheme is. */
  minute: number | null;
  /** Why it waits for a person, if it does. */
  review: ReviewReason | undefined;
  outcome: CheckInOutcome;
  /** 1 when it takes part in the scoring of its day. */
  counts: 0 | 1;
}

/** A volunteer as the feed may name one. */
export interface ToldVolunteer {
  readonly id: string;
  /** The alias that this volunteer chose to be shown by; null for none. */
  readonly displayName: string | null;
}

/** A check-in that this group has brought. What it comes to is known once its day is settled. */
export interface FreshCheckIn extends Placement {
  readonly journalId: number;
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
  readonly card: string;
  dated: Dated;
  points: number;
}

export async function storeCheckIn(
  { statements }: CommitWork,
  checkIn: FreshCheckIn,
  { counts, transfers }: { counts: 0 | 1; transfers: number },
): Promise<void> {
  const { journalId, station, epoch, seq, card, occurredMs, outcome, points } = checkIn;
  await statements.addCheckIn({
    journal_id: journalId,
    volunteer_id: checkIn.volunteer?.id ?? null,
    ...{ station, epoch, seq, card, day: checkIn.day, minute: checkIn.minute },
    occurred_ms: occurredMs,
    ...{ counts, review: checkIn.review ?? null, outcome, points, transfers },
  });
}

/** What the feed says of a check-in. */
export interface ToldCheckIn {
  readonly station: string;
  readonly occurredMs: number;
  readonly volunteer: ToldVolunteer | undefined;
  readonly outcome: string;
  readonly points: number;
  /** When it was told to have happened before it was dated anew. */
  readonly wasMs?: number | undefined;
}

/**
 * Names nobody but by the alias that somebody chose to be shown by: the feed is read by every operator,
 * and may be read by every process of the hub's machine.
 * @param balance the volunteer's points after it, or null when it is nobody's
 */
export function announceCheckIn(
  { outgoing, nameOf }: Pick<CommitWork, 'outgoing' | 'nameOf'>,
  { station, occurredMs, volunteer, outcome, points, wasMs }: ToldCheckIn,
  balance: number | null,
): void {
  outgoing.toFeed('check-in', occurredMs, {
    ...{ station, stationName: nameOf(station) },
    volunteer: volunteer === undefined ? null : toldOf(volunteer),
    ...{ outcome, points, balance },
    // Whoever counts check-ins counts it no second time.
    ...(wasMs === undefined ? {} : { datedAnewFrom: new Date(wasMs).toISOString() }),
  });
}

const toldOf = ({ id, displayName }: ToldVolunteer): object =>
  displayName === null ? { id } : { id, displayName };
