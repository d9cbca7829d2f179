import type { Insertable } from 'kysely';
import type { CardStatus } from '../domain/card.ts';
import type { TrustRefusal } from '../domain/card-trust.ts';
import type { ReviewReason } from '../domain/review.ts';
import type { CheckInOutcome } from '../domain/scoring.ts';
import type { Schema } from '../store/schema.ts';
import type { CommitWork } from './commit-work.ts';

/** A check-in as a transaction finds it or brings it, and then changes it. */
export interface CheckIn {
  readonly journalId: number;
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
  readonly occurredMs: number;
  /** Of the day where the scheme is; null for one that was stored before the hub kept it. */
  readonly minute: number | null;
  /** Whether this transaction has brought it. */
  readonly isFresh: boolean;
  outcome: string;
  /** The sum of its transfers, and how many there are. */
  points: number;
  transfers: number;
}

/** A volunteer as the feed may name one. */
export interface ToldVolunteer {
  readonly id: string;
  /** The alias that this volunteer chose to be shown by; null for none. */
  readonly displayName: string | null;
}

/** Whose a check-in is by when it happened, and what that makes of it. */
export interface Placement {
  readonly volunteer: ToldVolunteer | undefined;
  /** What the card was then; undefined when it was nobody's. */
  readonly status: CardStatus | undefined;
  /** Why what the tap proves is not enough, if so. */
  readonly refusal: TrustRefusal | undefined;
  readonly occurredMs: number;
  readonly day: string;
  /** Of the day where the scheme is. */
  readonly minute: number;
  /** Why it waits for a person, if it does. */
  readonly review: ReviewReason | undefined;
  outcome: CheckInOutcome;
  /** 1 when it takes part in the scoring of its day. */
  readonly counts: 0 | 1;
}

/** One that this group has brought. What it comes to is known once its day is settled. */
export interface FreshCheckIn extends CheckIn, Placement {
  readonly card: string;
  readonly minute: number;
  outcome: CheckInOutcome;
}

/** @returns the row to store, once it is known what the check-in comes to. */
export const rowOf = (checkIn: FreshCheckIn): Insertable<Schema['check_in']> => ({
  journal_id: checkIn.journalId,
  volunteer_id: checkIn.volunteer?.id ?? null,
  station: checkIn.station,
  epoch: checkIn.epoch,
  seq: checkIn.seq,
  card: checkIn.card,
  day: checkIn.day,
  minute: checkIn.minute,
  occurred_ms: checkIn.occurredMs,
  counts: checkIn.counts,
  review: checkIn.review ?? null,
  outcome: checkIn.outcome,
  points: checkIn.points,
  transfers: checkIn.transfers,
});

/** What the feed says of a check-in. */
export interface ToldCheckIn
  extends Pick<CheckIn, 'station' | 'occurredMs' | 'outcome' | 'points'> {
  readonly volunteer: ToldVolunteer | undefined;
}

/**
 * Names nobody but by the alias that somebody chose to be shown by: the feed is read by every operator,
 * and may be read by every process of the hub's machine.
 * @param balance the volunteer's points after it; null where it takes no part in them
 * @param wasMs when it was told to have happened before it was dated anew
 */
export function announceCheckIn(
  { outgoing, nameOf }: Pick<CommitWork, 'outgoing' | 'nameOf'>,
  { station, occurredMs, volunteer, outcome, points }: ToldCheckIn,
  { balance, wasMs }: { readonly balance: number | null; readonly wasMs?: number | undefined },
): void {
  outgoing.toFeed('check-in', occurredMs, {
    station,
    stationName: nameOf(station),
    volunteer: volunteer === undefined ? null : toldOf(volunteer),
    outcome,
    points,
    balance,
    // Whoever counts check-ins counts it no second time.
    datedAnewFrom: wasMs === undefined ? undefined : new Date(wasMs).toISOString(),
  });
}

const toldOf = ({ id, displayName }: ToldVolunteer): object =>
  displayName === null ? { id } : { id, displayName };

/** For what the feed tells of a check-in that the journal had already. */
export async function toldVolunteer(
  { statements }: Pick<CommitWork, 'statements'>,
  volunteer: string,
): Promise<ToldVolunteer> {
  const [row] = await statements.displayNameOf({ volunteer });
  return { id: volunteer, displayName: row?.display_name ?? null };
}
