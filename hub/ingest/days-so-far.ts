import type { Selectable } from 'kysely';
import { volunteerAccount } from '../domain/ledger.ts';
import type { Pause } from '../domain/pauses.ts';
import type { CheckInOutcome } from '../domain/scoring.ts';
import type { checkInSoFar } from '../store/ingest-statements.ts';
import type { Schema } from '../store/schema.ts';
import type { CheckIn, FreshCheckIn } from './check-in-rows.ts';
import type { CommitWork } from './commit-work.ts';

export interface VolunteerDay {
  /** The volunteer's id. */
  readonly volunteer: string;
  readonly day: string;
}

/** A day with what a transaction has changed about it. */
export interface ChangedDay extends VolunteerDay {
  /** The check-ins that it has brought. */
  readonly fresh?: readonly FreshCheckIn[];
  /** Journal ids of check-ins that counted on this day and may count no more, and what they are then. */
  readonly withdrawn?: ReadonlyMap<number, CheckInOutcome>;
}

/** All that the settlement of some days looks at. */
export interface DaysSoFar {
  /** The stored check-ins that count on a day, by `keyOfDay`. */
  readonly counted: ReadonlyMap<string, readonly CheckIn[]>;
  /** Those that were withdrawn and count nowhere else, by journal id. */
  readonly held: ReadonlyMap<number, CheckIn>;
  /** The volunteers' pauses. */
  readonly pauses: ReadonlyMap<string, readonly Pause[]>;
  /** The volunteers' points, by account. */
  readonly balances: ReadonlyMap<string, number>;
}

export const keyOfDay = ({ volunteer, day }: VolunteerDay): string => `${volunteer} ${day}`;

/** Reads it in a few queries, however many days there are; their policies are looked up too. */
export async function readDays(
  { statements, policies }: CommitWork,
  days: readonly ChangedDay[],
): Promise<DaysSoFar> {
  await policies.lookUp(days.map(({ day }) => day));
  const volunteers = [...new Set(days.map(({ volunteer }) => volunteer))];
  const accounts = volunteers.map((volunteer) => ({ account: volunteerAccount(volunteer) }));
  const balances = await statements.balancesOf(accounts);
  const pauses = await statements.pausesOf(volunteers.map((volunteer) => ({ volunteer })));
  return {
    counted: groupBy(await statements.checkInsOf(days), dayOfRow, checkInOf),
    held: await heldCheckIns(statements, days),
    pauses: groupBy(
      pauses,
      ({ volunteer }) => volunteer,
      (pause): Pause => pause,
    ),
    balances: new Map(balances.map(({ id, balance }) => [id, balance])),
  };
}

const dayOfRow = ({ volunteer_id, day }: StoredCheckIn): string =>
  keyOfDay({ volunteer: volunteer_id ?? '', day });

function groupBy<R, T>(
  rows: readonly R[],
  keyOf: (row: R) => string,
  toValue: (row: R) => T,
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(toValue(row));
    else groups.set(key, [toValue(row)]);
  }
  return groups;
}

/** Of the check-ins that may count no more, those that do not: one may have been moved on to a day of its own. */
async function heldCheckIns(
  statements: CommitWork['statements'],
  days: readonly ChangedDay[],
): Promise<Map<number, CheckIn>> {
  const held = new Map<number, CheckIn>();
  for (const journal_id of days.flatMap(({ withdrawn }) => [...(withdrawn?.keys() ?? [])])) {
    const [row] = await statements.checkInOf({ journal_id });
    if (row?.counts === 0) held.set(journal_id, checkInOf(row));
  }
  return held;
}

type StoredCheckIn = Pick<Selectable<Schema['check_in']>, (typeof checkInSoFar)[number]>;

const checkInOf = (row: StoredCheckIn): CheckIn => ({
  journalId: row.journal_id,
  station: row.station,
  epoch: row.epoch,
  seq: row.seq,
  occurredMs: row.occurred_ms,
  minute: row.minute,
  isFresh: false,
  outcome: row.outcome,
  points: row.points,
  transfers: row.transfers,
});
