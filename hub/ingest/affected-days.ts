import type { RoutineEntry } from '../../shared/wire/entry.ts';
import { type Proof, refusalOf } from '../domain/card-trust.ts';
import type { Dated } from '../domain/dating.ts';
import { reviewReason } from '../domain/review.ts';
import type { CheckInOutcome } from '../domain/scoring.ts';
import { announceRefusedTap, CardBook, verdictOn } from './card-standing.ts';
import {
  announceCheckIn,
  type FreshCheckIn,
  type Placement,
  rowOf,
  toldVolunteer,
} from './check-in-rows.ts';
import type { CommitWork } from './commit-work.ts';
import { type ChangedDay, keyOfDay } from './days-so-far.ts';
import { takeReading } from './enrolment-reads.ts';
import { handOver } from './hand-over.ts';
import { judgeCheckIns } from './judge-card.ts';
import type { DatedAnew } from './lane-dates.ts';
import { settleDays } from './settle-days.ts';
import { moveSun, proofsOf, takeSun } from './sun-readings.ts';

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

/** What is known of a tap beside its card and its date. */
interface TapFacts {
  readonly receivedMs: number;
  /** It was a reading of the card for an enrolment. */
  readonly isRead: boolean;
  /** What came with it, if anything did. */
  readonly proof: Proof | undefined;
}

/** A stored check-in with what came with it. */
type StoredTap = Awaited<ReturnType<CommitWork['statements']['checkInOf']>>[number];

interface AffectedDay extends ChangedDay {
  readonly fresh: FreshCheckIn[];
  readonly withdrawn: Map<number, CheckInOutcome>;
}

const freshOf = (arrival: Arrival, placed: Placement): FreshCheckIn => ({
  journalId: arrival.journalId,
  station: arrival.station,
  epoch: arrival.epoch,
  seq: arrival.seq,
  card: arrival.card,
  occurredMs: placed.occurredMs,
  day: placed.day,
  minute: placed.minute,
  volunteer: placed.volunteer,
  status: placed.status,
  review: placed.review,
  refusal: placed.refusal,
  outcome: placed.outcome,
  counts: placed.counts,
  isFresh: true,
  points: 0,
  transfers: 0,
});

/** The days of volunteers that a group touches, so that each is scored once for all of its check-ins. */
export class AffectedDays {
  readonly #arrivals = new Map<number, Arrival>();
  readonly #days = new Map<string, AffectedDay>();
  /** Stored check-ins that were dated anew, by journal id, and when they were thought to be before. */
  readonly #anew = new Map<number, number>();
  /** Journal ids of check-ins of this group that are readings of a card for an enrolment. */
  readonly #reads = new Set<number>();
  /** And those that came with a message of the card. */
  readonly #proved = new Set<number>();
  readonly #cards: CardBook;
  readonly #work: CommitWork;
  #firstDayKept = '';

  constructor(work: CommitWork) {
    this.#work = work;
    this.#cards = new CardBook(work.statements);
  }

  /** Keeps a check-in for the settlement of its day. Most bring nothing beside, and are looked up there, at once. */
  async add(
    { station, epoch }: { station: string; epoch: string },
    { card, seq, enrol: request, sun }: CheckInEntry,
    { journalId, dated }: { journalId: number; dated: Dated },
  ): Promise<void> {
    const arrival = { journalId, station, epoch, seq, card, dated };
    this.#arrivals.set(journalId, arrival);
    if (sun !== undefined) {
      const tap = { ...arrival, sun, occurredMs: dated.occurredMs };
      const { isKept, changed } = await takeSun(this.#work, tap);
      if (isKept) this.#proved.add(journalId);
      await judgeCheckIns(this.#work, changed);
    }
    if (request === undefined) return;
    const result = await takeReading(this.#work, { station, request, card, journalId });
    if (result !== 'none') this.#reads.add(journalId);
    if (result === 'enrolled') this.#cards.forget();
  }

  /** Gives a stored entry its new date; a check-in goes with it, unless a person has decided on that. */
  async dateAnew(stored: DatedAnew): Promise<void> {
    const { journalId, type, dated } = stored;
    const { occurredMs: occurred_ms, earliestMs, datedBy: dated_by } = dated;
    const row = { occurred_ms, earliest_ms: earliestMs ?? null, dated_by };
    await this.#work.statements.dateEntry({ id: journalId, ...row });
    if (type !== 'check-in') return;
    const arrival = this.#arrivals.get(journalId);
    if (!arrival) return this.#placeStored(stored);
    arrival.dated = dated;
    if (this.#proved.has(journalId)) await this.#moveSun(journalId, occurred_ms);
  }

  /** @returns what the check-ins of this group come to, by journal id. */
  async settle(): Promise<ReadonlyMap<number, FreshCheckIn>> {
    const fresh = await this.#placeArrivals();
    const uncounted: FreshCheckIn[] = [];
    for (const checkIn of fresh.values()) {
      const { volunteer, counts, day } = checkIn;
      if (volunteer === undefined || counts === 0) uncounted.push(checkIn);
      else this.#day(volunteer.id, day).fresh.push(checkIn);
    }
    await this.#work.statements.addCheckIns(uncounted.map(rowOf));
    for (const checkIn of uncounted) {
      announceCheckIn(this.#work, checkIn, { balance: null });
      this.#tellRefused(checkIn);
    }
    await settleDays(this.#work, [...this.#days.values()], this.#anew);
    return fresh;
  }

  /** Of other taps something else is known now; those of this group are not placed yet. */
  async #moveSun(journalId: number, occurredMs: number): Promise<void> {
    await judgeCheckIns(this.#work, await moveSun(this.#work, journalId, occurredMs));
  }

  /** Finds out whose the cards were, and what becomes of the check-ins by that and by their dates. */
  async #placeArrivals(): Promise<Map<number, FreshCheckIn>> {
    const { nowMs: receivedMs, dayOf } = this.#work;
    const arrivals = [...this.#arrivals.values()];
    await this.#cards.lookUp(arrivals.map(({ card, dated }) => ({ card, ms: dated.occurredMs })));
    const proofs = await proofsOf(this.#work, [...this.#proved]);
    const days = arrivals.map(({ dated }) => dayOf(dated.occurredMs));
    await this.#lookUp(days);
    const fresh = new Map<number, FreshCheckIn>();
    for (const [index, arrival] of arrivals.entries()) {
      const { journalId, card, dated } = arrival;
      const isRead = this.#reads.has(journalId);
      const facts = { receivedMs, isRead, proof: proofs.get(journalId) };
      fresh.set(journalId, freshOf(arrival, this.#place(card, dated, days[index] ?? '', facts)));
    }
    return fresh;
  }

  /** The card is looked up, and so is the policy of the day. */
  #place(
    card: string,
    dated: Dated,
    day: string,
    { receivedMs, isRead, proof }: TapFacts,
  ): Placement {
    const { policies, dayOf } = this.#work;
    const { occurredMs } = dated;
    const { acceptDays, cardTrust } = policies.of(day).body;
    const held =
      reviewReason(dated, { receivedMs, acceptDays }, dayOf) ??
      (day < this.#firstDayKept ? 'too-old' : undefined);
    const review = isRead ? undefined : held;
    const standing = this.#cards.of({ card, ms: occurredMs });
    const refusal = refusalOf(proof, cardTrust);
    const { outcome, counts } = verdictOn(standing, {
      isHeld: review !== undefined,
      isRead,
      refusal,
    });
    return {
      occurredMs,
      day,
      minute: dayOf.minuteOf(occurredMs),
      review,
      refusal,
      outcome,
      counts,
      volunteer: standing && { id: standing.volunteer, displayName: standing.displayName },
      status: standing?.status,
    };
  }

  /** A day whose check-ins are summed up is not scored again: what still comes for it waits for a person. */
  async #lookUp(days: readonly string[]): Promise<void> {
    const { statements, policies } = this.#work;
    await policies.lookUp(days);
    this.#firstDayKept = (await statements.firstDayKept({}))[0]?.day ?? '';
  }

  async #placeStored({ journalId, receivedMs, wasMs, dated }: DatedAnew): Promise<void> {
    const { statements } = this.#work;
    const [stored] = await statements.checkInOf({ journal_id: journalId });
    if (!stored) return;
    const placed = await this.#placeAnew(stored, receivedMs, dated);
    if (!placed) return;
    const { occurredMs, day, minute, review, outcome, counts } = placed;
    const volunteer = placed.volunteer?.id ?? null;
    if (volunteer !== stored.volunteer_id) {
      await handOver(this.#work, stored, { volunteer, outcome });
      Object.assign(stored, { volunteer_id: volunteer, counts: 0, points: 0 });
    }
    const place = { day, minute, occurred_ms: occurredMs, review: review ?? null, counts } as const;
    await statements.placeCheckIn({ journal_id: journalId, ...place });
    this.#anew.set(journalId, this.#anew.get(journalId) ?? wasMs);
    if (counts === 0 && stored.counts === 0 && stored.outcome !== outcome) {
      const owned = { volunteer_id: volunteer, counts, outcome };
      await statements.ownCheckIn({ journal_id: journalId, ...owned });
      this.#withdrawAs(journalId, outcome);
    }
    if (stored.outcome !== outcome) this.#tellRefused({ ...stored, ...placed });
    if (volunteer !== null && stored.counts === 1) {
      const left = this.#day(volunteer, stored.day);
      if (counts === 0) left.withdrawn.set(journalId, outcome);
    }
    if (volunteer !== null && counts === 1) this.#day(volunteer, day);
    if (counts === 1 || stored.counts === 1) return; // told with the settlement
    const { station, points } = stored;
    const owner = volunteer === null ? undefined : await toldVolunteer(this.#work, volunteer);
    const told = { station, occurredMs, volunteer: owner, outcome, points };
    announceCheckIn(this.#work, told, { balance: null, wasMs });
  }

  /** @returns undefined where a person has decided on the check-in. */
  async #placeAnew(
    { journal_id, card, review, proved, read }: StoredTap,
    receivedMs: number,
    dated: Dated,
  ): Promise<Placement | undefined> {
    if (proved !== null) await this.#moveSun(journal_id, dated.occurredMs);
    if (review === 'accepted' || review === 'refused') return undefined;
    const proofs = await proofsOf(this.#work, proved === null ? [] : [journal_id]);
    const day = this.#work.dayOf(dated.occurredMs);
    await this.#lookUp([day]);
    await this.#cards.lookUp([{ card, ms: dated.occurredMs }]);
    const facts = { receivedMs, isRead: read !== null, proof: proofs.get(journal_id) };
    return this.#place(card, dated, day, facts);
  }

  /** One that has left a day in this group already is something else now. */
  #withdrawAs(journalId: number, outcome: CheckInOutcome): void {
    for (const { withdrawn } of this.#days.values()) {
      if (withdrawn.has(journalId)) withdrawn.set(journalId, outcome);
    }
  }

  #day(volunteer: string, day: string): AffectedDay {
    const key = keyOfDay({ volunteer, day });
    const known = this.#days.get(key);
    if (known) return known;
    const withdrawn = new Map<number, CheckInOutcome>();
    const added = { volunteer, day, fresh: [], withdrawn };
    this.#days.set(key, added);
    return added;
  }

  #tellRefused(checkIn: Placement & { readonly station: string; readonly card: string }): void {
    const { volunteer, status, outcome } = checkIn;
    if (volunteer === undefined || status === undefined || outcome !== 'blocked-card') return;
    announceRefusedTap(this.#work, { ...checkIn, status, volunteer: volunteer.id });
  }
}
