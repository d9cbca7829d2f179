import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Neighbours } from '../../device/relay/neighbours.ts';
import { stationSettingsSchema } from '../../device/settings/station-settings.ts';
import { type RunningStation, startStation } from '../../device/station.ts';
import { type AlarmHistory, alarmHistory } from '../../hub/app/alarm-history.ts';
import { listAlarms } from '../../hub/app/alarms.ts';
import { addStation } from '../../hub/app/registry.ts';
import { type RunningHub, startHub } from '../../hub/hub.ts';
import { type HubSettings, hubSettingsSchema } from '../../hub/settings.ts';
import { openStore, type Store } from '../../hub/store/open-store.ts';
import { createLog } from '../../shared/log.ts';
import { TestAuthority } from './certificate.ts';
import { StationPage } from './virtual-station.ts';

export interface Account {
  readonly station: string;
  readonly password: string;
  readonly macKey: string;
  readonly schemeKey: string;
}

/** A station of the street, and what to do with it. */
export interface StreetStation {
  readonly page: StationPage;
  readonly running: RunningStation;
}

/** How far a station can reach. What is left out leads nowhere. */
export interface Reach {
  readonly brokerPort?: number;
  /** True for the hub's door; or another address. */
  readonly https?: boolean | string;
  readonly neighbours?: Neighbours;
  readonly relay?: object;
}

/** Nobody listens there: TCP port 1 is reserved (tcpmux), and refuses at once. */
const nowhere = 'mqtt://127.0.0.1:1';

/** A hub with its door for alarms over TLS, and stations around it, all in this process. */
export class Street {
  readonly folder = mkdtempSync(join(tmpdir(), 'yizhan-street-'));
  readonly authority = new TestAuthority();
  /** For looking into the hub's store from beside it. */
  readonly store: Store;
  readonly accounts: Account[] = [];
  #hub: RunningHub | undefined;
  readonly #open: { stop(): Promise<unknown> }[] = [];

  private constructor() {
    this.store = openStore(this.folder);
  }

  /** @param stations how many the hub knows. @param settings of the hub, over those of the street */
  static async start(stations: number, settings: object = {}): Promise<Street> {
    const street = new Street();
    for (let count = 1; count <= stations; count += 1) {
      street.accounts.push(await addStation(street.store, `Station ${count}`, 'test'));
    }
    await street.#startHub(settings);
    return street;
  }

  get hub(): RunningHub {
    if (!this.#hub) throw new Error('the hub is stopped');
    return this.#hub;
  }

  get brokerPort(): number {
    return Number(/\d+/.exec(this.hub.broker)?.[0]);
  }

  get doorUrl(): string {
    return `https://127.0.0.1:${this.hub.stationHttpPort}`;
  }

  async #startHub(more: object): Promise<void> {
    const { certFile, keyFile } = this.authority;
    const settings: HubSettings = hubSettingsSchema.parse({
      mqtt: { port: 0 },
      http: { port: 0 },
      stationHttp: { host: '0.0.0.0', port: 0, tls: { certFile, keyFile } },
      ...more,
    });
    this.#hub = await startHub({ dataDir: this.folder, settings, log: createLog('hub', 'silent') });
  }

  /** Starts station `number`, the first being 0. */
  async station(number: number, reach: Reach): Promise<StreetStation> {
    const { password, ...account } = this.account(number);
    const { brokerPort, https = false, neighbours, relay } = reach;
    const { ca } = this.authority;
    const url = brokerPort === undefined ? nowhere : `mqtt://127.0.0.1:${brokerPort}`;
    const settings = stationSettingsSchema.parse({
      ...account,
      hub: { url, password },
      dataDir: join(this.folder, account.station),
      reader: { kind: 'virtual' },
      panel: { kind: 'virtual' },
      button: { holdMs: 300 },
      ...(https === false ? {} : { secondPath: { url: this.#door(https), ca } }),
      relay: { enabled: neighbours !== undefined, port: 0, ...relay },
    });
    const running = await startStation({
      ...{ settings, log: createLog('station', 'silent') },
      ...(neighbours === undefined ? {} : { neighbours }),
      virtual: { port: 0, cards: [] },
    });
    this.#open.push(running);
    return { running, page: new StationPage(Number(new URL(running.url ?? '').port)) };
  }

  #door(https: string | true): string {
    return https === true ? this.doorUrl : https;
  }

  account(number: number): Account {
    const account = this.accounts[number];
    if (!account) throw new Error(`there is no station ${number}`);
    return account;
  }

  /** Stopped with the street, in reverse order. */
  closeLater(one: { stop(): Promise<unknown> }): void {
    this.#open.push(one);
  }

  /** What the hub knows of each alarm. */
  async alarms(): Promise<AlarmHistory[]> {
    const lines = await listAlarms(this.store, { all: true });
    return Promise.all(lines.map(({ id }) => alarmHistory(this.store, id)));
  }

  async stop(): Promise<void> {
    for (const each of this.#open.splice(0).reverse()) await each.stop();
    await this.#hub?.stop();
    await this.store.close();
    this.authority.remove();
    rmSync(this.folder, { recursive: true });
  }
}
