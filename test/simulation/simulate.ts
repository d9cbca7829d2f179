import { falseRelay } from './false-relay.ts';
import { FeedRecord } from './feed-record.ts';
import { checkAtTheEnd } from './final-checks.ts';
import { HubFacts } from './hub-facts.ts';
import type { Mutation } from './mutation.ts';
import { Random } from './random.ts';
import { plan } from './scenario.ts';
import { SimulatedHub } from './simulated-hub.ts';
import { roundComesMs } from './simulated-people.ts';
import { SimulatedStation } from './simulated-station.ts';
import { macKeyOf, stationIds, type Template } from './template.ts';
import { Trace } from './trace.ts';
import { VirtualBroker } from './virtual-broker.ts';
import { VirtualStreet } from './virtual-street.ts';
import { VirtualTime } from './virtual-time.ts';
import { watchWays } from './way-watch.ts';
import { type Invariant, invariants, type Violation, violate, type World } from './world.ts';

export interface SimulateOptions {
  readonly seed: number;
  /** From `makeTemplate`. */
  readonly template: Template;
  readonly mutation?: Mutation;
  /** Gets each line of the trace. */
  readonly tell?: (line: string) => void;
}

export interface Outcome {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** Of everything that happened. */
  readonly digest: string;
  readonly faults: ReadonlyMap<string, number>;
  /** What became of check-ins, and by which rules and codes points were transferred: how often. */
  readonly settled: ReadonlyMap<string, number>;
  readonly events: number;
  readonly entries: number;
  readonly virtualMs: number;
}

/** Four minutes before midnight at the stations: a run sees two days. */
const startsMs = Date.parse('2026-03-02T15:56:00Z');
/** Healed, everything must be delivered within so long. */
const drainMsMax = 600_000;
const gestureMsMax = 10_000;
const lookEveryMs = 1_000;
/** The last words of everybody after it is quiet: a station says that it is there twice a minute. */
const settledMs = 35_000;

/** One simulated world from its first moment to its last. */
export async function simulate(options: SimulateOptions): Promise<Outcome> {
  const { seed, template, mutation = {}, tell } = options;
  const time = new VirtualTime();
  const random = new Random(seed);
  const trace = new Trace(time, tell);
  const broker = new VirtualBroker({ time, random, trace });
  const trueWallMs = (): number => startsMs + time.now();
  const street = new VirtualStreet({ time, random, trace });
  const beginning = template[seed % template.length];
  if (!beginning) throw new Error('the template holds no world');
  const { image, rules } = beginning;
  const shared = { time, random, trace, broker, street, mutation, rules, trueWallMs };
  const world: World = {
    ...shared,
    facts: new HubFacts(),
    violations: [],
    relapse: { probability: 0 },
  };
  const isEmbedded = random.chance(0.5);
  trace.note('world', `seed ${seed}, ${isEmbedded ? 'the broker in the hub' : 'a broker apart'}`);
  const hub = new SimulatedHub(world, image, isEmbedded);
  const stations = stationIds
    .slice(0, random.between(2, stationIds.length))
    .map((id) => new SimulatedStation(world, id, macKeyOf(id)));
  const feed = new FeedRecord();
  broker.onPublished = (topic, payload) => feed.published(topic, payload);
  hub.boot();
  for (const station of stations) time.after(random.between(0, 2_000), () => station.boot());
  watchWays(world, stations, hub);
  const { endMs, events } = plan(world, stations, hub);

  const isOver = (): boolean => world.violations.length > 0;
  await time.runUntil(endMs, isOver);
  if (!isOver()) await drain(world, stations, hub);
  const settled = new Map<string, number>();
  if (!isOver()) checkAtTheEnd(world, stations, hub, feed, settled);
  const entries = stations.reduce((sum, { witness }) => sum + witness.made.size, 0);
  return {
    ...{ seed, violations: world.violations, digest: trace.digest(), faults: trace.counts },
    ...{ settled, events, entries, virtualMs: time.now() },
  };
}

/** Everything is healed, delivered, and every alarm resolved by an operator. */
async function drain(
  world: World,
  stations: readonly SimulatedStation[],
  hub: SimulatedHub,
): Promise<void> {
  heal(world, stations, hub);
  // A button that is being held just now still calls.
  await world.time.runUntil(world.time.now() + gestureMsMax);
  await quiet(world, stations, hub, invariants.delivered);
  await world.time.runUntil(world.time.now() + roundComesMs, () => world.violations.length > 0);
  const db = hub.look();
  if (db) hub.people.check(db);
  for (const station of stations) if (station.running?.keeper.durable === false) station.leave();
  const resolve = (): void => {
    if (hub.openAlarms() > 0) hub.operate('resolve');
    world.time.after(lookEveryMs, resolve);
  };
  resolve();
  await world.time.runUntil(world.time.now() + settledMs, () => world.violations.length > 0);
  await quiet(world, stations, hub, invariants.delivered);
  for (const station of stations) {
    const aside = station.setAside();
    for (const alarm of station.running?.brain.state.alarms ?? []) {
      // What an old backup does not have, and no journal can send again, nobody can resolve.
      if (aside.has(`${alarm.key.epoch}/alarm/${alarm.key.seq}`)) continue;
      violate(world, invariants.resolved, `${station.id} shows ${JSON.stringify(alarm)}`);
    }
  }
}

function heal(world: World, stations: readonly SimulatedStation[], hub: SimulatedHub): void {
  const { broker, street, trace } = world;
  trace.note('world', 'everything is healed');
  Object.assign(street.treatment, { lost: 0, twice: 0, late: 0 });
  street.forget(falseRelay);
  for (const id of stationIds) street.open(id);
  broker.unreliability.duplicate = 0;
  broker.unreliability.lateWill = 0;
  world.relapse.probability = 0;
  if (!hub.isEmbedded) broker.isUp = true;
  hub.offMs = 0;
  hub.people.heal();
  for (const id of ['hub', ...stationIds]) broker.rejoin(id);
  for (const one of [hub, ...stations]) {
    one.running?.process.spare();
    one.disk.heal();
    one.boot();
  }
  for (const station of stations) {
    station.clock.synchronise();
    station.letGo();
  }
}

async function quiet(
  world: World,
  stations: readonly SimulatedStation[],
  hub: SimulatedHub,
  what: Invariant,
): Promise<void> {
  const { time } = world;
  const endMs = time.now() + drainMsMax;
  const missing = (): string | undefined =>
    stations.map((station) => station.unfinished()).find((text) => text !== undefined) ??
    hub.unfinished();
  const isOver = (): boolean => world.violations.length > 0;
  while (time.now() < endMs && !isOver()) {
    if (missing() === undefined) return;
    // A clock that was set wrong may have come up since: the time service goes on.
    for (const { clock } of stations) clock.synchronise();
    await time.runUntil(time.now() + lookEveryMs, isOver);
  }
  const left = missing();
  if (!isOver() && left !== undefined) violate(world, what, left);
}
