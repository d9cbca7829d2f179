import type { RoutineEntry } from '../../shared/wire/entry.ts';
import type { Dated } from '../domain/dating.ts';
import { reviewReason } from '../domain/review.ts';
import { type CheckInOutcome, checkInOutcomeSchema } from '../domain/scoring.ts';
import type { CardStatus } from '../store/schema.ts';
import {
  announceCheckIn,
  type FreshCheckIn,
  type Placement,
  storeCheckIn,
} from './check-in-rows.ts';
import type { CommitWork } from './commit-work.ts';
import type { DatedAnew } from './lane-dates.ts';
import { toldVolunteer, type VolunteerDay } from './settle-day.ts';
import { settleDays } from './settle-days.ts';

type CheckInEntry = Extract<RoutineEntry, { type: 'check-in' }>;

/** What a card makes of a check-in, before its date does. */
function outcomeOf(card: CardStatus | undefined): CheckInOutcome {
  if (card === undefined) return 'unknown-card';
  return card === 'active' ? 'recorded' : 'blocked-card';
}

/** Cards that were blocked when they were shown earn nothing, and stand in nobody's way. */
const isOfNoAccount = (outcome: CheckInOutcome): boolean =>
  outcome === 'unknown-card' || outcome === 'blocked-card';

interface AffectedDay extends VolunteerDay {
  readonly fresh: FreshCheckIn[];
  readonly withdrawn: Set<number>;
}

/** The days of volunteers that a group touches, so that each is scored once for all of its check-ins. */
export class AffectedDays {
  readonly #fresh = new Map<number, FreshCheckIn>();
  readonly #days = new Map<string, AffectedDay>();
  /** Stored check-ins that were dated anew, by journal id, and when they were thought to be before. */
  readonly #anew = new Map<number, number>();
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
    const { statements, nowMs } = this.#work;
    const [owner] = await statements.ownerOf({ card });
    const checkIn: FreshCheckIn = {
      ...{ journalId, station, epoch, seq, card, points: 0 },
      ...(await this.#place(outcomeOf(owner?.status), nowMs, dated)),
      volunteer: owner && { id: owner.id, displayName: owner.display_name },
    };
    this.#fresh.set(journalId, checkIn);
    return checkIn;
  }

  /** Gives a stored entry its new date; a check-in goes with it, unless a person has decided on that. */
  async dateAnew({ journalId, type, receivedMs, wasMs, dated }: DatedAnew): Promise<void> {
    const { occurredMs: occurred_ms, earliestMs, datedBy: dated_by } = dated;
    const row = { occurred_ms, earliest_ms: earliestMs ?? null, dated_by };
    await this.#work.statements.dateEntry({ id: journalId, ...row });
    if (type !== 'check-in') return;
    const fresh = this.#fresh.get(journalId);
    if (fresh) Object.assign(fresh, await this.#place(fresh.outcome, receivedMs, dated));
    else await this.#placeStored(journalId, receivedMs, wasMs, dated);
  }

  async settle(): Promise<void> {
    for (const checkIn of this.#fresh.values()) {
      const { volunteer, outcome, day } = checkIn;
      if (volunteer && outcome === 'recorded') this.#day(volunteer.id, day).fresh.push(checkIn);
      else await this.#storeUncounted(checkIn);
    }
    const anew = this.#anew;
    await settleDays(
      this.#work,
      [...this.#days.values()].map((day) => ({ ...day, anew })),
    );
  }

  async #place(outcome: CheckInOutcome, receivedMs: number, dated: Dated): Promise<Placement> {
    const { policies, dayOf } = this.#work;
    const { occurredMs } = dated;
    const day = dayOf(occurredMs);
    const { acceptDays } = (await policies.of(day)).body;
    const review = reviewReason(dated, { receivedMs, acceptDays }, dayOf);
    const counted = review === undefined ? 'recorded' : 'held-for-review';
    const minute = dayOf.minuteOf(occurredMs);
    return { occurredMs, day, minute, review, outcome: isOfNoAccount(outcome) ? outcome : counted };
  }

  async #placeStored(
    journalId: number,
    receivedMs: number,
    wasMs: number,
    dated: Dated,
  ): Promise<void> {
    const { statements } = this.#work;
    const [stored] = await statements.checkInOf({ journal_id: journalId });
    if (!stored || stored.review === 'accepted' || stored.review === 'refused') return;
    const before = checkInOutcomeSchema.parse(stored.outcome);
    const placed = await this.#place(before, receivedMs, dated);
    const { occurredMs, day, minute, review, outcome } = placed;
    const counts = outcome === 'recorded' ? 1 : 0;
    const place = { day, minute, occurred_ms: occurredMs, review: review ?? null, counts } as const;
    await statements.placeCheckIn({ journal_id: journalId, ...place });
    this.#anew.set(journalId, this.#anew.get(journalId) ?? wasMs);
    const { volunteer_id: volunteer, station, points } = stored;
    if (volunteer !== null && stored.counts === 1) {
      const left = this.#day(volunteer, stored.day);
      if (counts === 0) left.withdrawn.add(journalId);
    }
    if (volunteer !== null && counts === 1) this.#day(volunteer, day);
    if (counts === 1 || stored.counts === 1) return; // told with the settlement
    const told = { station, occurredMs, outcome, points, wasMs };
    const owner = volunteer === null ? undefined : await toldVolunteer(this.#work, volunteer);
    announceCheckIn(this.#work, { ...told, volunteer: owner }, null);
  }

  #day(volunteer: string, day: string): AffectedDay {
    const key = `${volunteer} ${day}`;
    const known = this.#days.get(key);
    if (known) return known;
    const added = { volunteer: { id: volunteer }, day, fresh: [], withdrawn: new Set<number>() };
    this.#days.set(key, added);
    return added;
  }

  async #storeUncounted(checkIn: FreshCheckIn): Promise<void> {
    await storeCheckIn(this.#work, checkIn, { counts: 0, transfers: 0 });
    announceCheckIn(this.#work, checkIn, null);
  }
}
