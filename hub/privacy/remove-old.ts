import { policyHistory } from '../app/policies.ts';
import { addDays, startOfDay } from '../domain/local-time.ts';
import { daysKept, firstDayKept } from '../domain/retention.ts';
import type { Pace } from '../nightly/pace.ts';
import type { Store } from '../store/open-store.ts';
import type { Db } from '../store/schema.ts';
import { runRetention } from './retention-run.ts';

/** Rows of one transaction: bodies are some hundred bytes each. */
const rowsPerSlice = 200;

export interface RemovalAsked {
  /** The setting; how long they are really kept may be longer. */
  readonly checkInDays: number;
  readonly by: string;
  readonly atMs: number;
  readonly dayOf: (ms: number) => string;
}

export interface RemovalReport {
  /** How many days details are really kept. */
  readonly days: number;
  /** First day whose details stay. */
  readonly before: string;
  readonly run: number | undefined;
  readonly checkIns: number;
  readonly transfers: number;
  /** What the removed check-ins came to; it stays on the accounts. */
  readonly points: number;
  readonly bounties: number;
  readonly waiting: number;
  readonly setAside: number;
  readonly samples: number;
  readonly suspicions: number;
}

/** Not all could be removed; what could be is. */
export class RemovalFault extends Error {
  override readonly name = 'RemovalFault';
}

/**
 * Removes who was where from before the first month that is kept, and says what it removed.
 * @throws RemovalFault when something does not add up: that is left as it is
 */
export async function removeOld(
  { db }: Pick<Store, 'db'>,
  { checkInDays, by, atMs, dayOf }: RemovalAsked,
  pace: Pace,
): Promise<RemovalReport> {
  const days = daysKept(checkInDays, await longestAcceptDays(db));
  const today = dayOf(atMs);
  const before = firstDayKept(today, days);
  const beforeMs = startOfDay(addDays(today, -days), dayOf);
  const asked = { beforeDay: before, waitingBeforeMs: beforeMs, by, atMs, dayOf };
  const { faults, ...removed } = await runRetention(db, asked, pace);
  const setAside = await emptySetAside(db, beforeMs, pace);
  const samples = await emptySamples(db, beforeMs, pace);
  const suspicions = await removeSuspicions(db, beforeMs, pace);
  const report = { days, before, ...removed, setAside, samples, suspicions };
  if (faults.length > 0)
    throw new RemovalFault(`${JSON.stringify(report)}, but: ${faults.join('; ')}`);
  return report;
}

/** Of any policy there ever was: entries are judged by the one of their day. */
export async function longestAcceptDays(db: Db): Promise<number> {
  return Math.max(...(await policyHistory(db)).map(({ policy }) => policy.acceptDays));
}

/** What waits for a decision stays: without its text nobody could accept it. */
const emptySetAside = (db: Db, beforeMs: number, pace: Pace): Promise<number> =>
  inSlices(pace, async () => {
    const { numUpdatedRows } = await db
      .updateTable('set_aside')
      .set({ body: '' })
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('set_aside')
          .select('id')
          .where('received_ms', '<', beforeMs)
          .where('decision', 'is not', null)
          .where('body', '<>', '')
          .limit(rowsPerSlice),
      )
      .executeTakeFirst();
    return Number(numUpdatedRows);
  });

const emptySamples = (db: Db, beforeMs: number, pace: Pace): Promise<number> =>
  inSlices(pace, async () => {
    const { numUpdatedRows } = await db
      .updateTable('refusal_sample')
      .set({ payload: Buffer.alloc(0) })
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('refusal_sample')
          .select('id')
          .where('at', '<', beforeMs)
          .where((where) => where(where.fn('length', ['payload']), '>', 0))
          .limit(rowsPerSlice),
      )
      .executeTakeFirst();
    return Number(numUpdatedRows);
  });

/** Whatever somebody made of it, or nobody: what it was seen in is gone. */
const removeSuspicions = (db: Db, beforeMs: number, pace: Pace): Promise<number> =>
  inSlices(pace, async () => {
    const old = db.selectFrom('suspicion').select('id').where('found_ms', '<', beforeMs);
    const { numDeletedRows } = await db
      .deleteFrom('suspicion')
      .where('id', 'in', old.limit(rowsPerSlice))
      .executeTakeFirst();
    return Number(numDeletedRows);
  });

/** @param slice does some, and says how many; 0 when there are no more */
async function inSlices(pace: Pace, slice: () => Promise<number>): Promise<number> {
  let all = 0;
  for (;;) {
    const some = await pace.slice(slice);
    all += some;
    if (some === 0) return all;
  }
}
