import { basename } from 'node:path';
import Database from 'better-sqlite3';
import { Brain } from '../../device/brain.ts';
import { decide } from '../../device/domain/decide.ts';
import { backlogOf, initialState } from '../../device/domain/state.ts';
import { DiskWatch } from '../../device/journal/disk-watch.ts';
import { inMemory, type JournalFiles } from '../../device/journal/journal-files.ts';
import { JournalKeeper } from '../../device/journal/journal-keeper.ts';
import { otherPathsOf } from '../../device/second-path/start.ts';
import { Uplink } from '../../device/uplink/uplink.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { type Death, SimulatedProcess } from './simulated-process.ts';
import { drawSecondPath, startSimulatedSecondPath } from './simulated-second-path.ts';
import { StationWitness } from './station-witness.ts';
import { UnitClock } from './unit-clock.ts';
import { VirtualBus } from './virtual-bus.ts';
import type { World } from './world.ts';

const rules = { holdMs: 1_000, pressesWithinMs: 2_000 };
const version = '0.1.0';
/** How often somebody holds the button while the unit starts. */
const heldAtStart = 0.1;
/** How long the broker takes at most to notice a peer without power: one and a half keepalives. */
const unnoticedMsMax = 22_500;
/** How long it takes until the supervisor, or the power, is back. */
const awayMs = [500, 30_000] as const;

interface Running {
  readonly process: SimulatedProcess;
  readonly brain: Brain;
  readonly bus: VirtualBus;
  readonly uplink: Uplink;
  readonly keeper: JournalKeeper;
}

/** From a panel that is ready to its word about the button. */
const foundDownMs = 700;

/** A disk here is full for one write at a time: in between there is all the room. */
const diskFreeBytes = 1_000_000_000;

/** A unit: its disk and clock outlive its program, which is wired as device/station.ts does it. */
export class SimulatedStation {
  readonly id: string;
  readonly macKey: string;
  readonly disk: SimulatedDisk;
  readonly clock: UnitClock;
  readonly witness: StationWitness;
  readonly settings: ReturnType<typeof drawSecondPath>;
  readonly #world: World;
  #running: Running | undefined;
  #isDown = false;

  constructor(world: World, id: string, macKey: string) {
    this.#world = world;
    this.id = id;
    this.macKey = macKey;
    this.disk = new SimulatedDisk(world.random);
    this.clock = new UnitClock(world);
    this.witness = new StationWitness(world, id);
    this.settings = drawSecondPath(world.random, { station: id, macKey });
  }

  get running(): Running | undefined {
    return this.#running;
  }

  /** @returns what is still to be done, or undefined. */
  unfinished(): string | undefined {
    const state = this.#running?.brain.state;
    if (!state) return `${this.id} is not running`;
    if (!state.connected || !state.hubOnline) return `${this.id} does not reach the hub`;
    const left = backlogOf(state);
    return left === 0 ? undefined : `${this.id} has ${left} entries left`;
  }

  /** What lies in journals that were set aside, for an operator to look at: epoch, lane, sequence. */
  setAside(): Set<string> {
    const keys = new Set<string>();
    for (const name of this.disk.names().filter((file) => file.includes('damaged'))) {
      const db = new Database(this.disk.image(name));
      if (db.prepare('SELECT 1 FROM sqlite_master').get() === undefined) continue;
      const epoch = db.prepare("SELECT value FROM meta WHERE key = 'epoch'").pluck().get();
      const sql = "SELECT lane || '/' || seq FROM entry";
      for (const entry of db.prepare(sql).pluck().all()) keys.add(`${epoch}/${entry}`);
      db.close();
    }
    return keys;
  }

  boot(): void {
    if (this.#running) return;
    const process = new SimulatedProcess(this.id, this.#world, (death) => this.#died(death));
    const { random, relapse } = this.#world;
    if (random.chance(relapse.probability)) process.doomSomewhere(random);
    this.#world.trace.note(this.id, 'boots');
    process.enter(() => this.#start(process));
  }

  tap(card: string): void {
    this.#world.trace.note(this.id, `tap ${card.slice(0, 4)}`);
    this.#enter(({ brain }) => brain.dispatch({ type: 'card', token: card }));
  }

  /** Holds the button for as long as a call for help takes, or presses it three times. */
  callForHelp(gesture: 'hold' | 'triple-press'): void {
    const { time, trace } = this.#world;
    trace.note(this.id, `calls for help (${gesture})`);
    const [times, downMs] = gesture === 'hold' ? [1, rules.holdMs + 300] : [3, 150];
    for (let press = 0; press < times; press += 1) {
      time.after(press * 400, () => this.#edge('down'));
      time.after(press * 400 + downMs, () => this.#edge('up'));
    }
  }

  /** Something leans on the button for so long, whatever becomes of the program meanwhile. */
  stick(forMs: number): void {
    const { time, trace } = this.#world;
    trace.fault(this.id, 'stuck button', `${forMs} ms`);
    this.#edge('down');
    time.after(forMs, () => this.#edge('up'));
  }

  letGo(): void {
    if (this.#isDown) this.#edge('up');
  }

  /** Leaves in good order, as at an update. */
  leave(): void {
    const running = this.#running;
    if (!running) return;
    this.#world.trace.fault(this.id, 'restart in good order');
    const { process, brain, uplink, keeper } = running;
    const presence = {
      epoch: brain.state.epoch,
      latched: brain.state.alarms.map(({ key }) => key),
    };
    const gone = (): void =>
      process.enter(() => {
        brain.stop();
        keeper.close();
        process.end();
      });
    uplink.stop(presence).then(gone, gone);
  }

  #start(process: SimulatedProcess): void {
    const { random, mutation, broker } = this.#world;
    const { log, timers } = process;
    const keeper = new JournalKeeper('unit', {
      files: this.#files(process),
      newEpoch: () => random.id('ep', 16),
      now: () => this.clock.read().wallMs,
    });
    const restored = keeper.journal.restore();
    const known = mutation.restored?.(restored) ?? restored;
    const silent = this.witness.isSilent;
    const otherPaths = otherPathsOf(this.settings);
    const state = initialState(rules, known, timers.now(), { silent, otherPaths });
    this.witness.booted(keeper.journal, state, keeper.durable);
    const uplink = new Uplink({
      station: this.id,
      macKey: this.macKey,
      clock: this.clock,
      log,
      journal: () => keeper.journal,
      dispatch: (input) => process.enter(() => brain.dispatch(input)),
      onUnreadable: (lane, error) => process.enter(() => brain.onUnreadable(lane, error)),
      newSession: () => random.id('se', 12),
    });
    const brain: Brain = new Brain(
      {
        ...{ keeper, uplink, clock: this.clock, log, version, timers },
        panel: {
          start: () => {},
          show: (light) => {
            if (process.alive) this.witness.shown(light, brain.state);
          },
          sound: (tone) => {
            if (process.alive) this.witness.sounded(tone, brain.state);
          },
          stop: async () => {},
        },
        diskFreeBytes: () => diskFreeBytes,
        decide: this.witness.watch(
          mutation.decide ?? decide,
          () => keeper.journal,
          () => keeper.durable,
        ),
      },
      state,
    );
    const presence = () => ({
      epoch: brain.state.epoch,
      latched: brain.state.alarms.map(({ key }) => key),
    });
    const bus = new VirtualBus({
      ...{ id: this.id, clean: true, broker, process, random },
      will: () => uplink.will(presence()),
    });
    this.#running = { process, brain, bus, uplink, keeper };
    brain.dispatch({ type: 'started', version });
    new DiskWatch({
      ...{ dispatch: brain.dispatch, log },
      freeBytes: () => diskFreeBytes,
      reserve: { held: true, make: () => {} },
      diskReserveBytes: 64 * 1024 ** 2,
    }).start(timers);
    for (const part of ['panel', 'reader'] as const) {
      brain.dispatch({ type: 'part', part, state: 'ready', detail: 'virtual' });
    }
    if (random.chance(heldAtStart)) this.#holdSinceStart(brain);
    // A panel that has just come up tells of a button that is down, and of no other.
    timers.after(foundDownMs, () => {
      if (this.#isDown) brain.dispatch({ type: 'button', edge: 'down' });
    });
    const tools = {
      station: this.id,
      macKey: this.macKey,
      epoch: () => keeper.journal.epoch,
      dispatch: brain.dispatch,
    };
    const parts = { settings: this.settings, brain, keeper, uplink, bus };
    void startSimulatedSecondPath(this.#world, process, parts).then(() =>
      process.enter(() => void uplink.start(mutation.stationBus?.(bus, tools) ?? bus)),
    );
  }

  /** Somebody asks for a test at the unit: the button is down when the panel first sees it. */
  #holdSinceStart(brain: Brain): void {
    const { time, trace } = this.#world;
    trace.note(this.id, 'held since the start');
    brain.dispatch({ type: 'button', edge: 'down', found: true });
    time.after(rules.holdMs + 300, () => this.#edge('up'));
  }

  #files(process: SimulatedProcess): JournalFiles {
    const { mutation } = this.#world;
    return {
      open: (file) => {
        process.step('write');
        if (file === inMemory) return new Database(inMemory);
        const db = this.disk.open(basename(file), process);
        return mutation.journalDatabase?.(db) ?? db;
      },
      makeFolder: () => {},
      isWritable: () => true,
      names: () => this.disk.names(),
      rename: (_, names) => {
        process.step('write');
        for (const { from, to } of names) this.disk.rename(from, to);
      },
      remove: (_, names) => {
        process.step('write');
        for (const name of names) this.disk.remove(name);
      },
    };
  }

  #enter(run: (running: Running) => void): void {
    const running = this.#running;
    running?.process.enter(() => run(running));
  }

  #edge(edge: 'down' | 'up'): void {
    this.#isDown = edge === 'down';
    this.#enter(({ brain }) => brain.dispatch({ type: 'button', edge }));
  }

  #died(death: Death): void {
    const { time, random, broker } = this.#world;
    this.disk.settle(death);
    this.#world.street.vanish(this.id);
    time.after(random.between(...awayMs), () => this.boot());
    const connection = this.#running?.bus.connection;
    this.#running = undefined;
    if (death === 'power') this.clock.reboot();
    if (!connection) return;
    // The system of a process that died closes its connection; a unit without power cannot.
    if (death === 'crash') connection.up.send(() => broker.lost(connection));
    else time.after(random.between(100, unnoticedMsMax), () => broker.lost(connection));
  }
}
