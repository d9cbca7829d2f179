import { type Bus, BusOffline } from '../../shared/bus/bus.ts';
import type { Log } from '../../shared/log.ts';
import { systemTimers, type Timers } from '../../shared/timers.ts';
import { encodeMessage } from '../../shared/wire/codec.ts';
import { feedTopic } from '../../shared/wire/topics.ts';
import type { StationDirectory } from '../ingest/station-directory.ts';
import type { Db } from '../store/schema.ts';
import { type Readable, sortOut } from './outgoing.ts';

/** Rows read at a time: bounds memory after a long absence of the broker. */
const rowsMax = 100;
/** After a failure that no reconnection will tell of, it is tried again by itself. */
const retryAfterMs = 1_000;
/** What was published is removed so often: a commit of its own for each row would cost more than the row. */
const removeEveryMs = 200;

const alarmTopic = feedTopic('alarm');

interface Row {
  readonly id: number;
  readonly messages: string;
}

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
  /** A broker that comes and goes begins the wait anew each time. */
  #endHold: () => void = () => {};
  /** Ids up to here are published; after a crash those of the last moment are published again. */
  #publishedId = 0;
  /** Of the rows up to here, what nobody may wait for is published. */
  #urgentId = 0;
  /** Rows that are published as far as they can be read. */
  readonly #asideIds: number[] = [];
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
    if (this.#running !== undefined || this.#stopped) return;
    this.#running = this.#run();
  }

  /**
   * Holds the feed back for so long: whoever followed it when the hub went needs a moment to come back,
   * and a broker tells only who is there. Commands and alarms wait for nobody (DESIGN, promise 4);
   * the alarms are told again afterwards, under the same ids, for those who were not back yet.
   */
  hold(ms: number): void {
    this.#isHeld = true;
    this.#endHold();
    this.#endHold = this.#timers.after(ms, () => {
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
    const isHeld = this.#isHeld;
    const rows = await this.#rowsAfter(isHeld ? this.#urgentId : this.#publishedId);
    for (const row of rows) {
      const unreadable = await this.#publishRow(row, isHeld);
      this.#urgentId = Math.max(this.#urgentId, row.id);
      if (isHeld) continue; // it stays, with the rest of it
      if (unreadable !== undefined) await this.#setAside(row.id, unreadable);
      this.#publishedId = row.id;
      this.#removeSoon(removeEveryMs);
    }
    return rows.length === rowsMax;
  }

  #rowsAfter(id: number): Promise<Row[]> {
    const rows = this.#db.selectFrom('outbox').selectAll().where('id', '>', id);
    return rows.orderBy('id').limit(rowsMax).execute();
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
    const published = this.#db.deleteFrom('outbox').where('id', '<=', this.#publishedId);
    const aside = this.#asideIds;
    await (aside.length === 0 ? published : published.where('id', 'not in', aside)).execute();
  }

  /**
   * Ids say to who hears a message twice that it is the same one, whatever backup the hub is put back to.
   * @returns what of it cannot be read
   */
  async #publishRow({ id, messages }: Row, isHeld: boolean): Promise<string | undefined> {
    const isCommanded = id <= this.#urgentId;
    const { name, readable, unreadable } = sortOut(messages);
    const row = name === undefined ? id : `${id}-${name}`;
    const published = readable.map(async ({ topic, body, index, command }) => {
      if (command !== null) {
        if (!isCommanded) await this.#publishCommand(topic, command);
      } else if (!isHeld || topic === alarmTopic) {
        const said = `{"v":1,"id":"${row}-${index}",${body.slice(1)}`;
        await this.#bus.publish(topic, Buffer.from(said));
      }
    });
    await Promise.all(published);
    return unreadable;
  }

  async #publishCommand(
    topic: string,
    { station, message }: NonNullable<Readable['command']>,
  ): Promise<void> {
    const known = this.#directory.find(station);
    if (!known || known.revoked) return; // nobody is left who could read it
    await this.#bus.publish(topic, encodeMessage(known.macKey, message));
  }

  /** It stays in the outbox, without what has been told, for whoever looks; each start of a hub tries it again. */
  async #setAside(id: number, messages: string): Promise<void> {
    this.#log.error({ outbox: id }, 'a message in the outbox cannot be read: it is set aside');
    await this.#db.updateTable('outbox').set({ messages }).where('id', '=', id).execute();
    this.#asideIds.push(id);
  }
}
