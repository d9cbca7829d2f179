import type { Lane } from '../../shared/wire/entry.ts';
import { seal } from '../../shared/wire/mac.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import type { SimulatedHub } from './simulated-hub.ts';
import type { SimulatedStation } from './simulated-station.ts';
import { macKeyOf } from './template.ts';
import { VirtualBus } from './virtual-bus.ts';
import type { World } from './world.ts';

/** Keepalive of MqttBus is 15 s: a dead peer is noticed between half and one and a half of it. */
const noticedMs = [7_500, 22_500] as const;
const partitionMs = [500, 60_000] as const;
/** A hold calls for help after so long. */
const holdMs = 1_000;
/** Commits of a station from the call until its receipt is kept, and a few more. */
const alarmCommits = 5;
/** From a tap to its receipt, mostly. */
const roundTripMs = 90;
/** Without a broker, people call so soon, and the other paths have the rest of the time. */
const callsWithinMs = 20_000;
const brokerlessMs = [40_000, 150_000] as const;
const hourMs = 3_600_000;
const brokerAwayMs = [500, 10_000] as const;
const wrongKey = macKeyOf('somebody else');
const diskTroubles = [
  { name: 'full', code: 'SQLITE_FULL' },
  { name: 'error', code: 'SQLITE_IOERR' },
];
const jumpMsMax = 2 * 3_600_000;

/** What can go wrong, each as one call. */
export class Faults {
  readonly #world: World;
  readonly #hub: SimulatedHub;
  #backup: Buffer | undefined;

  constructor(world: World, hub: SimulatedHub) {
    this.#world = world;
    this.#hub = hub;
  }

  crash(who: SimulatedStation | SimulatedHub, death: 'crash' | 'power'): void {
    who.running?.process.die(death, 'when idle');
  }

  /** It will die at one of its next steps, wherever that is. */
  doom(who: SimulatedStation | SimulatedHub): void {
    who.running?.process.doomSomewhere(this.#world.random);
  }

  /** It dies while it keeps a call for help, before or after any of the commits that this takes. */
  dieCalling(station: SimulatedStation): void {
    const { random, time } = this.#world;
    const death = random.chance(0.5) ? 'crash' : 'power';
    station.callForHelp('hold');
    time.after(random.between(900, holdMs), () =>
      station.running?.process.doom('committed', random.between(1, alarmCommits), death),
    );
  }

  /** Nothing passes for a while: both ends may notice, neither, or one of them only. */
  partition(who: SimulatedStation | SimulatedHub, least = 0): void {
    const { broker, random, time, trace } = this.#world;
    const { bus, process } = who.running ?? {};
    const connection = bus instanceof VirtualBus ? bus.connection : undefined;
    if (!(bus instanceof VirtualBus) || !connection || !broker.isReachable(connection.id)) return;
    const { id } = connection;
    const forMs = Math.max(least, random.between(...partitionMs));
    trace.fault(id, id === 'hub' ? 'hub partition' : 'station partition', `${forMs} ms`);
    broker.partition(id);
    let isOver = false;
    time.after(forMs, () => {
      isOver = true;
      broker.rejoin(id);
    });
    time.after(random.between(...noticedMs), () => {
      if (isOver || bus.connection !== connection) return;
      trace.note(id, 'notices that its connection is gone');
      process?.enter(() => bus.notice());
    });
    time.after(random.between(...noticedMs), () => {
      if (!isOver) broker.lost(connection);
    });
  }

  /** The connection breaks, with what is under way on it. */
  reset(who: SimulatedStation | SimulatedHub): void {
    const { broker, random, time, trace } = this.#world;
    const bus = who.running?.bus;
    if (!(bus instanceof VirtualBus) || !bus.connection) return;
    const { connection } = bus;
    const lost = [...connection.up.cut(), ...connection.down.cut()];
    trace.fault(connection.id, 'connection reset');
    if (lost.length > 0) trace.fault(connection.id, 'in-flight loss', `${lost.length} packets`);
    if (lost.some((topic) => topic.endsWith('/receipt'))) {
      trace.fault(connection.id, 'receipt lost with its connection');
    }
    who.running?.process.enter(() => bus.notice());
    time.after(random.between(0, 3_000), () => broker.lost(connection));
  }

  /** As before, but with something under way: a moment after a tap. */
  resetAfterTap(station: SimulatedStation, card: string): void {
    const { random, time } = this.#world;
    station.tap(card);
    time.after(random.between(1, roundTripMs), () => this.reset(station));
  }

  restartBroker(): void {
    const { broker, random, time, trace } = this.#world;
    if (broker.authority || !broker.isUp) return;
    trace.fault('broker', 'broker restart');
    broker.crash();
    time.after(random.between(...brokerAwayMs), () => {
      broker.isUp = true;
    });
  }

  /** Nobody reaches the broker for so long: it is down, or, in the hub, cut off from every station. */
  loseBroker(stations: readonly SimulatedStation[], forMs: number): void {
    const { broker, time, trace } = this.#world;
    const isHour = forMs >= hourMs;
    trace.fault('broker', `broker gone for ${isHour ? 'an hour' : 'minutes'}`, `${forMs} ms`);
    if (broker.authority) {
      for (const station of stations) this.partition(station, forMs);
      return;
    }
    broker.crash();
    time.after(forMs, () => {
      broker.isUp = true;
    });
  }

  /** The broker goes, and people call while it is away: all that is left to them are other paths. */
  callWithoutBroker(stations: readonly SimulatedStation[]): void {
    const { broker, random, time } = this.#world;
    if (!broker.isUp) return;
    this.loseBroker(stations, random.between(...brokerlessMs));
    for (const station of stations) {
      time.after(random.between(0, callsWithinMs), () => station.callForHelp('hold'));
    }
  }

  /** One station is cut off from broker and hub alike, and somebody calls there. */
  callThroughNeighbours(station: SimulatedStation): void {
    const { random, time } = this.#world;
    const forMs = random.between(...brokerlessMs);
    this.partition(station, forMs);
    this.closeDoor(station, forMs);
    time.after(random.between(0, callsWithinMs), () => station.callForHelp('triple-press'));
  }

  /** What it sends to the hub's door gets nowhere for a while. */
  closeDoor({ id }: SimulatedStation, least = 0): void {
    const { random, street, time, trace } = this.#world;
    const forMs = Math.max(least, random.between(...partitionMs));
    trace.fault(id, 'door closed', `${forMs} ms`);
    street.close(id);
    time.after(forMs, () => street.open(id));
  }

  failDisk(who: SimulatedStation | SimulatedHub): void {
    const { random, trace } = this.#world;
    const name = who.running?.process.name;
    if (name === undefined) return;
    const trouble = random.pick(diskTroubles);
    trace.fault(name, `${name === 'hub' ? 'hub' : 'station'} disk ${trouble.name}`);
    who.disk.failNext(random.between(1, 3), trouble.code);
  }

  jumpClock(who: SimulatedStation | SimulatedHub): void {
    const { random, trace } = this.#world;
    const byMs = random.between(-jumpMsMax, jumpMsMax);
    if ('clock' in who) {
      trace.fault(who.id, 'station clock jump', `${byMs} ms`);
      who.clock.jump(byMs);
    } else {
      trace.fault('hub', 'hub clock jump', `${byMs} ms`);
      who.offMs += byMs;
    }
  }

  backUp(): void {
    this.#backup = this.#hub.backup();
    this.#world.trace.note('hub', 'backup taken');
  }

  /** The hub's machine is lost, and a backup takes its place. */
  restore(): void {
    if (!this.#backup || !this.#hub.running) return;
    this.#hub.running.process.die('power', 'for good');
    this.#hub.restore(this.#backup);
    this.#world.trace.fault('hub', 'hub restored from a backup');
  }

  /** A broker that lies: a receipt, or the end of an alarm, under a key that is not the station's. */
  forge(station: SimulatedStation): void {
    const { broker, random, trace } = this.#world;
    const running = station.running;
    if (!running) return;
    const { epoch, alarms, lanes } = running.brain.state;
    const [alarm] = alarms;
    const to = { v: 1, station: station.id };
    if (alarm && random.chance(0.5)) {
      trace.fault(station.id, 'forged command');
      const command = { name: 'alarm-state', alarm: alarm.key, state: 'resolved' };
      const payload = seal(wrongKey, { ...to, kind: 'command', command });
      broker.publish(stationTopic(station.id, 'command'), payload, false);
      return;
    }
    const lane: Lane = random.chance(0.3) ? 'alarm' : 'routine';
    const through = lanes[lane].last;
    const { journal } = running.keeper;
    const hash = journal.hashBefore(lane, through + 1);
    const outcomes = through > 0 ? [{ seq: through, outcome: 'credited', points: 10 }] : [];
    trace.fault(station.id, 'forged receipt', `${lane} ${through}`);
    const payload = seal(wrongKey, {
      ...to,
      kind: 'receipt',
      epoch,
      lane,
      through,
      hash,
      outcomes,
    });
    broker.publish(stationTopic(station.id, 'receipt'), payload, false);
  }

  /** Something that was said before is said again, byte for byte. */
  replay(): void {
    const { broker, random, trace } = this.#world;
    if (broker.remembered.length === 0 || !broker.isUp) return;
    const packet = random.pick(broker.remembered);
    trace.fault('broker', 'replay', packet.topic);
    broker.inject({ ...packet, dup: random.chance(0.5) });
  }
}
