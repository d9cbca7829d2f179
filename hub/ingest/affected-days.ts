import type { RoutineEntry } from '../../shared/wire/entry.ts';
import type { Dated } from '../domain/dating.ts';
import { type ReviewReason, reviewReason } from '../domain/review.ts';
import { type CheckInOutcome, checkInOutcomeSchema } from '../domain/scoring.ts';
import type { CardStatus } from '../store/schema.ts';
import { announceCheckIn, type FreshCheckIn, rowOf, toldVolunteer } from './check-in-rows.ts';
import type { CommitWork } from './commit-work.ts';
import { type ChangedDay, keyOfDay } from './days-so-far.ts';
import type { DatedAnew } from './lane-dates.ts';
import { settleDays } from './settle-days.ts';

type CheckInEntry = Extract<RoutineEntry, { type: 'check-in' }>;

/** A check-in as it came. */
interface Arrival {
  readonly journalId: number;
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
  readonly card: string;
  dated: Dated;
}

/** What a card makes of a check-in, before its date does. */
function outcomeOf(card: CardStatus | undefined): CheckInOutcome {
  if (card === undefined) return 'unknown-card';
  return card === 'active' ? 'recorded' : 'blocked-card';
}

/** Cards that were blocked when they were shown earn nothing, and stand in nobody's way. */
const isOfNoAccount = (outcome: CheckInOutcome): boolean =>
  outcome === 'unknown-card' || outcome === 'blocked-card';

/** What its date makes of a check-in. */
interface Placement {
  /** Why it waits for a person, if it does. */
  readonly review: ReviewReason | undefined;
  readonly outcome: CheckInOutcome;
}

interface AffectedDay extends ChangedDay {
  readonly fresh: FreshCheckIn[];
  readonly withdrawn: Set<number>;
}

/** The days of volunteers that a group touches, so that each is scored once for all of its check-ins. */
export class AffectedDays {
  readonly #arrivals = new Map<number, Arrival>();
  readonly #days = new Map<string, AffectedDay>();
  /** Stored check-ins that were dated anew, by journal id, and when they were thought to be before. */
  readonly #anew = new Map<number, number>();
  readonly #work: CommitWork;

  constructor(work: CommitWork) {
    this.#work = work;
  }

  /** Keeps a check-in for the settlement of its day. */
  add(
    { station, epoch }: { station: string; epoch: string },
    { card, seq }: CheckInEntry,
    { journalId, dated }: { journalId: number; dated: Dated },
  ): void {
    this.#arrivals.set(journalId, { journalId, station, epoch, seq, card, dated });
  }

  /** Gives a stored entry its new date; a check-in goes with it, unless a person has decided on that. */
  async dateAnew(stored: DatedAnew): Promise<void> {
    const { journalId, type, dated } = stored;
    const { occurredMs: occurred_ms, earliestMs, datedBy: dated_by } = dated;
    const row = { occurred_ms, earliest_ms: earliestMs ?? null, dated_by };
    await this.#work.statements.dateEntry({ id: journalId, ...row });
    if (type !== 'check-in') return;
    const arrival = this.#arrivals.get(journalId);
    if (arrival) arrival.dated = dated;
    else await this.#placeStored(stored);
  }

  /** @returns what the check-ins of this group come to, by journal id. */
  async settle(): Promise<ReadonlyMap<number, FreshCheckIn>> {
    const fresh = await this.#placeArrivals();
    const uncounted: FreshCheckIn[] = [];
    for (const checkIn of fresh.values()) {
      const { volunteer, outcome, day } = checkIn;
      if (volunteer === undefined || outcome !== 'recorded') uncounted.push(checkIn);
      else this.#day(volunteer.id, day).fresh.push(checkIn);
    }
    await this.#work.statements.addCheckIns(uncounted.map((checkIn) => rowOf(checkIn, 0)));
    for (const checkIn of uncounted) announceCheckIn(this.#work, checkIn, { balance: null });
    await settleDays(this.#work, [...this.#days.values()], this.#anew);
    return fresh;
  }

  /** Finds out whom the cards belong to now, and what becomes of the check-ins by their dates. */
  async #placeArrivals(): Promise<Map<number, FreshCheckIn>> {
    const { statements, policies, nowMs, dayOf } = this.#work;
    const arrivals = [...this.#arrivals.values()];
    const cards = new Set(arrivals.map(({ card }) => card));
    const owners = await statements.owners([...cards].map((card) => ({ card })));
    const byCard = new Map(owners.map((owner) => [owner.token, owner]));
    const days = arrivals.map(({ dated }) => dayOf(dated.occurredMs));
    await policies.lookUp(days);
    const fresh = new Map<number, FreshCheckIn>();
    for (const [index, { journalId, station, epoch, seq, card, dated }] of arrivals.entries()) {
      const owner = byCard.get(card);
      const day = days[index] ?? '';
      const { review, outcome } = this.#place(outcomeOf(owner?.status), nowMs, dated, day);
      fresh.set(journalId, {
        journalId,
        station,
        epoch,
        seq,
        occurredMs: dated.occurredMs,
        minute: dayOf.minuteOf(dated.occurredMs),
        isFresh: true,
        outcome,
        points: 0,
        transfers: 0,
        card,
        volunteer: owner && { id: owner.id, displayName: owner.display_name },
        day,
        review,
      });
    }
    return fresh;
  }

  /** The policy of its day is looked up. */
  #place(outcome: CheckInOutcome, receivedMs: number, dated: Dated, day: string): Placement {
    const { policies, dayOf } = this.#work;
    const { acceptDays } = policies.of(day).body;
    const review = reviewReason(dated, { receivedMs, acceptDays }, dayOf);
    const counted = review === undefined ? 'recorded' : 'held-for-review';
    return { review, outcome: isOfNoAccount(outcome) ? outcome : counted };
  }

  async #placeStored({ journalId, receivedMs, wasMs, dated }: DatedAnew): Promise<void> {
    const { statements, policies, dayOf } = this.#work;
    const [stored] = await statements.checkInOf({ journal_id: journalId });
    if (!stored || stored.review === 'accepted' || stored.review === 'refused') return;
    const { occurredMs } = dated;
    const day = dayOf(occurredMs);
    await policies.lookUp([day]);
    const { review, outcome } = this.#place(
      checkInOutcomeSchema.parse(stored.outcome),
      receivedMs,
      dated,
      day,
    );
    const counts = outcome === 'recorded' ? 1 : 0;
    const minute = dayOf.minuteOf(occurredMs);
    const place = { day, minute, occurred_ms: occurredMs, review: review ?? null, counts } as const;
    await statements.placeCheckIn({ journal_id: journalId, ...place });
    this.#anew.set(journalId, this.#anew.get(journalId) ?? wasMs);
    const { volunteer_id, station, points } = stored;
    const volunteer = volunteer_id ?? undefined;
    if (volunteer !== undefined && stored.counts === 1) {
      const left = this.#day(volunteer, stored.day);
      if (counts === 0) left.withdrawn.add(journalId);
    }
    if (volunteer !== undefined && counts === 1) this.#day(volunteer, day);
    if (counts === 1 || stored.counts === 1) return; // told with the settlement
    const owner = volunteer === undefined ? undefined : await toldVolunteer(this.#work, volunteer);
    const told = { station, occurredMs, volunteer: owner, outcome, points };
    announceCheckIn(this.#work, told, { balance: null, wasMs });
  }

  #day(volunteer: string, day: string): AffectedDay {
    const key = keyOfDay({ volunteer, day });
    const known = this.#days.get(key);
    if (known) return known;
    const added = { volunteer, day, fresh: [], withdrawn: new Set<number>() };
    this.#days.set(key, added);
    return added;
  }
}
