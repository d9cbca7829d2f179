import { refusalOf } from '../domain/card-trust.ts';
import type { CheckInOutcome } from '../domain/scoring.ts';
import type { Trx } from '../store/schema.ts';
import { announceRefusedTap, CardBook, verdictOn } from './card-standing.ts';
import type { CommitWork } from './commit-work.ts';
import { enrolmentReadsOf } from './enrolment-rows.ts';
import { handOver } from './hand-over.ts';
import { settleDays } from './settle-days.ts';
import { proofsOf } from './sun-readings.ts';

const dayMs = 86_400_000;

/** A volunteer's day that has to be scored anew, and what counts on it no more. */
interface Touched {
  readonly volunteer: string;
  readonly day: string;
  readonly withdrawn: Map<number, CheckInOutcome>;
}

/**
 * Judges what a card has brought by what operators say of it now: its check-ins from `fromMs` on, and
 * those that were nobody's. Their days are settled again. One whose date is doubtful waits for a person
 * like any other.
 * @param wasFree that nothing was known of the card, so that it has no check-ins but nobody's
 */
export async function judgeCard(
  work: CommitWork,
  { card, fromMs, wasFree }: { card: string; fromMs: number; wasFree: boolean },
): Promise<void> {
  await judgeRows(work, await checkInsOf(work.trx, { card, fromMs, wasFree }));
}

/** Judges stored check-ins of which something else is known now. @param ids those that are no rows yet are left out */
export async function judgeCheckIns(work: CommitWork, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const rows = work.trx.selectFrom('check_in').selectAll().where('journal_id', 'in', ids);
  await judgeRows(work, await rows.execute());
}

async function judgeRows(work: CommitWork, rows: readonly CheckInRow[]): Promise<void> {
  const touched = new Map<string, Touched>();
  const judgements = await judgementsOn(work, rows);
  for (const [index, checkIn] of rows.entries()) {
    const judgement = judgements[index];
    if (judgement) await judge(work, checkIn, judgement, touched);
  }
  await settleDays(work, [...touched.values()]);
}

type CheckInRow = Awaited<ReturnType<typeof checkInsOf>>[number];

/** Both ways have an index: by the card while it is nobody's, and by days. */
async function checkInsOf(
  trx: Trx,
  { card, fromMs, wasFree }: { card: string; fromMs: number; wasFree: boolean },
) {
  const all = trx.selectFrom('check_in').selectAll().where('card', '=', card);
  const unowned = await all.where('volunteer_id', 'is', null).execute();
  if (wasFree) return unowned;
  // A local date is at most a day behind that of UTC.
  const firstDay = new Date(fromMs - dayMs).toISOString().slice(0, 10);
  const owned = await all
    .where('day', '>=', firstDay)
    .where('occurred_ms', '>=', fromMs)
    .where('volunteer_id', 'is not', null)
    .execute();
  return [...unowned, ...owned];
}

type Judgement = Awaited<ReturnType<typeof judgementsOn>>[number];

/** What stored check-ins are by what is known of their cards now. @returns in the order of the rows */
async function judgementsOn(work: CommitWork, rows: readonly CheckInRow[]) {
  const tapOf = ({ card, occurred_ms: ms }: CheckInRow) => ({ card, ms });
  const ids = rows.map(({ journal_id }) => journal_id);
  const cards = new CardBook(work.statements);
  await cards.lookUp(rows.map(tapOf));
  await work.policies.lookUp(rows.map(({ day }) => day));
  const reads = await enrolmentReadsOf(work, ids);
  const proofs = await proofsOf(work, ids);
  return rows.map((row) => {
    const { journal_id, review } = row;
    const standing = cards.of(tapOf(row));
    const isHeld = review !== null && review !== 'accepted';
    const { cardTrust } = work.policies.of(row.day).body;
    const refusal = refusalOf(proofs.get(journal_id), cardTrust);
    const doubts = { isHeld, isRead: reads.has(journal_id), refusal };
    // A person has decided on that: no word about the card makes it anything else.
    const isVoided = row.outcome === 'voided';
    return { standing, refusal, ...(isVoided ? voided : verdictOn(standing, doubts)) };
  });
}

const voided = { outcome: 'voided', counts: 0 } as const;

async function judge(
  work: CommitWork,
  checkIn: CheckInRow,
  { standing, refusal, outcome, counts }: Judgement,
  touched: Map<string, Touched>,
): Promise<void> {
  const { journal_id, card, occurred_ms: occurredMs, station, day } = checkIn;
  const volunteer = standing?.volunteer ?? null;
  if (standing !== undefined && outcome === 'blocked-card' && checkIn.outcome !== outcome) {
    announceRefusedTap(work, { ...standing, card, station, occurredMs, refusal });
  }
  const isMoved = volunteer !== checkIn.volunteer_id;
  if (isMoved) await handOver(work, checkIn, { volunteer, outcome });
  const counted = isMoved ? 0 : checkIn.counts;
  if (counts === 0 && counted === 0) {
    if (!isMoved && checkIn.outcome !== outcome) {
      await work.statements.ownCheckIn({ journal_id, volunteer_id: volunteer, counts, outcome });
    }
    return;
  }
  if (volunteer === null || counts === counted) return;
  // What counts no more keeps its outcome until its points are taken back.
  const kept = counts === 1 ? outcome : checkIn.outcome;
  await work.statements.ownCheckIn({ journal_id, volunteer_id: volunteer, counts, outcome: kept });
  const key = `${volunteer} ${day}`;
  const withdrawn = touched.get(key)?.withdrawn ?? new Map<number, CheckInOutcome>();
  if (counts === 0) withdrawn.set(journal_id, outcome);
  touched.set(key, { volunteer, day, withdrawn });
}
