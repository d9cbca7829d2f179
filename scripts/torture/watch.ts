import { setTimeout as delay } from 'node:timers/promises';
import { lanes } from '../../shared/wire/entry.ts';
import type { Scene } from './scene.ts';
import type { StationInPlay } from './station-in-play.ts';
import type { Violations } from './violations.ts';

const lookEveryMs = 200;

/** While it all goes on: nobody ends by himself, and no station believes more than is committed. */
export async function watchScene(
  scene: Scene,
  violations: Violations,
  signal: AbortSignal,
): Promise<void> {
  const crashed = new Set<string>();
  while (!signal.aborted) {
    await delay(lookEveryMs);
    for (const victim of scene.victims) {
      const crash = victim.crash();
      if (crash === undefined || crashed.has(victim.name)) continue;
      crashed.add(victim.name);
      violations.add(crash);
    }
    for (const station of scene.stations) await checkBelief(scene, station, violations);
  }
}

/**
 * What a station no longer counts as waiting, the hub must have. The journal is read before the page
 * and the hub after it, and all three only grow, so that none of the time between can excuse a gap.
 */
async function checkBelief(
  scene: Scene,
  station: StationInPlay,
  violations: Violations,
): Promise<void> {
  if (!station.victim.isUp) return;
  const { lives } = station.victim;
  const { epoch } = station.truth;
  const written = lanes.reduce((sum, lane) => sum + station.truth.last(lane), 0);
  const backlog = await station.page.view().then(
    (view) => view.backlog,
    () => undefined, // the patrol reports a page that fails without its station having been killed
  );
  if (backlog === undefined || station.victim.lives !== lives) return;
  const committed = lanes.reduce(
    (sum, lane) => sum + scene.truth.through(station.id, epoch, lane),
    0,
  );
  if (written - backlog > committed) {
    violations.add(
      `${station.id} counts ${backlog} of ${written} as waiting, when ${committed} were committed`,
    );
  }
}
