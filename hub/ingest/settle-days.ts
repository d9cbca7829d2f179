import type { Insertable } from 'kysely';
import { type SettledCheckIn, settleDay } from '../domain/day-settlement.ts';
import { fold, type Transfer, volunteerAccount } from '../domain/ledger.ts';
import type { CheckInOutcome } from '../domain/scoring.ts';
import type { Schema } from '../store/schema.ts';
import {
  announceCheckIn,
  type CheckIn,
  type FreshCheckIn,
  rowOf,
  toldVolunteer,
} from './check-in-rows.ts';
import type { CommitWork } from './commit-work.ts';
import {
  type ChangedDay,
  type DaysSoFar,
  keyOfDay,
  readDays,
  type VolunteerDay,
} from './days-so-far.ts';
import { followMonths, keyOfMonth, type MonthsSoFar } from './month-points.ts';

/** Stored check-ins that were dated anew, by journal id: when they were thought to be before. */
export type DatedBefore = ReadonlyMap<number, number>;

interface SettledDay extends VolunteerDay {
  readonly fresh: readonly FreshCheckIn[];
  readonly checkIns: readonly SettledCheckIn<CheckIn>[];
  /** What the volunteer had earned in the month before, where the policy asks. */
  readonly monthPoints: number | undefined;
  /** The volunteer's points after it. */
  readonly balance: number;
}

/**
 * Scores days of volunteers anew and transfers the differences to what was transferred before. Old
 * check-ins that come out different are told as corrections. One that was moved here from another day
 * brings with it what was transferred for it there. Other days of the month may follow from these.
 *
 * All that the rules look at is read first, then they judge, then all is written and told: so it takes
 * a few statements for any number of days.
 * @param days each once
 */
export async function settleDays(
  work: CommitWork,
  days: readonly ChangedDay[],
  anew: DatedBefore = new Map(),
): Promise<void> {
  if (days.length === 0) return;
  const months = await followMonths(work, days);
  const settled = judgeDays(work, months, await readDays(work, months.days));
  await storeDays(work, settled, anew);
  for (const day of settled) await tellDay(work, day, anew);
}

/** What the rules say, day after day: no query stands between them. */
function judgeDays(
  { policies, score }: CommitWork,
  { days, earned }: MonthsSoFar,
  soFar: DaysSoFar,
): SettledDay[] {
  const [balances, months] = [new Map(soFar.balances), new Map(earned)];
  return days.map((changed) => {
    const { volunteer, day, fresh = [], withdrawn = new Map<number, CheckInOutcome>() } = changed;
    const policy = policies.of(day).body;
    const month = keyOfMonth(changed);
    const monthPoints = policy.pointsPerMonthMax === undefined ? undefined : months.get(month);
    const counted = [...(soFar.counted.get(keyOfDay(changed)) ?? []), ...fresh];
    const held = [...withdrawn].flatMap(([journalId, outcome]) => {
      const checkIn = soFar.held.get(journalId);
      return checkIn ? [{ checkIn, outcome }] : [];
    });
    const pauses = soFar.pauses.get(volunteer) ?? [];
    const dayOfVolunteer = { volunteer, counted, held, pauses, monthPoints: monthPoints ?? 0 };
    const checkIns = settleDay(dayOfVolunteer, policy, score);
    // At once: what was withdrawn from two of the days gives its points back once.
    for (const one of checkIns) become(one);
    months.set(
      month,
      checkIns.reduce((sum, { points }) => sum + points, months.get(month) ?? 0),
    );
    const account = volunteerAccount(volunteer);
    const change = checkIns.reduce((sum, { transfer }) => sum + signed(transfer, account), 0);
    const balance = (balances.get(account) ?? 0) + change;
    balances.set(account, balance);
    return { volunteer, day, fresh, checkIns, monthPoints, balance };
  });
}

function become({ checkIn, outcome, points, transfer }: SettledCheckIn<CheckIn>): void {
  checkIn.outcome = outcome;
  checkIn.points = points;
  if (transfer) checkIn.transfers += 1;
}

async function storeDays(
  { statements, nowMs, policies }: CommitWork,
  days: readonly SettledDay[],
  anew: DatedBefore,
): Promise<void> {
  const transfers: Insertable<Schema['transfer']>[] = [];
  const changed = new Set<CheckIn>();
  for (const { day, checkIns, monthPoints } of days) {
    const policy = policies.of(day).version;
    for (const one of checkIns) {
      if (one.isChanged && !one.checkIn.isFresh) changed.add(one.checkIn);
      if (!one.transfer) continue;
      const datedAnewFromMs = anew.get(one.checkIn.journalId);
      const rule = { policy, day, datedAnewFromMs, monthPoints };
      transfers.push(transferRow(one.transfer, one, rule, nowMs));
    }
  }
  const fresh = days.flatMap((day) => day.fresh);
  await statements.addCheckIns(fresh.map(rowOf));
  for (const { journalId, outcome, points, transfers } of changed) {
    await statements.changeCheckIn({ journal_id: journalId, outcome, points, transfers });
  }
  await statements.addTransfers(transfers);
  // The balances are a projection of the transfers.
  const changes = Array.from(fold(transfers), ([account, by]) => ({ account, by }));
  await statements.changeBalances(changes.filter(({ by }) => by !== 0));
}

const transferRow = (
  { reference, debit, credit, amount, code }: Transfer,
  { checkIn: { journalId, occurredMs }, outcome, points, parts }: SettledCheckIn<CheckIn>,
  rule: { policy: number; day: string } & Record<
    'datedAnewFromMs' | 'monthPoints',
    number | undefined
  >,
  nowMs: number,
): Insertable<Schema['transfer']> => ({
  reference,
  debit,
  credit,
  amount,
  code,
  at: nowMs,
  check_in_id: journalId,
  reason: JSON.stringify({ rule: 'check-in', ...rule, occurredMs, outcome, points, parts }),
});

async function tellDay(
  work: CommitWork,
  { volunteer, day, fresh, checkIns, balance }: SettledDay,
  anew: DatedBefore,
): Promise<void> {
  let owner = fresh[0]?.volunteer;
  for (const { checkIn, outcome, points, transfer } of checkIns) {
    const { journalId, station, occurredMs, isFresh } = checkIn;
    const wasMs = anew.get(journalId);
    if (isFresh || wasMs !== undefined) {
      owner ??= await toldVolunteer(work, volunteer);
      const told = { station, occurredMs, volunteer: owner, outcome, points };
      announceCheckIn(work, told, { balance, wasMs });
    } else if (transfer) {
      const change = signed(transfer, volunteerAccount(volunteer));
      const stationName = work.nameOf(station);
      const whose = { id: volunteer };
      const told = { station, stationName, volunteer: whose, day, outcome, change, balance };
      work.outgoing.toFeed('points', work.nowMs, told);
    }
  }
}

const signed = (transfer: Transfer | undefined, account: string): number =>
  transfer === undefined ? 0 : transfer.credit === account ? transfer.amount : -transfer.amount;
