import { testAwaitedMs } from '../domain/trouble.ts';
import { Outgoing } from '../feed/outgoing.ts';
import type { Db } from '../store/schema.ts';

export interface AskedTestsOptions {
  readonly db: Db;
  /** The hub's wall clock, in milliseconds: for what is stored and told. */
  readonly now: () => number;
  /** A monotonic clock, in milliseconds: a jump of the wall clock ends no test. */
  readonly monotonicNow: () => number;
  /** Called after each commit: the outbox has something. */
  readonly onCommitted: () => void;
}

/**
 * Ends the tests that operators asked for and that stations do not answer: one that hangs is connected,
 * and would leave the question open for ever. That is recorded with the test, and told to the feed. What
 * the station may still say is the late answer to that test, and neither a success nor another test.
 */
export class AskedTests {
  readonly #options: AskedTestsOptions;
  /** Since when each is waited for here. The time that the hub was away counts for nobody. */
  readonly #awaited = new Map<number, number>();

  constructor(options: AskedTestsOptions) {
    this.#options = options;
  }

  async sweep(): Promise<void> {
    const { db, monotonicNow } = this.#options;
    const open = await db
      .selectFrom('station_test')
      .select('id')
      .where('requested_ms', 'is not', null)
      .where('stored_ms', 'is', null)
      .where('timed_out_ms', 'is', null)
      .execute();
    const ids = new Set(open.map(({ id }) => id));
    for (const id of this.#awaited.keys()) if (!ids.has(id)) this.#awaited.delete(id);
    const nowMs = monotonicNow();
    for (const id of ids) {
      const sinceMs = this.#awaited.get(id) ?? nowMs;
      this.#awaited.set(id, sinceMs);
      if (nowMs - sinceMs >= testAwaitedMs) await this.#giveUp(id);
    }
  }

  /** Unless the answer has come just now. */
  async #giveUp(id: number): Promise<void> {
    const { db, now, onCommitted } = this.#options;
    await db.transaction().execute(async (trx) => {
      const nowMs = now();
      const given = await trx
        .updateTable('station_test')
        .set({ timed_out_ms: nowMs })
        .where('id', '=', id)
        .where('stored_ms', 'is', null)
        .returning(['station', 'operator'])
        .executeTakeFirst();
      if (!given) return;
      const { station, operator } = given;
      const query = trx.selectFrom('station').select('name').where('id', '=', station);
      const { name } = await query.executeTakeFirstOrThrow();
      const outgoing = new Outgoing();
      outgoing.toFeed('alarm', nowMs, {
        ...{ station, stationName: name, state: 'test-timed-out', by: 'operator', operator },
        ...{ testId: id, awaitedMs: testAwaitedMs },
      });
      await outgoing.store(trx);
    });
    onCommitted();
  }
}
