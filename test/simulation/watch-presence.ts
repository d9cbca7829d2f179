import type { IngestParts } from '../../hub/ingest/ingest.ts';
import type { Store } from '../../hub/store/open-store.ts';
import { invariants, violate, type World } from './world.ts';

/** Looks at how a station stands before and after a will: one of another connection must change nothing. */
export function watchPresence(
  world: World,
  { db }: Store,
  real: IngestParts['presence'],
): IngestParts['presence'] {
  const stateOf = (station: string) =>
    db
      .selectFrom('station_presence')
      .select(['state', 'session'])
      .where('station', '=', station)
      .executeTakeFirst();
  return {
    heard: (station) => real.heard(station),
    async take(message) {
      if (message.kind !== 'presence' || message.online) return real.take(message);
      const before = await stateOf(message.station);
      const refused = await real.take(message);
      if (!before || before.session === message.session || before.state === 'offline') {
        return refused;
      }
      const after = await stateOf(message.station);
      if (after?.state === 'offline' && after.session === before.session) {
        violate(world, invariants.lateWill, `${message.station} was marked offline`);
      }
      return refused;
    },
  };
}
