import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { addCard } from '../../hub/app/cards.ts';
import { addStation, addVolunteer } from '../../hub/app/registry.ts';
import { localDay } from '../../hub/domain/dating.ts';
import { Ingest } from '../../hub/ingest/ingest.ts';
import { StationDirectory } from '../../hub/ingest/station-directory.ts';
import { openStore, type Store, storeFileName } from '../../hub/store/open-store.ts';
import { cardToken } from '../../shared/card-token.ts';
import { newEpoch } from '../../shared/ids.ts';
import { createLog } from '../../shared/log.ts';
import { decodeHubMessage } from '../../shared/wire/codec.ts';
import { chainHash, entryText, genesisHash, type Lane } from '../../shared/wire/entry.ts';
import { seal } from '../../shared/wire/mac.ts';
import type { ReceiptMessage } from '../../shared/wire/messages.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import { toldBy } from './outbox-row.ts';

export const minuteMs = 60_000;
/** Ten in the morning where the scheme lives. */
export const startMs = Date.parse('2026-03-02T02:00:00Z');
export const dayOf = localDay('Asia/Shanghai');
const uid = '04A1B2C3';

/** The hub's store and ingest without a broker: one station, one volunteer with one card. */
export class IngestHub {
  readonly receipts: ReceiptMessage[] = [];
  readonly refused: string[] = [];
  /** Stations that gave a sign of life, each time. */
  readonly heard: string[] = [];
  /** What the hub's clock says. */
  nowMs = startMs + 120 * minuteMs;
  store: Store;
  station = '';
  macKey = '';
  volunteer = '';
  card = '';
  #ingest: Ingest | undefined;
  readonly #folder: string;
  readonly #anewAtOnceMax: number | undefined;

  private constructor(folder: string, anewAtOnceMax: number | undefined) {
    this.#folder = folder;
    this.#anewAtOnceMax = anewAtOnceMax;
    this.store = openStore(this.#folder);
  }

  /** @param anewAtOnceMax how many stored entries it dates anew in one commit */
  static async start(
    folder = mkdtempSync(join(tmpdir(), 'yizhan-ingest-')),
    anewAtOnceMax?: number,
  ): Promise<IngestHub> {
    const hub = new IngestHub(folder, anewAtOnceMax);
    const { store } = hub;
    ({ station: hub.station, macKey: hub.macKey } = await addStation(store, 'Station 1', 'test'));
    hub.volunteer = await addVolunteer(store, 'Volunteer 1', 'test');
    await addCard(store, hub.volunteer, uid, 'test');
    hub.card = cardToken(await store.schemeKey(), uid);
    await hub.#open();
    return hub;
  }

  /** The file that holds the store. */
  get file(): string {
    return join(this.#folder, storeFileName);
  }

  get ingest(): Ingest {
    if (!this.#ingest) throw new Error('the hub is closed');
    return this.#ingest;
  }

  /** Closes the store and opens it again. */
  async restart(): Promise<void> {
    await this.#close();
    this.store = openStore(this.#folder);
    await this.#open();
  }

  /** @returns a function that goes back to what the hub knows now, as from a backup. */
  async backUp(): Promise<() => Promise<void>> {
    const backup = `${this.#folder}-backup`;
    await this.restart();
    await this.ingest.settled();
    this.store.checkpoint();
    cpSync(this.#folder, backup, { recursive: true });
    return async () => {
      await this.#close();
      rmSync(this.#folder, { recursive: true });
      cpSync(backup, this.#folder, { recursive: true });
      rmSync(backup, { recursive: true });
      this.store = openStore(this.#folder);
      await this.#open();
    };
  }

  async stop(): Promise<void> {
    await this.#close();
    rmSync(this.#folder, { recursive: true });
  }

  give(message: object, key = this.macKey, kind: 'journal' | 'alarm' = 'journal'): Promise<void> {
    const topic = stationTopic(this.station, kind);
    return this.ingest.take({ topic, payload: seal(key, message), retained: false });
  }

  /** Taps at these minutes, that come when the last of them is over. */
  tapsAt(...minutes: number[]): Promise<void> {
    const past = new Past(this);
    for (const minute of minutes.toSorted((a, b) => a - b)) past.checkIn(reading(minute));
    this.nowMs = Math.max(this.nowMs, startMs + (Math.max(...minutes) + 1) * minuteMs);
    return this.give(past.message(1, minutes.length, (this.nowMs - startMs) / minuteMs));
  }

  async balances(): Promise<{ volunteer: number; sum: number }> {
    const accounts = await this.store.db
      .selectFrom('account')
      .select(['volunteer_id', 'balance'])
      .execute();
    const own = accounts.find(({ volunteer_id }) => volunteer_id === this.volunteer);
    return {
      volunteer: own?.balance ?? 0,
      sum: accounts.reduce((sum, { balance }) => sum + balance, 0),
    };
  }

  async journalRows(): Promise<number> {
    return (await this.store.db.selectFrom('journal').select('id').execute()).length;
  }

  /** What waits to be told, in order. */
  async outgoing() {
    return (await this.outgoingByRow()).flat();
  }

  /** The same, as the transactions have written it. */
  async outgoingByRow() {
    const rows = await this.store.db.selectFrom('outbox').selectAll().orderBy('id').execute();
    return rows.map(toldBy);
  }

  async #open(): Promise<void> {
    const directory = new StationDirectory(this.store.db);
    await directory.refresh();
    this.#ingest = new Ingest({
      store: this.store,
      directory,
      bus: {
        publish: async (_topic, payload) => {
          const message = decodeHubMessage(this.macKey, payload);
          if (message.ok && message.value.kind === 'receipt') this.receipts.push(message.value);
        },
      },
      presence: { heard: (station) => void this.heard.push(station), take: async () => undefined },
      onCommitted: () => {},
      meter: {
        refused: (reason) => this.refused.push(reason),
        committed: () => {},
        receipted: () => {},
      },
      now: () => this.nowMs,
      arrivals: setImmediate,
      dayOf,
      log: createLog('test', 'silent'),
      ...(this.#anewAtOnceMax === undefined ? {} : { anewAtOnceMax: this.#anewAtOnceMax }),
    });
    await this.#ingest.resume();
  }

  async #close(): Promise<void> {
    await this.#ingest?.stop();
    await this.store.close();
  }
}

export const reading = (minute: number, more: object = {}) => ({
  ...{ wallMs: startMs + minute * minuteMs, monoMs: minute * minuteMs },
  ...{ boot: 'boot-1', synced: true },
  ...more,
});

/** A station's lane, as its journal would hold it. */
export class Past {
  readonly texts: string[] = [];
  readonly hashes: string[];
  readonly epoch: string;
  readonly #hub: Pick<IngestHub, 'station' | 'card'>;
  readonly #lane: Lane;

  constructor(
    hub: Pick<IngestHub, 'station' | 'card'>,
    lane: Lane = 'routine',
    epoch: string = newEpoch(),
  ) {
    this.#hub = hub;
    this.#lane = lane;
    this.epoch = epoch;
    this.hashes = [genesisHash(epoch, lane)];
  }

  /** The same past up to now: what a copied memory card would go on from. */
  copy(): Past {
    const copy = new Past(this.#hub, this.#lane, this.epoch);
    copy.texts.push(...this.texts);
    copy.hashes.splice(0, 1, ...this.hashes);
    return copy;
  }

  add(minute: number, draft: object, at: object = reading(minute)): this {
    const seq = this.texts.length + 1;
    const text = entryText({ seq, at, ...draft });
    this.texts.push(text);
    this.hashes.push(chainHash(this.hashes.at(-1) ?? '', text));
    return this;
  }

  checkIns(...minutes: number[]): this {
    for (const minute of minutes) this.checkIn(reading(minute));
    return this;
  }

  checkIn(at: object): this {
    return this.add(0, { type: 'check-in', card: this.#hub.card }, at);
  }

  /** The message that carries entries `from` through `through`; another `sentMinute` makes other bytes. */
  message(from: number, through: number, sentMinute = 119, more: object = {}): object {
    return {
      v: 1,
      station: this.#hub.station,
      kind: this.#lane === 'alarm' ? 'alarm' : 'journal',
      epoch: this.epoch,
      sent: reading(sentMinute),
      oldest: 1,
      previous: this.hashes[from - 1],
      entries: this.texts.slice(from - 1, through).map((text): unknown => JSON.parse(text)),
      ...more,
    };
  }
}
