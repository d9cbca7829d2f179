import { type OtherPath, otherPaths, type RoutineEntry } from '../../shared/wire/entry.ts';
import { TroubleBook } from '../app/trouble-book.ts';
import { afterTried } from '../domain/trouble.ts';
import type { CommitWork } from './commit-work.ts';
import type { LaneKey } from './lane-cursors.ts';

type TriedEntry = Extract<RoutineEntry, { type: 'second-path' }>;

/**
 * Records what came of a test by the other paths: one that did not answer is trouble until one does.
 * The test itself may come later, on a lane of its own.
 */
export async function recordTried(
  { trx, outgoing, nowMs }: Pick<CommitWork, 'trx' | 'outgoing' | 'nowMs'>,
  { station, epoch: laneEpoch }: LaneKey,
  { test, epoch = laneEpoch, tried }: TriedEntry,
  occurredMs: number,
): Promise<void> {
  const book = new TroubleBook(trx, outgoing, nowMs);
  for (const { path, tookMs, detail } of tried) {
    await trx
      .insertInto('second_path_try')
      .values({ station, epoch, test_seq: test, path, took_ms: tookMs, detail })
      // A station says it once; what it says again of the same test changes nothing.
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await book.take(afterTried(station, { path, tookMs, detail }), occurredMs);
  }
}

/** A path by which a station sends its tests no more, as its settings have it, is no trouble any more. */
export async function endUntried(
  { trx, outgoing, nowMs }: Pick<CommitWork, 'trx' | 'outgoing' | 'nowMs'>,
  station: string,
  paths: readonly OtherPath[],
): Promise<void> {
  const book = new TroubleBook(trx, outgoing, nowMs);
  for (const part of otherPaths) {
    if (!paths.includes(part)) await book.end({ station, kind: 'second-path', part }, nowMs);
  }
}
