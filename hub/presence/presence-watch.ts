import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../../shared/log.ts';
import { systemTimers, type Timers } from '../../shared/timers.ts';
import { lanes } from '../../shared/wire/entry.ts';
import type { HealthMessage, HubMessage, PresenceMessage } from '../../shared/wire/messages.ts';
import { TroubleBook } from '../app/trouble-book.ts';
import {
  afterSaying,
  afterWaiting,
  isReplayed,
  isSilent,
  type PresenceState,
  type StationPresence,
  silenceLookEveryMs,
} from '../domain/presence.ts';
import { afterPresence } from '../domain/trouble.ts';
import { Outgoing } from '../feed/outgoing.ts';
import { raiseAlarm } from '../ingest/alarm-rows.ts';
import { recentAnchors } from '../ingest/boot-anchors.ts';
import { cursorOf } from '../ingest/chain.ts';
import { receiptOf } from '../ingest/commit-group.ts';
import { neighbourCallsFor } from '../ingest/neighbour-rows.ts';
import type { StationDirectory } from '../ingest/station-directory.ts';
import type { Db } from '../store/schema.ts';
import { endedSession, endSession } from './ended-sessions.ts';
import { NeverCame } from './never-came.ts';
import { PartReports } from './part-reports.ts';
import { alarmStateFor, announceEvery, readPresences, writePresence } from './presence-rows.ts';

/** How old the "last heard" in the store may be: it is for people to read, nothing is decided by it. */
const keepHeardEveryMs = 30_000;

export interface PresenceWatchOptions {
  readonly db: Db;
  readonly directory: Pick<StationDirectory, 'inUse' | 'nameOf' | 'silentAfterMs'>;
  readonly send: (message: HubMessage) => void;
  /** Called after each commit: the outbox has something. */
  readonly onCommitted: () => void;
  /** For stations that have none of their own. */
  readonly silentAfterMs: number;
  /** The hub's wall clock, in milliseconds: for what is stored and told. */
  readonly now: () => number;
  /** A monotonic clock, in milliseconds: a jump of the wall clock is nobody's silence. */
  readonly monotonicNow: () => number;
  readonly every?: Timers['every'];
  readonly log: Log;
}

interface Watched {
  readonly presence: StationPresence;
  /** On the monotonic clock. */
  heardMs: number;
  /** A report that is not in the store yet. */
  report: HealthMessage | undefined;
  /** The newest there was. */
  readonly lastReport: HealthMessage | undefined;
}

/** Why a message is not believed. */
export type PresenceRefusal = 'replayed';

/** Knows which stations are there, tells the feed when that changes, and answers what they ask. */
export class PresenceWatch {
  readonly #options: PresenceWatchOptions;
  readonly #stations = new Map<string, Watched>();
  #endSweeps: () => void = () => {};
  #keptMs = 0;
  readonly #parts = new PartReports();
  readonly #neverCame = new NeverCame();
  /** One piece of work at a time, so that none decides by what another is just changing. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: PresenceWatchOptions) {
    this.#options = options;
  }

  /** Reads what was known, and begins to watch. The time that the hub was away is nobody's silence. */
  async start(): Promise<void> {
    const heardMs = this.#options.monotonicNow();
    this.#keptMs = heardMs;
    for (const [station, known] of await readPresences(this.#options.db)) {
      this.#stations.set(station, { ...known, heardMs, report: undefined });
    }
    this.#neverCame.look(this.#options, (station) => this.#stations.has(station), heardMs);
    const every = this.#options.every ?? systemTimers.every;
    this.#endSweeps = every(silenceLookEveryMs, () => {
      this.sweep().catch((error: unknown) =>
        this.#options.log.error({ err: error }, 'presence not written'),
      );
    });
  }

  async stop(): Promise<void> {
    this.#endSweeps();
    await this.#turn;
  }

  /** @returns how many stations stand so. */
  count(state: PresenceState): number {
    const neverCame = state === 'silent' ? this.#neverCame.silent : 0;
    const standing = [...this.#stations.values()].filter(
      ({ presence }) => presence.state === state,
    );
    return standing.length + neverCame;
  }

  /** Something authentic and new came from the station. */
  heard(station: string): void {
    const watched = this.#stations.get(station);
    if (watched) watched.heardMs = this.#options.monotonicNow();
  }

  /**
   * Fulfils when it is in the store, as far as it has to be. Rejects when the store failed.
   * @returns why it is refused, or undefined
   */
  take(message: PresenceMessage | HealthMessage): Promise<PresenceRefusal | undefined> {
    return this.#inTurn(async () => {
      const online = message.kind === 'health' || message.online;
      const { station, session } = message;
      const before = this.#stations.get(station)?.presence;
      const isOther = before !== undefined && before.session !== session;
      const ended = isOther ? await endedSession(this.#options.db, station, session) : undefined;
      if (isReplayed(before, ended, { session, online })) return 'replayed';
      if (message.kind === 'health') return this.#reported(message);
      await this.#said(message);
      if (message.online) await this.#answer(message);
      return undefined;
    });
  }

  /** Finds who fell silent and who is heard again, and writes what waits to be written. */
  sweep(): Promise<void> {
    return this.#inTurn(async () => {
      const { now, monotonicNow, directory } = this.#options;
      const monotonicMs = monotonicNow();
      const isFullKeep = monotonicMs - this.#keptMs >= keepHeardEveryMs;
      const changed = [...this.#stations].flatMap(([station, watched]) => {
        const { presence, heardMs, report } = watched;
        const silentAfterMs = directory.silentAfterMs(station) ?? this.#options.silentAfterMs;
        const next = afterWaiting(presence, isSilent(monotonicMs - heardMs, silentAfterMs), now());
        const isToWrite = next !== presence || report !== undefined || isFullKeep;
        return isToWrite ? [{ station, watched, next }] : [];
      });
      await this.#keep(changed);
      if (isFullKeep) this.#keptMs = monotonicMs;
      await this.#parts.sweep(this.#options, monotonicMs);
      this.#neverCame.look(this.#options, (station) => this.#stations.has(station), monotonicMs);
      await this.#neverCame.sweep(this.#options, monotonicMs);
    });
  }

  /**
   * Reports of one session come in the order of the station's monotonic clock. A new one is written with
   * the next sweep, and proves that the station is there.
   */
  #reported(message: HealthMessage): PresenceRefusal | undefined {
    const watched = this.#stations.get(message.station);
    // A station says its presence first: of a session that is not known, nothing is believed.
    if (watched?.presence.session !== message.session) return undefined;
    const { lastReport: last, presence } = watched;
    if (last?.session === message.session) {
      const isOlder = message.sent.monoMs < last.sent.monoMs;
      if (isOlder || isDeepStrictEqual(message, last)) return 'replayed';
    }
    const heardMs = this.#options.monotonicNow();
    const heard = { presence, heardMs, report: message, lastReport: message };
    this.#stations.set(message.station, heard);
    this.#parts.take(message, heardMs);
    return undefined;
  }

  async #said(message: PresenceMessage): Promise<void> {
    const { station, session } = message;
    const { db, now, monotonicNow } = this.#options;
    const known = this.#stations.get(station);
    const next = afterSaying(known?.presence, message, now());
    if (next === known?.presence) {
      if (next.session !== session) await endSession(db, station, session, { isClosed: true });
      return;
    }
    const none = { presence: next, report: undefined, lastReport: undefined };
    const watched = { ...(known ?? none), heardMs: monotonicNow() };
    await this.#keep([{ station, watched, next, isNew: known === undefined }]);
  }

  /** Stores how stations stand and tells the feed what is new of it; believed only once it is committed. */
  async #keep(
    changes: readonly {
      station: string;
      watched: Watched;
      next: StationPresence;
      isNew?: boolean;
    }[],
  ): Promise<void> {
    if (changes.length === 0) return;
    const { db, directory, now, monotonicNow, onCommitted } = this.#options;
    const written = changes.map((change) => ({ ...change, report: change.watched.report }));
    await db.transaction().execute(async (trx) => {
      const outgoing = new Outgoing();
      for (const { station, watched, next, isNew = false, report } of written) {
        const heardMs = Math.round(now() - (monotonicNow() - watched.heardMs));
        const health = report === undefined ? {} : { health: report };
        await writePresence(trx, station, { presence: next, heardMs, ...health });
        const { session, state } = watched.presence;
        if (session !== next.session) {
          await endSession(trx, station, session, { isClosed: state === 'offline' });
        }
        if (!isNew && next.state === watched.presence.state) continue;
        const stationName = directory.nameOf(station);
        outgoing.toFeed('station', now(), { station, stationName, state: next.state });
        const book = new TroubleBook(trx, outgoing, now());
        for (const news of afterPresence(station, next.state)) await book.take(news, next.sinceMs);
      }
      await outgoing.store(trx);
    });
    for (const { station, watched, next, report } of written) {
      const waiting = watched.report === report ? undefined : watched.report;
      this.#stations.set(station, { ...watched, presence: next, report: waiting });
    }
    onCommitted();
  }

  /**
   * How far each lane is, and what became of the station's alarms and of its neighbours'. An alarm of
   * its own that the hub does not know is raised: its entry may still be on its way, or be lost to a hub
   * that came back from a backup, and somebody stands there who was told that the call for help is stored.
   */
  async #answer({ station, epoch, latched }: PresenceMessage): Promise<void> {
    const { db, directory, now, send, onCommitted } = this.#options;
    const answers = await db.transaction().execute(async (trx) => {
      const outgoing = new Outgoing();
      const nowMs = now();
      const work = { trx, outgoing, nowMs, nameOf: (id: string) => directory.nameOf(id) };
      const list: HubMessage[] = [];
      for (const lane of lanes) {
        const key = { station, epoch, lane };
        // A receipt may have been lost with what it said of a boot: it is said again.
        const boots = lane === 'routine' ? await recentAnchors(trx, station) : [];
        list.push(receiptOf(key, await cursorOf(trx, key), [], boots));
      }
      for (const alarm of latched) {
        let command = await alarmStateFor(trx, station, alarm);
        if (command === undefined) {
          await raiseAlarm(work, { station, ...alarm, raisedMs: nowMs, how: 'latched' });
          command = await alarmStateFor(trx, station, alarm);
        }
        if (command) list.push(command);
      }
      const silentAfterMs = directory.silentAfterMs(station);
      if (silentAfterMs !== undefined) list.push(announceEvery(station, silentAfterMs));
      list.push(...(await neighbourCallsFor(trx, station, nowMs)));
      await outgoing.store(trx);
      return list;
    });
    for (const answer of answers) send(answer);
    if (latched.length > 0) onCommitted();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    // The caller hears of it; the next in turn goes on.
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }
}
