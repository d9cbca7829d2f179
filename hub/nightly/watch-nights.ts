import { performance } from 'node:perf_hooks';
import type { Log } from '../../shared/log.ts';
import { withTroubles } from '../app/trouble-book.ts';
import { localDay } from '../domain/dating.ts';
import type { HubSettings } from '../settings.ts';
import type { Store } from '../store/open-store.ts';
import { nightlyProcess } from './nightly-process.ts';
import { NightlyWatch } from './nightly-watch.ts';

export interface NightUses {
  readonly dataDir: string;
  readonly settings: Pick<HubSettings, 'nightly' | 'timeZone'>;
  readonly store: Store;
  /** Called after each commit: the outbox has something. */
  readonly onCommitted: () => void;
  readonly log: Log;
}

/**
 * Starts the nightly work once each local day; that it could not be done to its end is trouble until it is.
 * @returns a function that ends it, with what is under way
 */
export function watchNights({
  dataDir,
  settings: { nightly, timeZone },
  store,
  onCommitted,
  log,
}: NightUses): () => Promise<void> {
  const key = { kind: 'nightly', part: 'process' } as const;
  const run = async (signal: AbortSignal): Promise<void> => {
    const failure = await nightlyProcess(dataDir, log, signal).then(
      () => undefined,
      (error: unknown) => String(error),
    );
    if (signal.aborted) return; // says nothing of whether it would have worked
    if (failure !== undefined) log.error({ failure }, 'nightly work');
    const nowMs = Date.now();
    await withTroubles(store.db, nowMs, (book) =>
      failure === undefined ? book.end(key, nowMs) : book.begin({ ...key, detail: failure }, nowMs),
    );
    onCommitted();
  };
  return new NightlyWatch({
    at: nightly.at,
    dayOf: localDay(timeZone),
    now: Date.now,
    monotonicNow: () => performance.now(),
    lastDay: () => store.recall('nightly-day'),
    run,
    log,
  }).start();
}
