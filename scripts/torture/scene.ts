import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addCard } from '../../hub/app/cards.ts';
import { addStation, addVolunteer } from '../../hub/app/registry.ts';
import { openStore } from '../../hub/store/open-store.ts';
import { writeSettings } from '../../shared/settings/settings-file.ts';
import { freePort } from '../../test/support/free-port.ts';
import { Mosquitto } from '../../test/support/mosquitto.ts';
import { Program } from '../../test/support/program.ts';
import { type DoorFaultKind, DoorProxy } from './door-proxy.ts';
import { FaultPlan } from './fault-plan.ts';
import { FaultyProxy } from './faulty-proxy.ts';
import { HubTruth } from './hub-truth.ts';
import { ReceiptWatch } from './receipt-watch.ts';
import { StationInPlay } from './station-in-play.ts';
import type { Tally } from './tally.ts';
import { Victim } from './victim.ts';
import type { Violations } from './violations.ts';

/** A card and a volunteer each. Enough that some taps earn points and some meet the rules. */
const cardsCount = 12;
const cardUids = Array.from({ length: cardsCount }, (_, index) =>
  (0x04a1b200 + index).toString(16).padStart(8, '0').toUpperCase(),
);

const by = 'torture';

export interface SceneOptions {
  readonly seed: string;
  readonly stationsCount: number;
  readonly broker: 'embedded' | 'mosquitto';
  readonly tally: Tally;
  readonly violations: Violations;
}

/** A scheme in a folder of its own: the hub, the stations, the broker, and a bad network between them. */
export class Scene {
  readonly folder = mkdtempSync(join(tmpdir(), 'yizhan-torture-'));
  readonly cards = cardUids;
  readonly stations: StationInPlay[] = [];
  readonly #options: SceneOptions;
  readonly #proxies: FaultyProxy[] = [];
  readonly #doors: DoorProxy[] = [];
  #isStopped = false;
  #broker: Mosquitto | undefined;
  #hub: Victim | undefined;
  #truth: HubTruth | undefined;

  private constructor(options: SceneOptions) {
    this.#options = options;
  }

  /** Everything runs, and nothing has happened to it yet. */
  static async start(options: SceneOptions): Promise<Scene> {
    const scene = new Scene(options);
    try {
      await scene.#build();
    } catch (error) {
      await scene.stop();
      throw error;
    }
    return scene;
  }

  get hub(): Victim {
    if (this.#hub === undefined) throw new Error('the scene is not built');
    return this.#hub;
  }

  get truth(): HubTruth {
    if (this.#truth === undefined) throw new Error('the scene is not built');
    return this.#truth;
  }

  /** The broker that can be killed: the embedded one dies with the hub. */
  get broker(): Mosquitto | undefined {
    return this.#broker;
  }

  get victims(): readonly Victim[] {
    return [this.hub, ...this.stations.map(({ victim }) => victim)];
  }

  storm(): void {
    for (const proxy of this.#proxies) proxy.storm();
    // The way of the first station to the door is always good: what it calls must get through.
    for (const door of this.#doors.slice(1)) door.storm();
  }

  calm(): void {
    for (const proxy of [...this.#proxies, ...this.#doors]) proxy.calm();
  }

  /** Nobody reaches the broker, but the hub's door, until `unblock`. */
  block(): void {
    for (const proxy of this.#proxies) proxy.block();
  }

  unblock(): void {
    for (const proxy of this.#proxies) proxy.unblock();
  }

  /** Ends everything, in good order where it still runs; a second time there is nothing to do. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const victims = [...this.stations.map(({ victim }) => victim), this.#hub];
    await Promise.all(victims.map((victim) => victim?.stop()));
    await Promise.all([...this.#proxies, ...this.#doors].map((proxy) => proxy.stop()));
    for (const station of this.stations) station.close();
    this.#truth?.close();
    await this.#broker?.stop();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #build(): Promise<void> {
    const { broker, stationsCount, violations } = this.#options;
    this.#broker = broker === 'mosquitto' ? await Mosquitto.start() : undefined;
    const brokerPort = this.#broker?.port ?? (await freePort());
    const store = openStore(this.folder);
    for (const [index, uid] of cardUids.entries()) {
      await addCard(store, await addVolunteer(store, `Volunteer ${index + 1}`, by), uid, by);
    }
    this.#truth = new HubTruth(this.folder);
    const doorPort = await freePort();
    const receipts = new ReceiptWatch(this.#truth, violations);
    for (let number = 1; number <= stationsCount; number += 1) {
      const proxy = await this.#proxy(brokerPort, () => receipts.listen());
      const door = await this.#door(doorPort, number, () => receipts.listenHttp());
      const { password, ...identity } = await addStation(store, `Station ${number}`, by);
      const folder = join(this.folder, `station-${number}`);
      mkdirSync(folder, { mode: 0o700 });
      writeSettings(join(folder, 'station.json'), {
        ...identity,
        hub: { url: `mqtt://127.0.0.1:${proxy.port}`, password },
        secondPath: { url: `http://127.0.0.1:${door.port}` },
        dataDir: folder,
        ...{ reader: { kind: 'virtual' }, panel: { kind: 'virtual' } },
      });
      this.stations.push(new StationInPlay(number, folder, identity, { isDoorOpen: number === 1 }));
    }
    await store.close();
    await this.#startPrograms(brokerPort, doorPort);
  }

  async #startPrograms(brokerPort: number, doorPort: number): Promise<void> {
    const stationHttp = { host: '127.0.0.1', port: doorPort };
    const apart = this.#broker === undefined ? undefined : await this.#proxy(brokerPort);
    const externalBroker = apart && { url: `mqtt://127.0.0.1:${apart.port}` };
    writeSettings(join(this.folder, 'hub.json'), {
      stationHttp,
      ...(externalBroker === undefined ? {} : { externalBroker }),
    });
    const ports = ['--mqtt-port', `${brokerPort}`, '--http-port', '0'];
    const args = ['start', '--data', this.folder, ...ports];
    this.#hub = new Victim('hub', () => Program.start('hub/main.ts', args, /hub ready/));
    await this.#hub.start();
    await Promise.all(this.stations.map(({ victim }) => victim.start()));
  }

  async #door(
    target: number,
    number: number,
    listen: () => (chunk: Buffer) => void,
  ): Promise<DoorProxy> {
    const { seed, tally } = this.#options;
    const onHit = (kind: DoorFaultKind): void => {
      tally.doorFaults[kind] += 1;
    };
    const door = await DoorProxy.start({ target, seed: `${seed}/door ${number}`, onHit, listen });
    this.#doors.push(door);
    return door;
  }

  async #proxy(target: number, listen?: () => (chunk: Buffer) => void): Promise<FaultyProxy> {
    const { seed, tally } = this.#options;
    const proxy = await FaultyProxy.start({
      target,
      plan: new FaultPlan(seed, this.#proxies.length),
      onHit: ({ kind }) => {
        tally.faults[kind] += 1;
      },
      ...(listen === undefined ? {} : { listen }),
    });
    this.#proxies.push(proxy);
    return proxy;
  }
}
