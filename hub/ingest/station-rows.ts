import type { RoutineEntry } from '../../shared/wire/entry.ts';
import { TroubleBook } from '../app/trouble-book.ts';
import { afterFault } from '../domain/trouble.ts';
import type { CommitWork } from './commit-work.ts';

type StationEntry = Exclude<RoutineEntry, { type: 'check-in' | 'second-path' | 'test-shown' }>;

/** Tells the operators what a station says about itself, and notes its faults as troubles. */
export async function recordStationEntry(
  { trx, outgoing, nowMs, nameOf }: CommitWork,
  station: string,
  entry: StationEntry,
  occurredMs: number,
): Promise<void> {
  const about = { station, stationName: nameOf(station) };
  if (entry.type === 'started') {
    outgoing.toFeed('station', occurredMs, {
      ...about,
      state: 'started',
      version: entry.version,
    });
    return;
  }
  if (entry.type === 'clock') return; // it dates other entries, and is no news
  const { part, detail } = entry;
  outgoing.toFeed('station', occurredMs, {
    ...about,
    state: `fault-${entry.state}`,
    part,
    detail,
  });
  const book = new TroubleBook(trx, outgoing, nowMs);
  await book.take(afterFault(station, entry), occurredMs);
}
