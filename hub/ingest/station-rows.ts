import type { RoutineEntry } from '../../shared/wire/entry.ts';
import type { CommitWork } from './commit-work.ts';

type StationEntry = Exclude<RoutineEntry, { type: 'check-in' }>;

/** Tells the operators what a station says about itself. */
export function recordStationEntry(
  { outgoing, nameOf }: CommitWork,
  station: string,
  entry: StationEntry,
  occurredMs: number,
): void {
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
}
