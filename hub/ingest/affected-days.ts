import type { RoutineEntry } from '../../shared/wire/entry.ts';
import type { Outcome } from '../../shared/wire/messages.ts';
import type { Dated } from '../domain/dating.ts';
import { type ReviewReason, reviewReason } from '../domain/review.ts';
import type { CardStatus } from '../store/schema.ts';
import { announceCheckIn, type FreshCheckIn, storeCheckIn } from './check-in-rows.ts';
import type { CommitWork } from './commit-work.ts';
import { settleFresh } from './settle-day.ts';

type CheckInEntry = Extract<RoutineEntry, { type: 'check-in' }>;

/** What takes part in nobody's day. */
const uncounted = '';

/** Cards that were blocked when they were shown earn nothing, and stand in nobody's way. */
function outcomeOf(card: CardStatus | undefined, review: ReviewReason | undefined): Outcome {
  if (card === undefined) return 'unknown-card';
  if (card !== 'active') return 'blocked-card';
  return review === undefined ? 'recorded' : 'held-for-review';
}

/** The days of volunteers that a group touches, so that each is scored once for all of its check-ins. */
export class AffectedDays {
  readonly #days = new Map<string, FreshCheckIn[]>();
  readonly #work: CommitWork;

  constructor(work: CommitWork) {
    this.#work = work;
  }

  /** Finds out whom the card belongs to now, and keeps the check-in for the settlement of its day. */
  async add(
    { station, epoch }: { station: string; epoch: string },
    { card, seq }: CheckInEntry,
    { journalId, dated }: { journalId: number; dated: Dated },
  ): Promise<FreshCheckIn> {
    const { statements, policies, dayOf, nowMs } = this.#work;
    const [owner] = await statements.ownerOf({ card });
    const { occurredMs } = dated;
    const day = dayOf(occurredMs);
    const { acceptDays } = (await policies.of(day)).body;
    const review = reviewReason(dated, { receivedMs: nowMs, acceptDays }, dayOf);
    const outcome = outcomeOf(owner?.status, review);
    const checkIn: FreshCheckIn = {
      ...{ journalId, station, epoch, seq, card, occurredMs, day, review, outcome, points: 0 },
      volunteer: owner && { id: owner.id, name: owner.name },
    };
    const key = owner && outcome === 'recorded' ? `${owner.id} ${day}` : uncounted;
    const sameDay = this.#days.get(key);
    if (sameDay) sameDay.push(checkIn);
    else this.#days.set(key, [checkIn]);
    return checkIn;
  }

  async settle(): Promise<void> {
    for (const [key, fresh] of this.#days) {
      if (key === uncounted) await this.#storeUncounted(fresh);
      else await settleFresh(this.#work, fresh);
    }
  }

  async #storeUncounted(checkIns: readonly FreshCheckIn[]): Promise<void> {
    for (const checkIn of checkIns) {
      await storeCheckIn(this.#work, checkIn, { counts: 0, transfers: 0 });
      announceCheckIn(this.#work, checkIn, null);
    }
  }
}
