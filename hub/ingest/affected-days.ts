import type { RoutineEntry } from '../../shared/wire/entry.ts';
import { noProof, type Proof, refusalOf } from '../domain/card-trust.ts';
import type { Dated } from '../domain/dating.ts';
import { reviewReason } from '../domain/review.ts';
import type { CheckInOutcome } from '../domain/scoring.ts';
import { announceRefusedTap, standingOf, verdictOn } from './card-standing.ts';
import {
  announceCheckIn,
  type FreshCheckIn,
  type Placement,
  storeCheckIn,
} from './check-in-rows.ts';
import type { CommitWork } from './commit-work.ts';
import { type EnrolmentReading, takeReading } from './enrolment-reads.ts';
import { isEnrolmentRead } from './enrolment-rows.ts';
import { handOver } from './hand-over.ts';
import { judgeCheckIns } from './judge-card.ts';
import type { DatedAnew } from './lane-dates.ts';
import { toldVolunteer, type VolunteerDay } from './settle-day.ts';
import { settleDays } from './settle-days.ts';
import { moveSun, proofOf, type SunTap, takeSun } from './sun-readings.ts';

type CheckInEntry = Extract<RoutineEntry, { type: 'check-in' }>;

interface AffectedDay extends VolunteerDay {
  readonly fresh: FreshCheckIn[];
  readonly withdrawn: Map<number, CheckInOutcome>;
}

/** The days of volunteers that a group touches, so that each is scored once for all of its check-ins. */
export class AffectedDays {
  readonly #fresh = new Map<number, FreshCheckIn>();
  readonly #days = new Map<string, AffectedDay>();
  /** Stored check-ins that were dated anew, by journal id, and when they were thought to be before. */
  readonly #anew = new Map<number, number>();
  /** Journal ids of check-ins of this group that are readings of a card for an enrolment. */
  readonly #reads = new Set<number>();
  /** And those that came with a message of the card. */
  readonly #proved = new Set<number>();
  readonly #work: CommitWork;

  constructor(work: CommitWork) {
    this.#work = work;
  }

  /** Finds out whose the card was when it was tapped, and keeps the check-in for the settlement of its day. */
  async add(
    { station, epoch }: { station: string; epoch: string },
    { card, seq, enrol: request, sun }: CheckInEntry,
    { journalId, dated }: { journalId: number; dated: Dated },
  ): Promise<FreshCheckIn> {
    const about = { journalId, station, epoch, seq, card };
    if (sun !== undefined) await this.#prove({ ...about, sun, occurredMs: dated.occurredMs });
    if (request !== undefined) await this.#read({ station, request, card, journalId });
    const known = await this.#knownOf(journalId);
    const checkIn: FreshCheckIn = {
      ...{ ...about, points: 0, dated },
      ...(await this.#place(card, dated, { receivedMs: this.#work.nowMs, ...known })),
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
    await this.#judgeAnew(await moveSun(this.#work, journalId, occurred_ms));
    const fresh = this.#fresh.get(journalId);
    if (fresh) await this.#placeFresh(fresh, dated);
    else await this.#placeStored(journalId, receivedMs, wasMs, dated);
  }

  async settle(): Promise<void> {
    for (const checkIn of this.#fresh.values()) {
      const { volunteer, counts, day } = checkIn;
      if (volunteer && counts === 1) this.#day(volunteer.id, day).fresh.push(checkIn);
      else await this.#storeUncounted(checkIn);
    }
    const anew = this.#anew;
    await settleDays(
      this.#work,
      [...this.#days.values()].map((day) => ({ ...day, anew })),
    );
  }

  /** A card that has become somebody's by this is so for what this group has brought of it before, too. */
  async #read(reading: EnrolmentReading): Promise<void> {
    const result = await takeReading(this.#work, reading);
    if (result === 'none') return;
    this.#reads.add(reading.journalId);
    if (result === 'read') return;
    for (const fresh of this.#fresh.values()) {
      if (fresh.card !== reading.card) continue;
      await this.#placeFresh(fresh, fresh.dated);
    }
  }

  async #placeFresh(fresh: FreshCheckIn, dated: Dated): Promise<void> {
    const known = await this.#knownOf(fresh.journalId);
    const placed = await this.#place(fresh.card, dated, {
      receivedMs: this.#work.nowMs,
      ...known,
    });
    Object.assign(fresh, { dated, ...placed });
  }

  async #prove(tap: SunTap): Promise<void> {
    const { isKept, changed } = await takeSun(this.#work, tap);
    if (isKept) this.#proved.add(tap.journalId);
    await this.#judgeAnew(changed);
  }

  /** Of other taps something else is known now. */
  async #judgeAnew(ids: readonly number[]): Promise<void> {
    const fresh = ids.flatMap((id) => this.#fresh.get(id) ?? []);
    for (const one of fresh) await this.#placeFresh(one, one.dated);
    await judgeCheckIns(
      this.#work,
      ids.filter((id) => !this.#fresh.has(id)),
    );
  }

  /** Most check-ins are no readings and prove nothing: those of this group need no look-up to say so. */
  async #knownOf(journalId: number): Promise<{ isRead: boolean; proof: Proof }> {
    const isRead = this.#reads.has(journalId);
    const isProved = this.#proved.has(journalId);
    return { isRead, proof: isProved ? await proofOf(this.#work, journalId) : noProof };
  }

  async #place(
    card: string,
    dated: Dated,
    { receivedMs, isRead, proof }: { receivedMs: number; isRead: boolean; proof: Proof },
  ): Promise<Placement> {
    const { policies, dayOf } = this.#work;
    const { occurredMs } = dated;
    const day = dayOf(occurredMs);
    const { acceptDays, cardTrust } = (await policies.of(day)).body;
    const review = isRead ? undefined : reviewReason(dated, { receivedMs, acceptDays }, dayOf);
    const standing = await standingOf(this.#work, card, occurredMs);
    const refusal = refusalOf(proof, cardTrust);
    const minute = dayOf.minuteOf(occurredMs);
    return {
      ...{ occurredMs, day, minute, review, refusal },
      ...verdictOn(standing, { isHeld: review !== undefined, isRead, refusal }),
      volunteer: standing && { id: standing.volunteer, displayName: standing.displayName },
      status: standing?.status,
    };
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
    const isRead = await isEnrolmentRead(this.#work, journalId);
    const proof = await proofOf(this.#work, journalId);
    const placed = await this.#place(stored.card, dated, { receivedMs, isRead, proof });
    const { occurredMs, day, minute, review, outcome, counts } = placed;
    const volunteer = placed.volunteer?.id ?? null;
    if (volunteer !== stored.volunteer_id) {
      await handOver(this.#work, stored, { volunteer, outcome });
      Object.assign(stored, { volunteer_id: volunteer, counts: 0, points: 0 });
    }
    const place = { day, minute, occurred_ms: occurredMs, review: review ?? null, counts } as const;
    await statements.placeCheckIn({ journal_id: journalId, ...place });
    this.#anew.set(journalId, this.#anew.get(journalId) ?? wasMs);
    if (counts === 0 && stored.counts === 0) {
      await statements.ownCheckIn({
        journal_id: journalId,
        volunteer_id: volunteer,
        counts,
        outcome,
      });
    }
    if (stored.outcome !== outcome) this.#tellRefused({ ...stored, ...placed });
    const { station, points } = stored;
    if (volunteer !== null && stored.counts === 1) {
      const left = this.#day(volunteer, stored.day);
      if (counts === 0) left.withdrawn.set(journalId, outcome);
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
    const added = {
      volunteer: { id: volunteer },
      day,
      fresh: [],
      withdrawn: new Map<number, CheckInOutcome>(),
    };
    this.#days.set(key, added);
    return added;
  }

  async #storeUncounted(checkIn: FreshCheckIn): Promise<void> {
    await storeCheckIn(this.#work, checkIn, { counts: 0, transfers: 0 });
    announceCheckIn(this.#work, checkIn, null);
    this.#tellRefused(checkIn);
  }

  #tellRefused(checkIn: Placement & { readonly station: string; readonly card: string }): void {
    const { volunteer, status, outcome } = checkIn;
    if (volunteer === undefined || status === undefined || outcome !== 'blocked-card') return;
    announceRefusedTap(this.#work, { ...checkIn, status, volunteer: volunteer.id });
  }
}
