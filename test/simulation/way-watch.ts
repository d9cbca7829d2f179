import { backlog } from '../../device/domain/lane.ts';
import type { SimulatedHub } from './simulated-hub.ts';
import type { SimulatedStation } from './simulated-station.ts';
import { invariants, violate, type World } from './world.ts';

const lookEveryMs = 1_000;
/**
 * Patience with a broker that is connected, a few attempts against a disk that fails, and the pauses
 * between them, of 10 s at most.
 */
const storedWithinMs = 60_000;

/** Finds alarms that wait although their station, the hub, and the door between them are well. */
export function watchWays(
  world: World,
  stations: readonly SimulatedStation[],
  hub: SimulatedHub,
): void {
  const { time, street } = world;
  const since = new Map<string, Waiting>();
  time.every(lookEveryMs, () => {
    for (const { id, running, settings } of stations) {
      const isOpen = hub.running !== undefined && street.isOpen(id) && street.isGentle;
      const state = running?.brain.state;
      const { alarm } = state?.lanes ?? {};
      const waits = alarm !== undefined && backlog(alarm) > 0 && !alarm.rolledBack;
      if (!isOpen || !waits || settings.secondPath === undefined) {
        since.delete(id);
        continue;
      }
      const head = `${state?.epoch} ${alarm.committed + 1}`;
      const before = since.get(id);
      // Who has just started begins anew, and has its time anew.
      const isSame =
        before?.head === head && before.station === running && before.hub === hub.running;
      if (!isSame) since.set(id, { head, station: running, hub: hub.running, ms: time.now() });
      else if (time.now() - before.ms > storedWithinMs) {
        since.set(id, { ...before, ms: Number.POSITIVE_INFINITY });
        violate(world, invariants.wayOpen, `${id} ${head}`);
      }
    }
  });
}

/** The entry that waits, since when, and in which lives of the two. */
interface Waiting {
  readonly head: string;
  readonly station: SimulatedStation['running'];
  readonly hub: SimulatedHub['running'];
  readonly ms: number;
}
