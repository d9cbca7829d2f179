import type { Selectable } from 'kysely';
import {
  issuedForCheckIns,
  settle,
  type Transfer,
  type Transferred,
  volunteerAccount,
} from '../domain/ledger.ts';
import { scoreBesidesPauses } from '../domain/pauses.ts';
import type { CheckInOutcome, DayCheckIn, PointsPart } from '../domain/scoring.ts';
import type { Schema } from '../store/schema.ts';
import {
  announceCheckIn,
  type FreshCheckIn,
  storeCheckIn,
  type ToldVolunteer,
} from './check-in-rows.ts';
import type { CommitWork } from './commit-work.ts';
import { monthPointsBefore } from './month-points.ts';

/** A check-in as the scoring sees it: `fresh` when this group has brought it. */
interface DayRow extends DayCheckIn {
  readonly journalId: number;
  readonly key: string;
  readonly fresh: FreshCheckIn | undefined;
  readonly outcome: string;
  readonly points: number;
  readonly transfers: number;
}

export interface VolunteerDay {
  readonly volunteer: { readonly id: string };
  readonly day: string;
}

/** What a transaction has changed about a day. */
export interface DayChanges {
  /** The check-ins that it has brought. */
  readonly fresh?: readonly FreshCheckIn[];
  /** Journal ids of check-ins that counted on this day and may count no more, and what they are then. */
  readonly withdrawn?: ReadonlyMap<number, CheckInOutcome>;
  /** Stored check-ins that were dated anew, by journal id: when they were thought to be before. */
  readonly anew?: ReadonlyMap<number, number>;
}

/** What is to become of a check-in. */
interface Judged {
  readonly checkIn: DayRow;
  readonly outcome: CheckInOutcome;
  readonly points: number;
  readonly parts: readonly PointsPart[];
}

/**
 * Scores one volunteer's day anew and transfers the difference to what was transferred before. Old
 * check-ins that come out different are told as corrections. One that was moved here from another day
 * brings with it what was transferred for it there. What happened while the volunteer was paused is
 * recorded, and earns nothing. Other days may follow from it: see `settleDays`.
 */
export async function settleDay(
  work: CommitWork,
  { volunteer, day }: VolunteerDay,
  { fresh = [], withdrawn = new Map(), anew = new Map() }: DayChanges = {},
): Promise<void> {
  const counted = [...(await storedRows(work, volunteer.id, day)), ...fresh.map(freshRow)];
  const held = await heldRows(work, withdrawn);
  const rows = [...counted, ...held.map(({ checkIn }) => checkIn)];
  const policy = await work.policies.of(day);
  const pauses = await work.statements.pausesOf({ volunteer: volunteer.id });
  const monthPoints = await monthPointsBefore(work, { volunteer, day }, policy.body);
  const scored: Judged[] = [
    ...scoreBesidesPauses(counted, pauses, (active) =>
      work.score(active, policy.body, { monthPoints }),
    ),
    ...held.map(({ checkIn, outcome }) => ({ checkIn, outcome, points: 0, parts: [] })),
  ];
  const transfers = settle(
    volunteer.id,
    scored.map(({ checkIn, points }) => ({ checkIn: checkIn.key, points })),
    new Map(rows.map((row) => [row.key, transferredOf(row)])),
  );
  const byKey = new Map(transfers.map((transfer) => [transfer.checkIn, transfer]));
  for (const score of scored) await storeScore(work, score, byKey.has(score.checkIn.key));
  for (const score of scored) {
    const transfer = byKey.get(score.checkIn.key);
    const datedAnewFromMs = anew.get(score.checkIn.journalId);
    const month = policy.body.pointsPerMonthMax === undefined ? {} : { monthPoints };
    const rule = { policy: policy.version, day, datedAnewFromMs, ...month };
    if (transfer) await storeTransfer(work, transfer, score, rule);
  }
  const account = volunteerAccount(volunteer.id);
  const change = transfers.reduce((sum, transfer) => sum + signed(transfer, account), 0);
  work.issued -= change;
  const [balance] =
    change === 0
      ? await work.statements.balanceOf({ account })
      : await work.statements.changeBalance({ account, by: change });
  for (const { checkIn, outcome, points } of scored) {
    const transfer = byKey.get(checkIn.key);
    const wasMs = anew.get(checkIn.journalId);
    if (checkIn.fresh) announceCheckIn(work, checkIn.fresh, balance?.balance ?? null);
    else if (wasMs !== undefined) {
      const named = await toldVolunteer(work, volunteer.id);
      const told = { ...checkIn, volunteer: named, outcome, points, wasMs };
      announceCheckIn(work, told, balance?.balance ?? null);
    } else if (transfer) {
      work.outgoing.toFeed('points', work.nowMs, {
        ...{ station: checkIn.station, stationName: work.nameOf(checkIn.station) },
        ...{ volunteer: { id: volunteer.id }, day },
        ...{ outcome, change: signed(transfer, account), balance: balance?.balance },
      });
    }
  }
}

/** For what the feed tells of a check-in that the journal had already. */
export async function toldVolunteer(
  { statements }: Pick<CommitWork, 'statements'>,
  volunteer: string,
): Promise<ToldVolunteer> {
  const [row] = await statements.displayNameOf({ volunteer });
  return { id: volunteer, displayName: row?.display_name ?? null };
}

const keyOf = (station: string, epoch: string, seq: number): string => `${station}/${epoch}/${seq}`;

function freshRow(fresh: FreshCheckIn): DayRow {
  const { journalId, station, epoch, seq, occurredMs, minute, outcome } = fresh;
  const key = keyOf(station, epoch, seq);
  return {
    journalId,
    key,
    station,
    epoch,
    seq,
    occurredMs,
    minute,
    outcome,
    fresh,
    points: 0,
    transfers: 0,
  };
}

async function storedRows(
  { statements }: CommitWork,
  volunteer: string,
  day: string,
): Promise<DayRow[]> {
  return (await statements.checkInsOf({ volunteer, day })).map(storedRow);
}

/** Of the check-ins that may count no more, those that do not: one may have been moved on to a day of its own. */
async function heldRows(
  { statements }: CommitWork,
  withdrawn: ReadonlyMap<number, CheckInOutcome>,
): Promise<Pick<Judged, 'checkIn' | 'outcome'>[]> {
  const held: Pick<Judged, 'checkIn' | 'outcome'>[] = [];
  for (const [journal_id, outcome] of withdrawn) {
    const [row] = await statements.checkInOf({ journal_id });
    if (row?.counts === 0) held.push({ checkIn: storedRow(row), outcome });
  }
  return held;
}

function storedRow(row: Selectable<Schema['check_in']>): DayRow {
  const { journal_id: journalId, station, epoch, seq, occurred_ms: occurredMs } = row;
  const { minute, outcome, points, transfers } = row;
  const key = keyOf(station, epoch, seq);
  const counted = { outcome, points, transfers };
  return { journalId, key, station, epoch, seq, occurredMs, minute, fresh: undefined, ...counted };
}

const transferredOf = ({ points, transfers }: DayRow): Transferred => ({
  net: points,
  count: transfers,
});

const signed = ({ credit, amount }: Transfer, account: string): number =>
  credit === account ? amount : -amount;

async function storeScore(
  work: CommitWork,
  { checkIn, outcome, points }: Judged,
  isTransferred: boolean,
): Promise<void> {
  const transfers = checkIn.transfers + (isTransferred ? 1 : 0);
  if (checkIn.fresh) {
    checkIn.fresh.outcome = outcome;
    checkIn.fresh.points = points;
    await storeCheckIn(work, checkIn.fresh, { counts: 1, transfers });
  } else if (isTransferred || checkIn.outcome !== outcome) {
    const { journalId } = checkIn;
    await work.statements.changeCheckIn({ journal_id: journalId, outcome, points, transfers });
  }
}

/** One transfer; the balances, which are a projection of the transfers, follow in one sum. */
async function storeTransfer(
  { statements, nowMs }: CommitWork,
  { reference, debit, credit, amount, code }: Transfer,
  { checkIn, outcome, points, parts }: Judged,
  rule: { policy: number; day: string; datedAnewFromMs: number | undefined; monthPoints?: number },
): Promise<void> {
  const { occurredMs, journalId } = checkIn;
  const reason = JSON.stringify({ rule: 'check-in', ...rule, occurredMs, outcome, points, parts });
  const row = { reference, debit, credit, amount, code, at: nowMs, reason };
  await statements.addTransfer({ ...row, check_in_id: journalId });
}

/** The scheme's side of all transfers of a group. */
export async function storeIssued({ statements, issued }: CommitWork): Promise<void> {
  if (issued !== 0) await statements.changeBalance({ account: issuedForCheckIns, by: issued });
}
