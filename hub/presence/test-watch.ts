import type { Log } from '../../shared/log.ts';
import { systemTimers, type Timers } from '../../shared/timers.ts';
import { lastTests } from '../app/station-tests.ts';
import { withTroubles } from '../app/trouble-book.ts';
import { isTestDue, type TroubleNews } from '../domain/trouble.ts';
import type { Db } from '../store/schema.ts';
import { AskedTests } from './asked-tests.ts';

/** Days are counted: a quarter of an hour late is soon enough. */
const sweepEveryMs = 15 * 60_000;
/** An operator waits before the screen. */
const lookAtAskedEveryMs = 500;

export interface TestWatchOptions {
  readonly db: Db;
  readonly testEveryDays: number;
  /** The hub's wall clock, in milliseconds. */
  readonly now: () => number;
  /** Called after each commit: the outbox has something. */
  readonly onCommitted: () => void;
  readonly timers?: Pick<Timers, 'now' | 'every'>;
  readonly log: Log;
}

/**
 * Finds the stations whose way to the hub was not tried for too long: each is trouble until it is. And
 * ends the tests that were asked for and are not answered.
 */
export class TestWatch {
  readonly #options: TestWatchOptions;

  constructor(options: TestWatchOptions) {
    this.#options = options;
  }

  /** Looks now, and then again and again. @returns a function that ends it. */
  async start(): Promise<() => Promise<void>> {
    await this.sweep();
    const { timers = systemTimers } = this.#options;
    const asked = new AskedTests({ ...this.#options, monotonicNow: () => timers.now() });
    const ends = [
      this.#repeat(sweepEveryMs, () => this.sweep()),
      this.#repeat(lookAtAskedEveryMs, () => asked.sweep()),
    ];
    return async () => {
      for (const end of ends) await end();
    };
  }

  /** One at a time: what takes longer than the interval is not begun twice. */
  #repeat(everyMs: number, look: () => Promise<void>): () => Promise<void> {
    const { timers = systemTimers, log } = this.#options;
    let turn: Promise<void> | undefined;
    const end = timers.every(everyMs, () => {
      turn ??= look()
        .catch((error: unknown) => log.error({ err: error }, 'tests not looked after'))
        .finally(() => {
          turn = undefined;
        });
    });
    return async () => {
      end();
      await turn;
    };
  }

  async sweep(): Promise<void> {
    const { db, now, onCommitted } = this.#options;
    const nowMs = now();
    const news = await this.#news(nowMs);
    if (news.length === 0) return;
    await withTroubles(db, nowMs, async (book) => {
      for (const one of news) await book.take(one, nowMs);
    });
    onCommitted();
  }

  /** What is not so already: the rest would be a write for each station, each time. */
  async #news(nowMs: number): Promise<TroubleNews[]> {
    const { db, testEveryDays } = this.#options;
    const tested = await lastTests(db);
    const open = await db
      .selectFrom('trouble')
      .select('station')
      .where('kind', '=', 'never-tested')
      .where('ended_ms', 'is', null)
      .execute();
    const stations = await db
      .selectFrom('station')
      .select(['id', 'created_at as addedMs'])
      .where('revoked_at', 'is', null)
      .execute();
    return stations.flatMap(({ id: station, addedMs }): TroubleNews[] => {
      const testedMs = tested.get(station);
      const isDue = isTestDue({ addedMs, testedMs }, nowMs, testEveryDays);
      if (isDue === open.some((trouble) => trouble.station === station)) return [];
      const about = { station, kind: 'never-tested' } as const;
      if (!isDue) return [{ ...about, state: 'ended' }];
      return [{ ...about, state: 'begun', detail: detailOf(testedMs) }];
    });
  }
}

const detailOf = (testedMs: number | undefined): string =>
  testedMs === undefined
    ? 'never tested since it was added'
    : `last tested ${new Date(testedMs).toISOString()}`;
