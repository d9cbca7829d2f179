import { setTimeout as delay } from 'node:timers/promises';
import type { Gate } from './gate.ts';
import type { Patrol } from './patrol.ts';
import { Random } from './random.ts';
import type { Scene } from './scene.ts';
import type { StationInPlay } from './station-in-play.ts';
import type { Tally } from './tally.ts';
import type { Violations } from './violations.ts';

/** The part of a run in which nobody reaches the broker: long beside every pause and time-out of a run. */
const outageShare = 0.25;
const beginsAtShare = { min: 0.2, max: 0.5 };
const lookEveryMs = 50;
/**
 * A second path that met a dead hub before pauses for 10 s at most; the entries before the call go by it
 * one after the other, and the machine has much else to do.
 */
const storedWithinMs = 20_000;
/** Where requests suffer, nothing is insisted on: what is stored so soon is counted. */
const countedWithinMs = 5_000;

export interface OutageParts {
  readonly scene: Scene;
  readonly patrols: readonly Patrol[];
  /** Nobody is killed, and nothing replaced, while something else passes through. */
  readonly kills: Gate;
  readonly tally: Tally;
  readonly violations: Violations;
}

/**
 * Once in a run, at a moment that the seed determines, every route to the broker is cut, and none is to
 * be had. Before it ends, somebody calls at every station while all programs run.
 */
export async function breakDown(
  parts: OutageParts,
  { seed, runMs }: { seed: string; runMs: number },
  signal: AbortSignal,
): Promise<void> {
  const { scene, kills, patrols, tally } = parts;
  const { min, max } = beginsAtShare;
  const beginsAtMs = new Random(`${seed}/outage`).between(runMs * min, runMs * max);
  await wait(beginsAtMs, signal);
  scene.block();
  await wait(runMs * outageShare, signal);
  await kills.pass(() =>
    Promise.all(patrols.map((patrol) => callWithoutBroker(parts, patrol, signal))),
  );
  scene.unblock();
  if (!signal.aborted) tally.outages += 1;
}

/** What is called while the broker is away is at the hub before that is back, where its door can be reached. */
async function callWithoutBroker(
  { scene, tally, violations }: OutageParts,
  patrol: Patrol,
  signal: AbortSignal,
): Promise<void> {
  const { station } = patrol;
  await patrol.call(signal);
  const last = station.truth.last('alarm');
  const isStored = (): boolean => committedAlarms(scene, station) >= last;
  const untilMs = performance.now() + (station.isDoorOpen ? storedWithinMs : countedWithinMs);
  while (!isStored() && performance.now() < untilMs && !signal.aborted) await delay(lookEveryMs);
  if (signal.aborted) return;
  if ((await station.page.view()).connection === 'online') {
    violations.add(`${station.id} reached the broker while that was away`);
  }
  if (isStored()) tally.storedWithoutBroker += 1;
  else if (station.isDoorOpen) {
    const at = committedAlarms(scene, station);
    violations.add(`${station.id} has ${last} in its alarm lane, the hub ${at}: no second path`);
  }
}

const committedAlarms = (scene: Scene, { id, truth }: StationInPlay): number =>
  scene.truth.committed(id, truth.epoch, 'alarm');

/** Ends early when it is aborted. */
async function wait(ms: number, signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs && !signal.aborted) await delay(lookEveryMs);
}
