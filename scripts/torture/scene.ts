import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addCard, addStation, addVolunteer } from '../../hub/app/registry.ts';
import { openStore } from '../../hub/store/open-store.ts';
import { writeSettings } from '../../shared/settings/settings-file.ts';
import { freePort } from '../../test/support/free-port.ts';
import { Mosquitto } from '../../test/support/mosquitto.ts';
import { Program } from '../../test/support/program.ts';
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
  }

  calm(): void {
    for (const proxy of this.#proxies) proxy.calm();
  }

  /** Nobody reaches the broker, until `unblock`. */
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
    await Promise.all(this.#proxies.map((proxy) => proxy.stop()));
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
    const receipts = new ReceiptWatch(this.#truth, violations);
    for (let number = 1; number <= stationsCount; number += 1) {
      const proxy = await this.#proxy(brokerPort, () => receipts.listen());
      const { password, ...identity } = await addStation(store, `Station ${number}`, by);
      const folder = join(this.folder, `station-${number}`);
      mkdirSync(folder, { mode: 0o700 });
      writeSettings(join(folder, 'station.json'), {
        ...identity,
        hub: { url: `mqtt://127.0.0.1:${proxy.port}`, password },
        dataDir: folder,
        ...{ reader: { kind: 'virtual' }, panel: { kind: 'virtual' } },
      });
      this.stations.push(new StationInPlay(number, folder, identity));
    }
    await store.close();
    await this.#startPrograms(brokerPort);
  }

  async #startPrograms(brokerPort: number): Promise<void> {
    if (this.#broker !== undefined) {
      const proxy = await this.#proxy(brokerPort);
      const url = `mqtt://127.0.0.1:${proxy.port}`;
      writeSettings(join(this.folder, 'hub.json'), { externalBroker: { url } });
    }
    const ports = ['--mqtt-port', `${brokerPort}`, '--http-port', '0'];
    const args = ['start', '--data', this.folder, ...ports];
    this.#hub = new Victim('hub', () => Program.start('hub/main.ts', args, /hub ready/));
    await this.#hub.start();
    await Promise.all(this.stations.map(({ victim }) => victim.start()));
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
