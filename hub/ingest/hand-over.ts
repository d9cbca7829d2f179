import type { Selectable } from 'kysely';
import type { CheckInOutcome } from '../domain/scoring.ts';
import type { Schema } from '../store/schema.ts';
import type { CommitWork } from './commit-work.ts';
import { settleDays } from './settle-days.ts';

/**
 * Takes a stored check-in from whom it was, with the points that it earned there, and gives it to
 * whose it is. It counts for nobody yet.
 */
export async function handOver(
  work: CommitWork,
  checkIn: Selectable<Schema['check_in']>,
  { volunteer, outcome }: { volunteer: string | null; outcome: CheckInOutcome },
): Promise<void> {
  const { journal_id, volunteer_id: before, day } = checkIn;
  if (before !== null && (checkIn.counts === 1 || checkIn.points !== 0)) {
    await work.statements.ownCheckIn({ journal_id, volunteer_id: before, counts: 0, outcome });
    const withdrawn = new Map([[journal_id, outcome]]);
    await settleDays(work, [{ volunteer: before, day, withdrawn }]);
  }
  await work.statements.ownCheckIn({ journal_id, volunteer_id: volunteer, counts: 0, outcome });
}
