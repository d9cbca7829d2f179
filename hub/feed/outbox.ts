import { type Bus, BusOffline } from '../../shared/bus/bus.ts';
import type { Log } from '../../shared/log.ts';
import { systemTimers, type Timers } from '../../shared/timers.ts';
import { encodeMessage } from '../../shared/wire/codec.ts';
import { commandMessageSchema } from '../../shared/wire/messages.ts';
import type { StationDirectory } from '../ingest/station-directory.ts';
import type { Db } from '../store/schema.ts';
import { outgoingSchema } from './outgoing.ts';

/** Rows read at a time: bounds memory after a long absence of the broker. */
const rowsMax = 100;
/** After a failure that no reconnection will tell of, it is tried again by itself. */
const retryAfterMs = 1_000;
/** What was published is removed so often: a commit of its own for each row would cost more than the row. */
const removeEveryMs = 200;

/** Publishes what transactions have put into the outbox: in order, at least once. */
export class OutboxPublisher {
  readonly #db: Db;
  readonly #bus: Pick<Bus, 'publish'>;
  readonly #directory: Pick<StationDirectory, 'find'>;
  readonly #log: Log;
  readonly #timers: Pick<Timers, 'after'>;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #isHeld = false;
  /** Ids up to here are published; after a crash those of the last moment are published again. */
  #publishedId = 0;
  #callOffRemoval: (() => void) | undefined;

  constructor(
    db: Db,
    bus: Pick<Bus, 'publish'>,
    directory: Pick<StationDirectory, 'find'>,
    log: Log,
    timers: Pick<Timers, 'after'> = systemTimers,
  ) {
    this.#db = db;
    this.#bus = bus;
    this.#directory = directory;
    this.#log = log;
    this.#timers = timers;
  }

  /** Call after each commit, each reconnection, and when another process has committed. */
  wake(): void {
    this.#again = true;
    if (this.#running !== undefined || this.#stopped || this.#isHeld) return;
    this.#running = this.#run();
  }

  /**
   * Publishes nothing for so long: whoever followed the feed when the hub went needs a moment to come
   * back, and a broker tells only who is there.
   */
  hold(ms: number): void {
    this.#isHeld = true;
    this.#timers.after(ms, () => {
      this.#isHeld = false;
      this.wake();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    this.#callOffRemoval?.();
    await this.#remove();
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        while (!this.#stopped && (await this.#publishBatch()));
      } catch (error) {
        // Kept in the outbox; the reconnection or the next commit wakes us again.
        if (error instanceof BusOffline) this.#log.debug('outbox waits for the broker');
        else {
          this.#log.error({ err: error }, 'outbox not published');
          this.#timers.after(retryAfterMs, () => this.wake());
        }
      }
    }
    this.#running = undefined; // in the same turn as the check above, so that no wake is lost
  }

  /** @returns whether there may be more. */
  async #publishBatch(): Promise<boolean> {
    const rows = await this.#db
      .selectFrom('outbox')
      .selectAll()
      .where('id', '>', this.#publishedId)
      .orderBy('id')
      .limit(rowsMax)
      .execute();
    for (const row of rows) {
      await this.#publishRow(row);
      this.#publishedId = row.id;
      this.#removeSoon(removeEveryMs);
    }
    return rows.length === rowsMax;
  }

  async #removeLater(): Promise<void> {
    this.#callOffRemoval = undefined;
    try {
      await this.#remove();
    } catch (error) {
      this.#log.error({ err: error }, 'what was published stays in the outbox');
      if (!this.#stopped) this.#removeSoon(retryAfterMs);
    }
  }

  #removeSoon(ms: number): void {
    this.#callOffRemoval ??= this.#timers.after(ms, () => void this.#removeLater());
  }

  async #remove(): Promise<void> {
    await this.#db.deleteFrom('outbox').where('id', '<=', this.#publishedId).execute();
  }

  /** Ids say to who hears a message twice that it is the same one. */
  async #publishRow({ id, messages }: { id: number; messages: string }): Promise<void> {
    const outgoing = outgoingSchema.parse(JSON.parse(messages));
    const published = outgoing.map(({ topic, station, body }, index) => {
      if (station !== null) return this.#publishCommand(topic, station, body);
      const text = JSON.stringify({ v: 1, id: `${id}-${index}`, ...body });
      return this.#bus.publish(topic, Buffer.from(text));
    });
    await Promise.all(published);
  }

  async #publishCommand(topic: string, station: string, body: object): Promise<void> {
    const known = this.#directory.find(station);
    if (!known || known.revoked) return; // nobody is left who could read it
    await this.#bus.publish(topic, encodeMessage(known.macKey, commandMessageSchema.parse(body)));
  }
}
