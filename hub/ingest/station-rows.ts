import type { RoutineEntry } from '../../shared/wire/entry.ts';
import { toFeed } from '../feed/outbox.ts';
import type { Trx } from '../store/schema.ts';
import type { CommitContext } from './commit-group.ts';

type StationEntry = Exclude<RoutineEntry, { type: 'check-in' }>;

/** Tells the operators what a station says about itself. */
export async function recordStationEntry(
  trx: Trx,
  station: string,
  entry: StationEntry,
  occurredMs: number,
  { nameOf }: CommitContext,
): Promise<void> {
  const about = { station, stationName: nameOf(station) };
  if (entry.type === 'started') {
    return toFeed(trx, 'station', occurredMs, {
      ...about,
      state: 'started',
      version: entry.version,
    });
  }
  if (entry.type === 'clock') return; // it dates other entries, and is no news
  const { part, detail } = entry;
  await toFeed(trx, 'station', occurredMs, {
    ...about,
    state: `fault-${entry.state}`,
    part,
    detail,
  });
}
