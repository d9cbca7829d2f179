import {
  issuedForCheckIns,
  settle,
  type Transfer,
  type Transferred,
  volunteerAccount,
} from '../domain/ledger.ts';
import type { DayCheckIn, Scored } from '../domain/scoring.ts';
import { announceCheckIn, type FreshCheckIn, storeCheckIn } from './check-in-rows.ts';
import type { CommitWork } from './commit-work.ts';

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
  readonly volunteer: { readonly id: string; readonly name: string };
  readonly day: string;
}

/** @param fresh the check-ins of one volunteer and day that this transaction has brought; not empty */
export async function settleFresh(work: CommitWork, fresh: readonly FreshCheckIn[]): Promise<void> {
  const [{ volunteer, day } = {}] = fresh;
  if (!volunteer || day === undefined) throw new Error('a day to settle is of a volunteer');
  await settleDay(work, { volunteer, day }, fresh);
}

/**
 * Scores one volunteer's day anew and transfers the difference to what was transferred before. Old
 * check-ins that come out different are told as corrections.
 */
export async function settleDay(
  work: CommitWork,
  { volunteer, day }: VolunteerDay,
  fresh: readonly FreshCheckIn[] = [],
): Promise<void> {
  const rows = [...(await storedRows(work, volunteer.id, day)), ...fresh.map(freshRow)];
  const policy = await work.policies.of(day);
  const scored = work.score(rows, policy.body);
  const transfers = settle(
    volunteer.id,
    scored.map(({ checkIn, points }) => ({ checkIn: checkIn.key, points })),
    new Map(rows.map((row) => [row.key, transferredOf(row)])),
  );
  const byKey = new Map(transfers.map((transfer) => [transfer.checkIn, transfer]));
  for (const score of scored) await storeScore(work, score, byKey.has(score.checkIn.key));
  for (const score of scored) {
    const transfer = byKey.get(score.checkIn.key);
    if (transfer) await storeTransfer(work, transfer, score, { policy: policy.version, day });
  }
  const account = volunteerAccount(volunteer.id);
  const change = transfers.reduce((sum, transfer) => sum + signed(transfer, account), 0);
  work.issued -= change;
  const [balance] =
    change === 0
      ? await work.statements.balanceOf({ account })
      : await work.statements.changeBalance({ account, by: change });
  for (const { checkIn, outcome } of scored) {
    const transfer = byKey.get(checkIn.key);
    if (checkIn.fresh) announceCheckIn(work, checkIn.fresh, balance?.balance ?? null);
    else if (transfer) {
      work.outgoing.toFeed('points', work.nowMs, {
        ...{ station: checkIn.station, stationName: work.nameOf(checkIn.station) },
        ...{ volunteer: { id: volunteer.id }, day },
        ...{ outcome, change: signed(transfer, account), balance: balance?.balance },
      });
    }
  }
}

const keyOf = (station: string, epoch: string, seq: number): string => `${station}/${epoch}/${seq}`;

function freshRow(fresh: FreshCheckIn): DayRow {
  const { journalId, station, epoch, seq, occurredMs, outcome } = fresh;
  const key = keyOf(station, epoch, seq);
  return {
    journalId,
    key,
    station,
    epoch,
    seq,
    occurredMs,
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
  const rows = await statements.checkInsOf({ volunteer, day });
  return rows.map(({ journal_id, station, epoch, seq, occurred_ms, ...row }) => ({
    ...{ journalId: journal_id, key: keyOf(station, epoch, seq), station, epoch, seq },
    ...{ occurredMs: occurred_ms, fresh: undefined },
    ...{ outcome: row.outcome, points: row.points, transfers: row.transfers },
  }));
}

const transferredOf = ({ points, transfers }: DayRow): Transferred => ({
  net: points,
  count: transfers,
});

const signed = ({ credit, amount }: Transfer, account: string): number =>
  credit === account ? amount : -amount;

async function storeScore(
  work: CommitWork,
  { checkIn, outcome, points }: Scored<DayRow>,
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
  { checkIn, outcome, points }: Scored<DayRow>,
  rule: { policy: number; day: string },
): Promise<void> {
  const { occurredMs, journalId } = checkIn;
  const reason = JSON.stringify({ rule: 'check-in', ...rule, occurredMs, outcome, points });
  const row = { reference, debit, credit, amount, code, at: nowMs, reason };
  await statements.addTransfer({ ...row, check_in_id: journalId });
}

/** The scheme's side of all transfers of a group. */
export async function storeIssued({ statements, issued }: CommitWork): Promise<void> {
  if (issued !== 0) await statements.changeBalance({ account: issuedForCheckIns, by: issued });
}
