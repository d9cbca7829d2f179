import type Database from 'better-sqlite3';
import { acknowledgeAlarm, listAlarms, resolveAlarm } from '../../hub/app/alarms.ts';
import { Refusal } from '../../hub/app/registry.ts';
import { askForTest } from '../../hub/app/station-tests.ts';
import { localDay } from '../../hub/domain/dating.ts';
import { OutboxPublisher } from '../../hub/feed/outbox.ts';
import { receiptFor } from '../../hub/http/station-server.ts';
import { type Answer, Ingest } from '../../hub/ingest/ingest.ts';
import { StationDirectory } from '../../hub/ingest/station-directory.ts';
import { PresenceWatch } from '../../hub/presence/presence-watch.ts';
import { type Store, storeOn } from '../../hub/store/open-store.ts';
import type { Bus, BusMessage } from '../../shared/bus/bus.ts';
import { encodeHubPresence } from '../../shared/wire/codec.ts';
import type { ReceiptMessage } from '../../shared/wire/messages.ts';
import { hubPresenceTopic, stationFilters } from '../../shared/wire/topics.ts';
import { VirtualEmbeddedBus } from './embedded-bus.ts';
import { LegWatch } from './leg-watch.ts';
import type { HubTools } from './mutation.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { SimulatedPeople } from './simulated-people.ts';
import { type Death, SimulatedProcess } from './simulated-process.ts';
import { macKeyOf } from './template.ts';
import { abandoned, VirtualBus } from './virtual-bus.ts';
import { answer } from './virtual-street.ts';
import { watchPresence } from './watch-presence.ts';
import type { World } from './world.ts';

const fileName = 'hub.sqlite';
const silentAfterMs = 90_000;
const refusalsFlushMs = 1_000;
const followersReturnMs = 3_000;
/** What the hub's poll for other writers takes at most to see an operator's change. */
const operatorSeenMs = 100;
const unnoticedMsMax = 22_500;
/** How long it takes until somebody, or the supervisor, has it running again. */
const awayMs = [500, 20_000] as const;
export const timeZone = 'Asia/Shanghai';

interface Running {
  readonly process: SimulatedProcess;
  readonly store: Store;
  readonly bus: Bus;
  readonly outbox: OutboxPublisher;
}

/** The hub on its machine, wired as hub/hub.ts does it. */
export class SimulatedHub {
  readonly disk: SimulatedDisk;
  readonly people: SimulatedPeople;
  readonly legs: LegWatch;
  readonly refused = new Map<string, number>();
  /** How far the hub's wall clock is off. */
  offMs = 0;
  readonly #world: World;
  readonly isEmbedded: boolean;
  #running: Running | undefined;
  #process: SimulatedProcess | undefined;

  constructor(world: World, template: Buffer, embedded: boolean) {
    this.#world = world;
    this.isEmbedded = embedded;
    this.people = new SimulatedPeople(world);
    this.disk = new SimulatedDisk(world.random, {
      committed: (db, tables) => world.facts.learn(db, tables),
    });
    this.disk.restore(fileName, template);
    this.legs = new LegWatch(world, this.disk, fileName);
    world.broker.isUp = !embedded;
  }

  get running(): Running | undefined {
    return this.#running;
  }

  /** The committed database, to look at. */
  look(): Database.Database | undefined {
    return this.disk.handle(fileName);
  }

  openAlarms(): number {
    const sql = 'SELECT count(*) FROM alarm WHERE resolved_ms IS NULL';
    return Number(this.look()?.prepare(sql).pluck().get() ?? 0);
  }

  /** @returns what is still to be done, or undefined. */
  unfinished(): string | undefined {
    const db = this.#running && this.look();
    if (!db) return 'the hub is not running';
    const waiting = Number(db.prepare('SELECT count(*) FROM outbox').pluck().get());
    return waiting === 0 ? undefined : `${waiting} rows in the outbox`;
  }

  backup(): Buffer | undefined {
    return this.disk.image(fileName);
  }

  restore(image: Buffer): void {
    this.disk.restore(fileName, image);
  }

  boot(): void {
    // One that has only just started runs nothing yet.
    if (this.#process) return;
    this.#world.trace.note('hub', 'boots');
    const process = new SimulatedProcess('hub', this.#world, (death) => this.#died(death));
    this.#process = process;
    const { random, relapse } = this.#world;
    if (random.chance(relapse.probability)) process.doomSomewhere(random);
    this.#start(process).catch((error: unknown) => {
      if (!process.alive) return;
      // A hub that cannot start ends, and is started again.
      process.log.error({ err: error }, 'the hub did not start');
      process.end();
    });
  }

  /** An operator takes up one of the open alarms, or ends it. */
  operate(action: 'acknowledge' | 'resolve'): void {
    const running = this.#running;
    if (!running) return;
    const { process, store, outbox } = running;
    const atMs = this.#now();
    const act = async (): Promise<void> => {
      const open = await listAlarms(store);
      if (open.length === 0) return;
      const { id } = this.#world.random.pick(open);
      this.#world.trace.note('operator', `${action} alarm ${id}`);
      if (action === 'acknowledge') await acknowledgeAlarm(store, id, 'operator', atMs);
      else await resolveAlarm(store, id, 'operator', { cause: 'real', note: 'tried out' }, atMs);
      process.timers.after(operatorSeenMs, () => outbox.wake());
    };
    act().catch((error: unknown) => {
      if (!(error instanceof Refusal)) process.log.error({ err: error }, 'the operator failed');
    });
  }

  /** An operator tries the alarm's way from a station, if that is there. */
  askForTest(station: string): void {
    const running = this.#running;
    if (!running) return;
    const { process, store, outbox } = running;
    const { random, trace } = this.#world;
    const newRequest = (): string => random.id('te', 12);
    const asked = { station, by: 'operator', atMs: this.#now(), newRequest };
    askForTest(store, asked).then(
      () => {
        trace.note('operator', `asks ${station} for a test`);
        process.timers.after(operatorSeenMs, () => outbox.wake());
      },
      (error: unknown) => {
        if (!(error instanceof Refusal)) process.log.error({ err: error }, 'the operator failed');
      },
    );
  }

  readonly #now = (): number => Math.round(this.#world.trueWallMs() + this.offMs);

  async #start(process: SimulatedProcess): Promise<void> {
    const { random, mutation, broker } = this.#world;
    const { log, timers } = process;
    const store = storeOn(this.disk.open(fileName, process));
    const directory = new StationDirectory(store.db);
    await directory.refresh();
    const session = random.id('se', 12);
    const sinceMs = this.#now();
    const presenceOf = (online: boolean): Buffer =>
      encodeHubPresence({ v: 1, kind: 'hub-presence', session, sinceMs, online });
    const bus = this.isEmbedded
      ? new VirtualEmbeddedBus(broker, process)
      : new VirtualBus({
          ...{ id: 'hub', clean: false, broker, process, random },
          will: () => ({ topic: hubPresenceTopic, payload: presenceOf(false) }),
        });
    const outboxBus = mutation.outboxBus?.(bus, timers) ?? bus;
    const outbox = new OutboxPublisher(store.db, outboxBus, directory, log, timers);
    if (this.isEmbedded) outbox.hold(followersReturnMs);
    const onCommitted = () => outbox.wake();
    const watch = new PresenceWatch({
      ...{ db: store.db, directory, onCommitted, silentAfterMs, log },
      send: (message) => ingest.send(message),
      now: this.#now,
      monotonicNow: timers.now,
      every: timers.every,
    });
    const ingest: Ingest = new Ingest({
      ...{ store, directory, onCommitted, log },
      bus: this.legs.listening(process, bus),
      presence: watchPresence(this.#world, store, mutation.presence?.(watch) ?? watch),
      meter: {
        refused: (reason) => this.#refused(reason),
        committed: () => {},
        receipted: () => {},
      },
      now: this.#now,
      arrivals: async () => {},
      dayOf: localDay(timeZone),
      ...(mutation.score ? { score: mutation.score } : {}),
    });
    await ingest.resume();
    await watch.start();
    const nameOf = (id: string) => directory.nameOf(id);
    const people = this.people.watch(process, {
      db: store.db,
      nameOf,
      now: this.#now,
      onCommitted,
    });
    if (mutation.climbs?.({ nowMs: this.#world.time.now() }) !== false) people.start();
    timers.every(refusalsFlushMs, () => {
      ingest.refusals
        .flush(store.db)
        .catch((error: unknown) => log.error({ err: error }, 'refusals'));
    });
    const real = { ingest, macKeyOf, after: timers.after };
    const take = mutation.take?.(real) ?? ((message) => ingest.take(message));
    bus.subscribe(stationFilters, async (message) => {
      if (message.retained) return;
      const dup = 'dup' in message && message.dup === true;
      const taken = this.legs.brought(process, message, { path: 'broker' });
      await take({ ...message, dup });
      if (mutation.take === undefined) taken();
    });
    this.#openDoor(process, real);
    const say = (online: boolean): Promise<void> =>
      bus
        .publish(hubPresenceTopic, presenceOf(online), { retain: true })
        .catch((error: unknown) =>
          log.info({ err: error, online }, 'presence of the hub not sent'),
        );
    this.#running = { process, store, bus, outbox };
    await bus.start({
      onConnection: (connected) => {
        if (!connected) return;
        void say(true);
        outbox.wake();
      },
      onTrouble: (detail) => log.info({ detail }, 'bus'),
    });
  }

  /** The door for alarms, as hub/http/station-server.ts has it. */
  #openDoor(process: SimulatedProcess, tools: HubTools): void {
    const { mutation, street } = this.#world;
    const { ingest } = tools;
    const leg = { path: 'https' } as const;
    const atDoor = mutation.atDoor?.(tools) ?? ((message) => ingest.answer(message, leg));
    const take = async (message: BusMessage): Promise<Answer> => {
      const taken = this.legs.brought(process, message, leg);
      const came = await atDoor(message);
      if (came.kind === 'receipt') taken();
      return came;
    };
    street.door = async (station, payload) => {
      const seal = (receipt: ReceiptMessage) => ingest.seal(receipt);
      const sealed = await receiptFor({ take, seal }, station, payload);
      if (!process.alive) return abandoned();
      return sealed === undefined ? answer(403) : answer(200, sealed);
    };
  }

  #refused(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
    this.#world.trace.note('hub', `refuses: ${reason}`);
  }

  #died(death: Death): void {
    const { time, random, broker } = this.#world;
    const bus = this.#running?.bus;
    this.#running = undefined;
    this.#process = undefined;
    this.#world.street.door = undefined;
    this.disk.settle(death);
    time.after(random.between(...awayMs), () => this.boot());
    if (this.isEmbedded) broker.crash();
    else if (bus instanceof VirtualBus && bus.connection) {
      const { connection } = bus;
      if (death === 'crash') connection.up.send(() => broker.lost(connection));
      else time.after(random.between(100, unnoticedMsMax), () => broker.lost(connection));
    }
  }
}
