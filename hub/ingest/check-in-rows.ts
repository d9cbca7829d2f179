import type { Outcome } from '../../shared/wire/messages.ts';
import type { ReviewReason } from '../domain/review.ts';
import type { CommitWork } from './commit-work.ts';

/** A check-in that this group has brought. What it comes to is known once its day is settled. */
export interface FreshCheckIn {
  readonly journalId: number;
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
  readonly card: string;
  readonly occurredMs: number;
  readonly day: string;
  readonly volunteer: { readonly id: string; readonly name: string } | undefined;
  /** Why it waits for a person, if it does. */
  readonly review: ReviewReason | undefined;
  outcome: Outcome;
  points: number;
}

export async function storeCheckIn(
  { statements }: CommitWork,
  checkIn: FreshCheckIn,
  { counts, transfers }: { counts: 0 | 1; transfers: number },
): Promise<void> {
  const { journalId, station, epoch, seq, card, day, occurredMs, outcome, points } = checkIn;
  await statements.addCheckIn({
    journal_id: journalId,
    volunteer_id: checkIn.volunteer?.id ?? null,
    ...{ station, epoch, seq, card, day },
    occurred_ms: occurredMs,
    ...{ counts, review: checkIn.review ?? null, outcome, points, transfers },
  });
}

/**
 * Names nobody: the feed is read by every operator, and may be read by every process of the hub's machine.
 * @param balance the volunteer's points after it, or null when it is nobody's
 */
export function announceCheckIn(
  { outgoing, nameOf }: CommitWork,
  { station, occurredMs, volunteer, outcome, points }: FreshCheckIn,
  balance: number | null,
): void {
  outgoing.toFeed('check-in', occurredMs, {
    ...{ station, stationName: nameOf(station) },
    volunteer: volunteer === undefined ? null : { id: volunteer.id },
    ...{ outcome, points, balance },
  });
}
