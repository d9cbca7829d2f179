import type { CheckInOutcome } from '../domain/scoring.ts';
import { announceRefusedTap, outcomeOf, standingOf } from '../ingest/card-standing.ts';
import type { CommitWork } from '../ingest/commit-work.ts';
import { handOver } from '../ingest/hand-over.ts';
import { storeIssued } from '../ingest/settle-day.ts';
import { settleDays } from '../ingest/settle-days.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';
import { noDates, workFor } from './work-for.ts';

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
 */
export async function judgeCardAnew(
  store: Pick<Store, 'ingest'>,
  trx: Trx,
  { card, fromMs, atMs }: { card: string; fromMs: number; atMs: number },
): Promise<void> {
  // Their days stand in their rows: nothing here is dated anew.
  const names = await trx.selectFrom('station').select(['id', 'name']).execute();
  const nameOf = (id: string): string => names.find((one) => one.id === id)?.name ?? id;
  const work = { ...workFor(store, trx, { atMs, dayOf: noDates }), nameOf };
  const touched = new Map<string, Touched>();
  for (const checkIn of await checkInsOf(trx, card, fromMs)) await judge(work, checkIn, touched);
  await settleDays(
    work,
    [...touched.values()].map(({ volunteer, ...day }) => ({
      volunteer: { id: volunteer },
      ...day,
    })),
  );
  await storeIssued(work);
  await work.outgoing.store(trx);
}

type CheckInRow = Awaited<ReturnType<typeof checkInsOf>>[number];

/** Both ways have an index: by the card while it is nobody's, and by days. */
async function checkInsOf(trx: Trx, card: string, fromMs: number) {
  const all = trx.selectFrom('check_in').selectAll().where('card', '=', card);
  const unowned = await all.where('volunteer_id', 'is', null).execute();
  // Before its first issue it was nobody's, so there are no others.
  if (fromMs <= 0) return unowned;
  // A local date is at most a day behind that of UTC.
  const firstDay = new Date(fromMs - dayMs).toISOString().slice(0, 10);
  const owned = await all
    .where('day', '>=', firstDay)
    .where('occurred_ms', '>=', fromMs)
    .where('volunteer_id', 'is not', null)
    .execute();
  return [...unowned, ...owned];
}

async function judge(
  work: CommitWork,
  checkIn: CheckInRow,
  touched: Map<string, Touched>,
): Promise<void> {
  const { journal_id, card, occurred_ms: occurredMs, station, day, review } = checkIn;
  const standing = await standingOf(work, card, occurredMs);
  const isHeld = review !== null && review !== 'accepted';
  const made = outcomeOf(standing);
  const outcome = made === 'recorded' && isHeld ? 'held-for-review' : made;
  const counts = outcome === 'recorded' ? 1 : 0;
  const volunteer = standing?.volunteer ?? null;
  if (standing !== undefined && outcome === 'blocked-card' && checkIn.outcome !== outcome) {
    announceRefusedTap(work, { ...standing, card, station, occurredMs });
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
  const before = checkIn.outcome;
  const kept = counts === 1 ? outcome : before;
  await work.statements.ownCheckIn({ journal_id, volunteer_id: volunteer, counts, outcome: kept });
  const key = `${volunteer} ${day}`;
  const withdrawn = touched.get(key)?.withdrawn ?? new Map<number, CheckInOutcome>();
  if (counts === 0) withdrawn.set(journal_id, outcome);
  touched.set(key, { volunteer, day, withdrawn });
}
