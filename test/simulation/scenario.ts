import { startFalseRelay } from './false-relay.ts';
import { Faults } from './faults.ts';
import type { SimulatedHub } from './simulated-hub.ts';
import type { SimulatedStation } from './simulated-station.ts';
import { blockedCard, cards, unknownCard } from './template.ts';
import type { World } from './world.ts';

/** A run: so long, with so many events. */
const runMs = [240_000, 480_000] as const;
const eventCount = [60, 120] as const;
/** In some runs the broker is away for so long in their midst. */
const outage = { ms: 3_600_000, probability: 0.08 };
const callAgainMs = [11_000, 30_000] as const;
/** Some of them long enough to be known as stuck. */
const stuckMs = [5_000, 150_000] as const;

interface Happening {
  readonly weight: number;
  happen(): void;
}

/** Plans what people do and what goes wrong. @returns when it is over, in virtual milliseconds. */
export function plan(
  world: World,
  stations: readonly SimulatedStation[],
  hub: SimulatedHub,
): { endMs: number; events: number } {
  const { random, time, broker } = world;
  broker.unreliability.duplicate = random.chance(0.5) ? random.next() * 0.1 : 0;
  broker.unreliability.lateWill = random.next() * 0.6;
  upsetStreet(world);
  world.relapse.probability = random.chance(0.5) ? 0.3 : 0;
  const outageMs = random.chance(outage.probability) ? outage.ms : 0;
  const endMs = random.between(...runMs) + outageMs;
  const events = random.between(...eventCount);
  const happenings = [...life(world, stations, hub), ...trouble(world, stations, hub)];
  const total = happenings.reduce((sum, { weight }) => sum + weight, 0);
  for (let event = 0; event < events; event += 1) {
    let left = random.next() * total;
    const chosen = happenings.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    if (chosen) time.after(random.between(1_000, endMs), () => chosen.happen());
  }
  if (outageMs > 0) {
    const faults = new Faults(world, hub);
    time.after(random.between(10_000, endMs - outageMs), () =>
      faults.loseBroker(stations, outageMs),
    );
  }
  return { endMs, events };
}

/** In half of the runs requests suffer; in half, somebody on the street is not what he says he is. */
function upsetStreet(world: World): void {
  const { random, street } = world;
  if (random.chance(0.5)) {
    const draw = (): number => random.next() * 0.2;
    Object.assign(street.treatment, { lost: draw(), twice: draw(), late: draw() });
  }
  if (random.chance(0.5)) startFalseRelay(world);
}

function life(
  { random, time }: World,
  stations: readonly SimulatedStation[],
  hub: SimulatedHub,
): Happening[] {
  const station = (): SimulatedStation => random.pick(stations);
  const card = (): string => {
    if (random.chance(0.9)) return random.pick(cards);
    return random.chance(0.5) ? blockedCard : unknownCard;
  };
  const crowd = (at: SimulatedStation): void => {
    const people = random.between(3, 8);
    for (let next = 0; next < people; next += 1) {
      time.after(random.between(0, 5_000), () => at.tap(card()));
    }
  };
  // Each other's neighbours call at once, and one of them again, too late for a mistake.
  const callTogether = (): void => {
    const twice = station();
    for (const one of stations.slice(0, 2)) one.callForHelp('hold');
    time.after(random.between(...callAgainMs), () => twice.callForHelp('triple-press'));
  };
  return [
    { weight: 50, happen: () => station().tap(card()) },
    { weight: 3, happen: () => crowd(station()) },
    { weight: 6, happen: () => station().callForHelp(random.pick(['hold', 'triple-press'])) },
    { weight: 3, happen: () => hub.askForTest(station().id) },
    { weight: 1, happen: () => callTogether() },
    { weight: 5, happen: () => hub.operate('acknowledge') },
    { weight: 4, happen: () => hub.operate('resolve') },
    { weight: 3, happen: () => station().clock.synchronise() },
    { weight: 2, happen: () => station().leave() },
  ];
}

function trouble(
  world: World,
  stations: readonly SimulatedStation[],
  hub: SimulatedHub,
): Happening[] {
  const { random } = world;
  const faults = new Faults(world, hub);
  const station = (): SimulatedStation => random.pick(stations);
  return [
    { weight: 1, happen: () => faults.crash(station(), 'crash') },
    { weight: 2, happen: () => faults.crash(station(), 'power') },
    { weight: 5, happen: () => faults.doom(station()) },
    { weight: 2, happen: () => faults.dieCalling(station()) },
    { weight: 1, happen: () => faults.crash(hub, random.pick(['crash', 'power'])) },
    { weight: 4, happen: () => faults.doom(hub) },
    { weight: 3, happen: () => faults.partition(station()) },
    { weight: 1, happen: () => faults.partition(hub) },
    { weight: 1, happen: () => faults.reset(station()) },
    { weight: 3, happen: () => faults.resetAfterTap(station(), random.pick(cards)) },
    { weight: 1, happen: () => faults.reset(hub) },
    { weight: 1, happen: () => faults.restartBroker() },
    { weight: 1.5, happen: () => faults.callWithoutBroker(stations) },
    { weight: 1.5, happen: () => faults.callThroughNeighbours(station()) },
    { weight: 2, happen: () => faults.closeDoor(station()) },
    { weight: 1, happen: () => faults.failDisk(station()) },
    { weight: 1, happen: () => faults.failDisk(hub) },
    { weight: 0.7, happen: () => station().stick(random.between(...stuckMs)) },
    { weight: 2, happen: () => faults.jumpClock(station()) },
    { weight: 0.4, happen: () => faults.jumpClock(hub) },
    { weight: 1.5, happen: () => faults.backUp() },
    { weight: 1, happen: () => faults.restore() },
    { weight: 2, happen: () => faults.forge(station()) },
    { weight: 2, happen: () => faults.replay() },
  ];
}
