import { setTimeout } from 'node:timers/promises';
import type BetterSqlite from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  SqliteDialect,
  SqliteDriver,
} from 'kysely';
import { isBusy } from '../../shared/busy.ts';

/**
 * How long a write waits for another process (the CLI beside a running hub) to finish its own. The longest
 * that any holds the lock on purpose is a second, for a list of volunteers.
 */
export const busyTimeoutMs = 5_000;
/** Less than the least pause between two slices of long work (`Pace`), so that one never misses it. */
const busyPauseMs = 5;

/**
 * Every transaction takes the write lock at once. A deferred one that reads first fails with
 * SQLITE_BUSY, without waiting, when another process writes in between (SQLite, "Isolation"). Whoever
 * waits for the lock holds up only who needs the store: the process goes on meanwhile.
 */
export class ImmediateDialect extends SqliteDialect {
  readonly #database: BetterSqlite.Database;
  constructor(database: BetterSqlite.Database) {
    super({ database });
    this.#database = database;
  }
  override createDriver(): Driver {
    return new ImmediateDriver(this.#database);
  }
}

class ImmediateDriver extends SqliteDriver {
  readonly #database: BetterSqlite.Database;
  constructor(database: BetterSqlite.Database) {
    super({ database });
    this.#database = database;
  }
  override async acquireConnection(): Promise<DatabaseConnection> {
    return new PatientConnection(await super.acquireConnection(), this.#database);
  }
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
  /** After a full disk SQLite has rolled back by itself; to do it again would hide why (SQLite, "ROLLBACK"). */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.inTransaction) await super.rollbackTransaction(connection);
  }
}

/**
 * SQLite's own way of waiting for a lock sleeps in the only thread that there is. What may have to wait,
 * the beginning of a transaction and what is outside of any, is tried without it, and tried again.
 */
class PatientConnection implements DatabaseConnection {
  readonly #inner: DatabaseConnection;
  readonly #database: BetterSqlite.Database;
  constructor(inner: DatabaseConnection, database: BetterSqlite.Database) {
    this.#inner = inner;
    this.#database = database;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#database.inTransaction) return this.#inner.executeQuery<R>(query);
    const untilMs = performance.now() + busyTimeoutMs;
    for (;;) {
      try {
        return await this.#atOnce(() => this.#inner.executeQuery<R>(query));
      } catch (error) {
        if (!isBusy(error) || performance.now() >= untilMs) throw error;
        await setTimeout(busyPauseMs);
      }
    }
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#inner.streamQuery<R>(query, chunkSize);
  }

  /** @param run does what it does before it returns */
  #atOnce<T>(run: () => T): T {
    this.#database.pragma('busy_timeout = 0');
    try {
      return run();
    } finally {
      this.#database.pragma(`busy_timeout = ${busyTimeoutMs}`);
    }
  }
}
