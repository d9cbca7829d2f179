import { groupBy } from '../domain/group-by.ts';
import type { Pause } from '../domain/pauses.ts';
import type { Db } from '../store/schema.ts';

/** A check-in that takes part in the scoring of its day, as it is stored. */
export interface CountedCheckIn {
  readonly volunteer: string | null;
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
  readonly occurredMs: number;
  readonly minute: number | null;
  readonly outcome: string;
  readonly points: number;
}

export interface CountedDay {
  readonly day: string;
  readonly byVolunteer: ReadonlyMap<string | null, readonly CountedCheckIn[]>;
}

/** The days that have check-ins, with those that count, in their order; one is held in memory at a time. */
export async function* countedDays(
  db: Db,
  { from, to }: { from: string; to: string },
): AsyncGenerator<CountedDay> {
  const days = await db
    .selectFrom('check_in')
    .select('day')
    .distinct()
    .where('day', '>=', from)
    .where('day', '<=', to)
    .orderBy('day')
    .execute();
  for (const { day } of days) {
    const rows = await db
      .selectFrom('check_in')
      .select(['volunteer_id as volunteer', 'station', 'epoch', 'seq', 'minute'])
      .select(['occurred_ms as occurredMs', 'outcome', 'points'])
      .where('day', '=', day)
      .where('counts', '=', 1)
      .execute();
    yield { day, byVolunteer: groupBy(rows, ({ volunteer }) => volunteer) };
  }
}

/** When each volunteer was paused: what happened then counts, and earns nothing. */
export async function pausesByVolunteer(db: Db): Promise<ReadonlyMap<string, readonly Pause[]>> {
  const rows = await db
    .selectFrom('volunteer_pause')
    .select(['volunteer_id', 'from_ms as fromMs', 'until_ms as untilMs'])
    .execute();
  return groupBy(rows, ({ volunteer_id }) => volunteer_id);
}
