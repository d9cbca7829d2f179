import type { Pace } from '../nightly/pace.ts';
import type { Db } from '../store/schema.ts';
import { type Removed, type Run, removeSlice, type Slice } from './remove-check-ins.ts';

/** What becomes of whose details, and who says so. */
export interface RunAsked {
  /** Local date: nothing from this day on is removed. */
  readonly beforeDay: string;
  /** Whose; everybody's when it is not said. */
  readonly volunteer?: string | undefined;
  readonly waitingBeforeMs: number;
  readonly by: string;
  readonly atMs: number;
  readonly dayOf: (ms: number) => string;
}

export interface RunReport extends Removed {
  /** Its number; undefined when there was nothing to remove. */
  readonly run: number | undefined;
  /** Slices that were left as they are, and why. */
  readonly faults: readonly string[];
  /** Check-ins from before the day that still wait for a person. */
  readonly waiting: number;
}

/**
 * Removes details slice by slice. A slice whose sums do not come out is left as it is, and the others go on.
 * @throws Interrupted between two slices; what was removed by then is removed
 */
export async function runRetention(db: Db, asked: RunAsked, pace: Pace): Promise<RunReport> {
  const slices = await slicesOf(db, asked);
  const waiting = await countWaiting(db, asked);
  const total = { checkIns: 0, transfers: 0, points: 0, bounties: 0 };
  const faults: string[] = [];
  if (slices.length === 0) return { run: undefined, ...total, faults, waiting };
  const { beforeDay: before_day, volunteer, by, atMs, waitingBeforeMs, dayOf } = asked;
  const { id } = await pace.slice(() =>
    db
      .insertInto('retention_run')
      .values({ before_day, volunteer_id: volunteer ?? null, by, at: atMs })
      .returning('id')
      .executeTakeFirstOrThrow(),
  );
  const run: Run = { id, waitingBeforeMs, dayOf };
  for (const slice of slices) {
    try {
      let removed: Removed;
      do {
        removed = await pace.slice(() =>
          db.transaction().execute((trx) => removeSlice(trx, run, slice)),
        );
        total.checkIns += removed.checkIns;
        total.transfers += removed.transfers;
        total.points += removed.points;
        total.bounties += removed.bounties;
        // Of cards that are nobody's there may be any number.
      } while (slice.volunteer === null && removed.checkIns > 0);
    } catch (error) {
      if (!(error instanceof Error) || error.name === 'Interrupted') throw error;
      faults.push(error.message);
    }
  }
  return { run: id, ...total, faults, waiting };
}

/** Read without the lock: each slice looks again at what there is. */
async function slicesOf(db: Db, { beforeDay, volunteer, waitingBeforeMs }: RunAsked) {
  let query = db
    .selectFrom('check_in')
    .innerJoin('journal', 'journal.id', 'check_in.journal_id')
    .select('volunteer_id')
    .select((eb) => eb.fn<string>('substr', ['day', eb.lit(1), eb.lit(7)]).as('month'))
    .distinct()
    .where('day', '<', beforeDay)
    .where((eb) =>
      eb.or([
        eb('review', 'is', null),
        eb('review', 'in', ['accepted', 'refused']),
        eb('received_ms', '<', waitingBeforeMs),
      ]),
    );
  if (volunteer !== undefined) query = query.where('volunteer_id', '=', volunteer);
  const rows = await query.execute();
  return rows
    .map(({ volunteer_id, month }): Slice => ({ volunteer: volunteer_id, month }))
    .sort((a, b) => (a.month < b.month ? -1 : a.month > b.month ? 1 : 0));
}

async function countWaiting(db: Db, { beforeDay, waitingBeforeMs, volunteer }: RunAsked) {
  let query = db
    .selectFrom('check_in')
    .innerJoin('journal', 'journal.id', 'check_in.journal_id')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('day', '<', beforeDay)
    .where('review', 'in', ['future', 'too-old', 'day-unknown'])
    .where('received_ms', '>=', waitingBeforeMs);
  if (volunteer !== undefined) query = query.where('volunteer_id', '=', volunteer);
  return Number((await query.executeTakeFirstOrThrow()).n);
}
