import { z } from 'zod';
import { type Bus, BusOffline } from '../../shared/bus/bus.ts';
import type { Log } from '../../shared/log.ts';
import { encodeMessage } from '../../shared/wire/codec.ts';
import {
  type AlarmKey,
  type AlarmState,
  commandMessageSchema,
} from '../../shared/wire/messages.ts';
import { type FeedKind, feedTopic, stationTopic } from '../../shared/wire/topics.ts';
import type { StationDirectory } from '../ingest/station-directory.ts';
import type { Db, Trx } from '../store/schema.ts';

/** Published between two moves of the cursor: what may be published twice after a crash. */
const batchMax = 100;

/** What every message on the feed says; the rest is by kind. Names no card token. */
export interface FeedBody {
  readonly station?: string;
  readonly stationName?: string;
  readonly [detail: string]: unknown;
}

/** Puts a message for people on the feed, together with what it tells of: both are committed, or neither. */
export async function toFeed(trx: Trx, kind: FeedKind, atMs: number, body: FeedBody) {
  const text = JSON.stringify({ at: new Date(atMs).toISOString(), ...body });
  await trx
    .insertInto('outbox')
    .values({ topic: feedTopic(kind), station: null, body: text })
    .execute();
}

/** Tells a station what became of one of its alarms, once this transaction is committed. */
export async function toStation(trx: Trx, station: string, alarm: AlarmKey, state: AlarmState) {
  const command = { name: 'alarm-state', alarm, state };
  const body = JSON.stringify({ v: 1, station, kind: 'command', command });
  const topic = stationTopic(station, 'command');
  await trx.insertInto('outbox').values({ topic, station, body }).execute();
}

const feedBodySchema = z.looseObject({ at: z.string() });

/** Publishes what transactions have put into the outbox: in order, at least once. */
export class OutboxPublisher {
  readonly #db: Db;
  readonly #bus: Pick<Bus, 'publish'>;
  readonly #directory: StationDirectory;
  readonly #log: Log;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(db: Db, bus: Pick<Bus, 'publish'>, directory: StationDirectory, log: Log) {
    this.#db = db;
    this.#bus = bus;
    this.#directory = directory;
    this.#log = log;
  }

  /** Call after each commit, each reconnection, and when another process has committed. */
  wake(): void {
    this.#again = true;
    if (this.#running !== undefined || this.#stopped) return;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        while (!this.#stopped && (await this.#publishBatch()));
      } catch (error) {
        // Kept in the outbox; the reconnection or the next commit wakes us again.
        if (error instanceof BusOffline) this.#log.debug('outbox waits for the broker');
        else this.#log.error({ err: error }, 'outbox not published');
      }
    }
    this.#running = undefined; // in the same turn as the check above, so that no wake is lost
  }

  /** @returns whether there was anything. A row that is gone is one that was published. */
  async #publishBatch(): Promise<boolean> {
    const rows = await this.#db
      .selectFrom('outbox')
      .selectAll()
      .orderBy('id')
      .limit(batchMax)
      .execute();
    let published = 0;
    try {
      for (const row of rows) {
        await this.#publish(row);
        published = row.id;
      }
    } finally {
      if (published > 0) await this.#moveCursor(published);
    }
    return rows.length > 0;
  }

  async #publish(row: { id: number; topic: string; station: string | null; body: string }) {
    if (row.station === null) {
      const body = feedBodySchema.parse(JSON.parse(row.body));
      const text = JSON.stringify({ v: 1, id: row.id, ...body });
      return this.#bus.publish(row.topic, Buffer.from(text));
    }
    const station = this.#directory.find(row.station);
    if (!station || station.revoked) return; // nobody is left who could read it
    const command = commandMessageSchema.parse(JSON.parse(row.body));
    await this.#bus.publish(row.topic, encodeMessage(station.macKey, command));
  }

  async #moveCursor(through: number): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await trx.deleteFrom('outbox').where('id', '<=', through).execute();
      await trx
        .insertInto('meta')
        .values({ key: 'outbox-published', value: String(through) })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: String(through) }))
        .execute();
    });
  }
}
