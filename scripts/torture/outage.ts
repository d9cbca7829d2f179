import { setTimeout as delay } from 'node:timers/promises';
import { Random } from './random.ts';
import type { Scene } from './scene.ts';
import type { Tally } from './tally.ts';

/** The part of a run in which nobody reaches the broker: long beside every pause and time-out of a run. */
const outageShare = 0.25;
const beginsAtShare = { min: 0.2, max: 0.5 };
const lookEveryMs = 50;

/** Once in a run, at a moment that the seed determines, every route is cut, and none is to be had. */
export async function breakDown(
  scene: Scene,
  { seed, runMs, tally }: { seed: string; runMs: number; tally: Tally },
  signal: AbortSignal,
): Promise<void> {
  const { min, max } = beginsAtShare;
  const beginsAtMs = new Random(`${seed}/outage`).between(runMs * min, runMs * max);
  await wait(beginsAtMs, signal);
  scene.block();
  await wait(runMs * outageShare, signal);
  scene.unblock();
  if (!signal.aborted) tally.outages += 1;
}

/** Ends early when it is aborted. */
async function wait(ms: number, signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs && !signal.aborted) await delay(lookEveryMs);
}
