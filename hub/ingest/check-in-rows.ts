import type { RoutineEntry } from '../../shared/wire/entry.ts';
import type { Outcome } from '../../shared/wire/messages.ts';
import { toFeed } from '../feed/outbox.ts';
import type { Trx } from '../store/schema.ts';
import type { LaneKey } from './chain.ts';
import type { CommitContext } from './commit-group.ts';
import { type DayKey, settleDay } from './settle-day.ts';

type CheckInEntry = Extract<RoutineEntry, { type: 'check-in' }>;

export interface NewCheckIn {
  readonly journalId: number;
  readonly station: string;
  readonly occurredMs: number;
  readonly volunteer: string | undefined;
  readonly day: string;
  /** Final when the card decides it; otherwise the scoring of the day does. */
  readonly outcome: Extract<Outcome, 'unknown-card' | 'blocked-card' | 'recorded'>;
}

/** Stores a check-in with whom the card belongs to now. Its points come with `AffectedDays.settle`. */
export async function insertCheckIn(
  trx: Trx,
  { station, epoch }: LaneKey,
  { card, seq }: CheckInEntry,
  { journalId, occurredMs }: { journalId: number; occurredMs: number },
  { dayOf }: CommitContext,
): Promise<NewCheckIn> {
  const owner = await trx
    .selectFrom('card')
    .select(['volunteer_id', 'status'])
    .where('token', '=', card)
    .executeTakeFirst();
  const outcome = !owner ? 'unknown-card' : owner.status === 'active' ? 'recorded' : 'blocked-card';
  const day = dayOf(occurredMs);
  await trx
    .insertInto('check_in')
    .values({
      journal_id: journalId,
      volunteer_id: owner?.volunteer_id ?? null,
      station,
      epoch,
      seq,
      card,
      day,
      occurred_ms: occurredMs,
      outcome,
      points: 0,
    })
    .execute();
  return { journalId, station, occurredMs, volunteer: owner?.volunteer_id, day, outcome };
}

/** Gathers the check-ins of a group, so that each volunteer's day is scored once for all of them. */
export class AffectedDays {
  readonly #days = new Map<string, DayKey>();
  readonly #checkIns: NewCheckIn[] = [];

  add(checkIn: NewCheckIn): void {
    this.#checkIns.push(checkIn);
    const { volunteer, day, outcome } = checkIn;
    if (volunteer === undefined || outcome !== 'recorded') return;
    this.#days.set(`${volunteer} ${day}`, { volunteer, day });
  }

  async settle(trx: Trx, context: CommitContext): Promise<void> {
    const fresh = new Set(this.#checkIns.map(({ journalId }) => journalId));
    for (const day of this.#days.values()) await settleDay(trx, day, fresh, context);
    for (const checkIn of this.#checkIns) await announce(trx, checkIn, context);
  }
}

async function announce(trx: Trx, checkIn: NewCheckIn, { nameOf }: CommitContext): Promise<void> {
  const scored = await trx
    .selectFrom('check_in')
    .leftJoin('volunteer', 'volunteer.id', 'check_in.volunteer_id')
    .leftJoin('account', 'account.volunteer_id', 'check_in.volunteer_id')
    .select(['outcome', 'points', 'balance', 'volunteer.id', 'volunteer.name'])
    .where('journal_id', '=', checkIn.journalId)
    .executeTakeFirstOrThrow();
  await toFeed(trx, 'check-in', checkIn.occurredMs, {
    station: checkIn.station,
    stationName: nameOf(checkIn.station),
    volunteer: scored.id === null ? null : { id: scored.id, name: scored.name },
    outcome: scored.outcome,
    points: scored.points,
    balance: scored.balance,
  });
}
