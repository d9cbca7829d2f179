import { setTimeout as delay } from 'node:timers/promises';
import { lanes } from '../../shared/wire/entry.ts';
import type { DoorFaultKind } from './door-proxy.ts';
import { type FaultKind, faultKinds } from './fault-plan.ts';
import { Gate } from './gate.ts';
import { killAll, killPlan } from './kills.ts';
import { Operator } from './operator.ts';
import { breakDown } from './outage.ts';
import { Patrol } from './patrol.ts';
import { Scene } from './scene.ts';
import type { StationInPlay } from './station-in-play.ts';
import { type KillKind, Tally } from './tally.ts';
import { type Account, settleAccounts } from './verdict.ts';
import { Violations } from './violations.ts';
import { watchScene } from './watch.ts';

export interface TortureOptions {
  readonly seconds: number;
  readonly seed: string;
  readonly stations: number;
  readonly broker: 'embedded' | 'mosquitto';
  /** Progress, in a line now and then. */
  readonly say: (text: string) => void;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

export interface TortureReport extends Account {
  readonly seed: string;
  readonly broker: string;
  readonly stations: number;
  readonly seconds: number;
  readonly drainSeconds: number;
  readonly tapsSignalled: number;
  readonly tapsUnanswered: number;
  readonly alarmsSignalled: number;
  readonly alarmsAtHub: number;
  /** By each path, as the histories have it; one may have come by several. */
  readonly alarmPaths: Readonly<Record<string, number>>;
  /** Stations from which a call was stored while nobody reached the broker. */
  readonly storedWithoutBroker: number;
  readonly acknowledged: number;
  readonly resolved: number;
  readonly faults: Readonly<Record<FaultKind, number>>;
  readonly doorFaults: Readonly<Record<DoorFaultKind, number>>;
  readonly kills: Readonly<Partial<Record<KillKind, number>>>;
  /** Each a quarter of the run. */
  readonly outages: number;
  /** Messages that the hub refused, by reason: what comes twice or from before a restart may be. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly ledger: 'adds up' | readonly string[];
  /** Empty when every promise was kept. */
  readonly violations: readonly string[];
  /** Where the data is, when something is to be looked into. */
  readonly folder: string | undefined;
}

const sayEveryMs = 5_000;
const lookEveryMs = 100;
/**
 * What has not come by the end of the run is waited for: a fault kind, and the end of the outage, which
 * waits for a kill that is under way and for the calls to be stored. Then it counts as missing.
 */
const overtimeMaxMs = 45_000;
/** Shorter runs may be too short for every kind; they wait for it, but do not insist. */
export const everyKindFromSeconds = 20;
/** The longest wait before a connection is tried again (30 s), the time-outs behind it, and a busy machine. */
const drainMaxMs = 180_000;

/** The broken network repeats messages; it forges none, and no station has another past than the hub. */
const harmlessRefusals = new Set(['replayed']);

/** Lets everything go wrong for some seconds, then lets it come to rest, and holds it to its promises. */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const { seed, broker } = options;
  const [tally, violations] = [new Tally(), new Violations()];
  const stationsCount = options.stations;
  const scene = await Scene.start({ seed, broker, stationsCount, tally, violations });
  let isKept = true;
  try {
    const patrols = scene.stations.map(
      (station) => new Patrol({ seed, station, cards: scene.cards, tally, violations }),
    );
    const operator = new Operator(scene.folder, seed, tally, violations);
    const kinds: readonly KillKind[] = scene.broker
      ? ['hub', 'hub-replaced', 'station', 'broker']
      : ['hub', 'hub-replaced', 'station'];
    const ranMs = await storm({ options, scene, tally, violations, patrols, operator, kinds });
    const drainedMs = await drain(scene, options, violations);
    const account = settleAccounts(scene, patrols, violations);
    const alarmsAtHub = await operator.count();
    if (alarmsAtHub !== account.alarmsInJournals) {
      violations.add(`${account.alarmsInJournals} alarms were raised, the hub has ${alarmsAtHub}`);
    }
    const refusals = await operator.refusals();
    for (const [reason, times] of Object.entries(refusals)) {
      if (!harmlessRefusals.has(reason)) violations.add(`the hub refused ${times}: ${reason}`);
    }
    const alarmPaths = scene.truth.alarmPaths();
    const ledgerFaults = scene.truth.ledgerFaults();
    for (const fault of ledgerFaults) violations.add(`ledger: ${fault}`);
    if (ranMs >= everyKindFromSeconds * 1000) {
      for (const kind of missingKinds(tally, kinds)) violations.add(`${kind} never happened`);
    }
    await scene.stop();
    for (const { name, errors } of scene.victims) {
      for (const error of errors) violations.add(`${name} logged an error: ${error}`);
    }
    if (tally.tapsSignalled === 0) violations.add('no tap was signalled');
    isKept = violations.count > 0;
    return {
      ...{ seed, broker, stations: stationsCount, ...account, alarmsAtHub },
      seconds: Math.round(ranMs / 1000),
      drainSeconds: Math.round(drainedMs / 1000),
      tapsSignalled: tally.tapsSignalled,
      tapsUnanswered: tally.tapsUnanswered,
      alarmsSignalled: tally.alarmsSignalled,
      alarmPaths,
      storedWithoutBroker: tally.storedWithoutBroker,
      acknowledged: tally.acknowledged,
      resolved: tally.resolved,
      faults: tally.faults,
      doorFaults: tally.doorFaults,
      kills: Object.fromEntries(kinds.map((kind) => [kind, tally.kills[kind]])),
      outages: tally.outages,
      refusals,
      ledger: ledgerFaults.length === 0 ? 'adds up' : ledgerFaults,
      violations: violations.kept,
      folder: isKept ? scene.folder : undefined,
    };
  } finally {
    await scene.stop();
    if (!isKept) scene.remove();
  }
}

interface StormParts {
  readonly options: TortureOptions;
  readonly scene: Scene;
  readonly tally: Tally;
  readonly violations: Violations;
  readonly patrols: readonly Patrol[];
  readonly operator: Operator;
  readonly kinds: readonly KillKind[];
}

/** @returns how long it lasted, in milliseconds. */
async function storm(parts: StormParts): Promise<number> {
  const { options, scene, tally, violations, patrols, operator, kinds } = parts;
  const over = new AbortController();
  const runMs = options.seconds * 1000;
  const beganMs = performance.now();
  scene.storm();
  const gate = new Gate();
  const outage = { seed: options.seed, runMs };
  const acts = [
    ...patrols.map((patrol) => patrol.walk(over.signal)),
    operator.watch(over.signal),
    killAll({ scene, operator, tally, gate }, killPlan(options.seed, runMs, kinds), over.signal),
    breakDown({ scene, patrols, kills: gate, tally, violations }, outage, over.signal),
    watchScene(scene, violations, over.signal),
  ];
  const failed = new Promise<never>((_, reject) => {
    for (const act of acts) act.catch(reject);
  });
  const ended = (async (): Promise<void> => {
    let saidMs = beganMs;
    for (;;) {
      const ms = performance.now() - beganMs;
      const isComplete = missingKinds(tally, kinds).length === 0 || ms >= runMs + overtimeMaxMs;
      if (options.signal?.aborted || (ms >= runMs && isComplete)) return;
      if (performance.now() - saidMs >= sayEveryMs) {
        saidMs = performance.now();
        options.say(progressLine(ms, tally, violations));
      }
      await delay(lookEveryMs);
    }
  })();
  try {
    await Promise.race([ended, failed]);
  } finally {
    over.abort();
    await Promise.allSettled(acts);
    scene.calm();
  }
  return performance.now() - beganMs;
}

const missingKinds = ({ faults, kills, outages }: Tally, kinds: readonly KillKind[]): string[] => [
  ...faultKinds.filter((kind) => faults[kind] === 0),
  ...kinds.filter((kind) => kills[kind] === 0).map((kind) => `kill -9 (${kind})`),
  ...(outages === 0 ? ['an outage of the broker'] : []),
];

function progressLine(ms: number, tally: Tally, violations: Violations): string {
  const faults = faultKinds.map((kind) => `${kind} ${tally.faults[kind]}`).join(', ');
  const killed = Object.entries(tally.kills).map(([kind, times]) => `${kind} ${times}`);
  return (
    `${Math.round(ms / 1000)} s: ${tally.tapsSignalled} taps, ${tally.alarmsSignalled} alarms; ` +
    `${faults}; killed: ${killed.join(', ')}; outages ${tally.outages}; ` +
    `violations ${violations.count}`
  );
}

/** Waits until every station says that nothing waits, and the hub has as much. @returns how long it took */
async function drain(
  scene: Scene,
  { say, signal }: TortureOptions,
  violations: Violations,
): Promise<number> {
  const beganMs = performance.now();
  let saidMs = beganMs;
  for (;;) {
    const waiting = await Promise.all(
      scene.stations.map(async (station) => {
        const { backlog, connection } = await station.page.view();
        // A station may not have heard yet that the hub is an older one again.
        const waiting = Math.max(backlog, missingAtHub(scene, station));
        return connection === 'online' ? waiting : Math.max(1, waiting);
      }),
    );
    if (waiting.every((count) => count === 0)) break;
    const ms = performance.now() - beganMs;
    if (ms > drainMaxMs || signal?.aborted) {
      violations.add(`not drained after ${Math.round(ms / 1000)} s: ${waiting.join(', ')} waiting`);
      break;
    }
    if (performance.now() - saidMs >= sayEveryMs) {
      saidMs = performance.now();
      say(`${Math.round(ms / 1000)} s of peace: ${waiting.join(', ')} waiting`);
    }
    await delay(lookEveryMs);
  }
  return performance.now() - beganMs;
}

function missingAtHub(scene: Scene, { id, truth }: StationInPlay): number {
  const missing = lanes.map(
    (lane) => truth.last(lane) - scene.truth.committed(id, truth.epoch, lane),
  );
  return missing.reduce((sum, count) => sum + Math.max(0, count), 0);
}
