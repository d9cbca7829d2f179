import type { RoutineEntry } from '../../shared/wire/entry.ts';
import { announceCheckIn, type FreshCheckIn, storeCheckIn } from './check-in-rows.ts';
import type { CommitWork } from './commit-group.ts';
import { settleDay } from './settle-day.ts';

type CheckInEntry = Extract<RoutineEntry, { type: 'check-in' }>;

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
    { journalId, occurredMs }: { journalId: number; occurredMs: number },
  ): Promise<FreshCheckIn> {
    const [owner] = await this.#work.statements.ownerOf({ card });
    const outcome = !owner
      ? 'unknown-card'
      : owner.status === 'active'
        ? 'recorded'
        : 'blocked-card';
    const day = this.#work.dayOf(occurredMs);
    const checkIn: FreshCheckIn = {
      ...{ journalId, station, epoch, seq, card, occurredMs, day, outcome, points: 0 },
      volunteer: owner && { id: owner.id, name: owner.name },
    };
    // Cards that were blocked when they were shown earn nothing, and stand in nobody's way.
    const key = owner && outcome === 'recorded' ? `${owner.id} ${day}` : '';
    const sameDay = this.#days.get(key);
    if (sameDay) sameDay.push(checkIn);
    else this.#days.set(key, [checkIn]);
    return checkIn;
  }

  async settle(): Promise<void> {
    for (const [key, fresh] of this.#days) {
      if (key === '') await this.#storeUncounted(fresh);
      else await settleDay(this.#work, fresh);
    }
  }

  async #storeUncounted(checkIns: readonly FreshCheckIn[]): Promise<void> {
    for (const checkIn of checkIns) {
      await storeCheckIn(this.#work, checkIn, { counts: 0, transfers: 0 });
      announceCheckIn(this.#work, checkIn, null);
    }
  }
}
