import { setTimeout as delay } from 'node:timers/promises';
import type { Gate } from './gate.ts';
import type { Operator } from './operator.ts';
import { Random } from './random.ts';
import { replaceHub } from './replacement.ts';
import type { Scene } from './scene.ts';
import type { KillKind, Tally } from './tally.ts';

/** So many in a run, within these bounds: a program needs a second or two to come back. */
const killsPerRun = 5;
const betweenKillsMs = { min: 1_500, max: 5_000 };
const downMs = { min: 0, max: 2_500 };
/** So old is a backup when it takes the place of the hub. */
const livesOnMs = { min: 300, max: 3_000 };
const lookEveryMs = 50;

interface Kill {
  readonly afterMs: number;
  readonly kind: KillKind;
  /** From 0 to 1: which of the stations. */
  readonly which: number;
  readonly downMs: number;
  /** How old the backup is, where one takes the hub's place. */
  readonly livesOnMs: number;
}

/** Who is killed when: every kind in turn, in an order and at moments that the seed determines. */
export function* killPlan(
  seed: string,
  runMs: number,
  kinds: readonly KillKind[],
): Generator<Kill, never> {
  const random = new Random(`${seed}/kills`);
  const meanMs = Math.min(betweenKillsMs.max, Math.max(betweenKillsMs.min, runMs / killsPerRun));
  for (;;) {
    for (const kind of random.shuffled(kinds)) {
      yield {
        afterMs: random.between(meanMs * 0.5, meanMs * 1.5),
        kind,
        which: random.next(),
        downMs: random.between(downMs.min, downMs.max),
        livesOnMs: random.between(livesOnMs.min, livesOnMs.max),
      };
    }
  }
}

export interface KillParts {
  readonly scene: Scene;
  readonly operator: Operator;
  readonly tally: Tally;
  /** While somebody else passes through it, nobody is killed. */
  readonly gate: Gate;
}

/** Kills and starts again, by plan, until it is aborted; whoever was killed last is up again then. */
export async function killAll(
  { scene, operator, tally, gate }: KillParts,
  plan: Iterator<Kill, never>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const kill = plan.next().value;
    const dueMs = performance.now() + kill.afterMs;
    while (performance.now() < dueMs && !signal.aborted) await delay(lookEveryMs);
    if (signal.aborted) return;
    await gate.pass(() =>
      kill.kind === 'hub-replaced' ? replaceHub(scene, operator, kill) : killOne(scene, kill),
    );
    tally.kills[kill.kind] += 1;
  }
}

async function killOne(scene: Scene, { kind, which, downMs: ms }: Kill): Promise<void> {
  if (kind === 'broker') {
    await scene.broker?.kill();
    await delay(ms);
    await scene.broker?.resume();
    return;
  }
  const victim =
    kind === 'hub' ? scene.hub : scene.stations[Math.floor(which * scene.stations.length)]?.victim;
  await victim?.kill();
  await delay(ms);
  await victim?.start();
}
