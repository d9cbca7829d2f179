import { chmodSync, closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { Kysely } from 'kysely';
import { newKey } from '../../shared/ids.ts';
import { makeFolder } from '../../shared/make-folder.ts';
import { busyTimeoutMs, ImmediateDialect } from './immediate-dialect.ts';
import { type IngestStatements, prepareIngest } from './ingest-statements.ts';
import { migrations } from './migrations.ts';
import type { Db, Schema } from './schema.ts';

/**
 * Pages that the log may hold before it is copied into the database, 64 MB. At SQLite's default of
 * 1,000 a flood of check-ins would copy the same pages, and sync twice more, after every other commit.
 */
const checkpointPages = 16_000;
/** The pages that a day's ingest of a district touches again and again stay in memory. */
const cacheKib = 64 * 1024;
export const storeFileName = 'hub.sqlite';

/** The broker's port; the local date of the last nightly work. */
export type Noted = 'mqtt-port' | 'nightly-day';

export interface Store {
  readonly db: Db;
  readonly ingest: IngestStatements;
  /** Changes whenever another connection has committed (SQLite, "PRAGMA data_version"). */
  dataVersion(): number;
  /** The key that turns card UIDs into tokens; made with the store, the same for every station. */
  schemeKey(): Promise<string>;
  /** Keeps a word about this hub for other processes on the same data. */
  note(key: Noted, value: string): Promise<void>;
  recall(key: Noted): Promise<string | undefined>;
  /** Copies the log into the database, so that the file alone holds everything: for a backup. */
  checkpoint(): void;
  close(): Promise<void>;
}

/** The data comes from a later program; running on would harm it. */
export class StoreTooNew extends Error {
  override readonly name = 'StoreTooNew';
}

/** Opens the hub's database in `dataDir`, makes it when there is none, and brings it up to date. */
export function openStore(dataDir: string): Store {
  makeFolder(dataDir);
  const file = join(dataDir, storeFileName);
  closeSync(openSync(file, 'a', 0o600)); // before SQLite makes it with the umask's mode
  chmodSync(file, 0o600);
  return storeOn(new BetterSqlite(file));
}

/** The store on an open database, which it closes when it fails. */
export function storeOn(sqlite: BetterSqlite.Database, makeKey: () => string = newKey): Store {
  try {
    prepare(sqlite, makeKey);
  } catch (error) {
    sqlite.close();
    throw error;
  }
  const db = new Kysely<Schema>({ dialect: new ImmediateDialect(sqlite) });
  return {
    db,
    ingest: prepareIngest(db, sqlite),
    dataVersion: () => Number(sqlite.pragma('data_version', { simple: true })),
    schemeKey: () => schemeKeyOf(db),
    note: (key, value) => note(db, key, value),
    recall: (key) => recall(db, key),
    checkpoint: () => void sqlite.pragma('wal_checkpoint(TRUNCATE)'),
    close: () => db.destroy(),
  };
}

function prepare(sqlite: BetterSqlite.Database, makeKey: () => string): void {
  sqlite.pragma(`busy_timeout = ${busyTimeoutMs}`);
  sqlite.pragma('journal_mode = WAL');
  // FULL: a commit is on disk before anybody hears of it, also when the power fails (SQLite, "PRAGMA synchronous").
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma(`wal_autocheckpoint = ${checkpointPages}`);
  sqlite.pragma(`cache_size = -${cacheKib}`);
  // What a row was before it was changed or deleted is overwritten in its page, which is written anyway
  // (SQLite, "PRAGMA secure_delete"): else names that were changed would outlive an erasure in the file.
  sqlite.pragma('secure_delete = FAST');
  // Without it, REPLACE deletes rows past the triggers that forbid it (SQLite, "ON CONFLICT clause").
  sqlite.pragma('recursive_triggers = ON');
  if (!isUpToDate(sqlite)) bringUpToDate(sqlite, makeKey);
  sqlite.pragma('foreign_keys = ON');
}

/** Whoever only reads is not to wait for the lock of who writes. */
const isUpToDate = (sqlite: BetterSqlite.Database): boolean =>
  Number(sqlite.pragma('user_version', { simple: true })) === migrations.length &&
  sqlite.prepare("SELECT 1 FROM meta WHERE key = 'scheme-key'").get() !== undefined;

function bringUpToDate(sqlite: BetterSqlite.Database, makeKey: () => string): void {
  // A table that others refer to can only be replaced while they are not enforced (SQLite, "ALTER TABLE").
  sqlite.pragma('foreign_keys = OFF');
  sqlite.transaction(() => migrate(sqlite, makeKey)).immediate();
}

function migrate(sqlite: BetterSqlite.Database, makeKey: () => string): void {
  const applied = Number(sqlite.pragma('user_version', { simple: true }));
  if (applied > migrations.length) {
    throw new StoreTooNew(
      `the database is at version ${applied}, this program knows ${migrations.length}: update it`,
    );
  }
  for (const sql of migrations.slice(applied)) sqlite.exec(sql);
  sqlite.pragma(`user_version = ${migrations.length}`);
  sqlite
    .prepare('INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)')
    .run('scheme-key', makeKey());
}

async function schemeKeyOf(db: Db): Promise<string> {
  const key = await recall(db, 'scheme-key');
  if (key === undefined) throw new Error('the scheme key is not there');
  return key;
}

async function recall(db: Db, key: string): Promise<string | undefined> {
  const query = db.selectFrom('meta').select('value').where('key', '=', key);
  return (await query.executeTakeFirst())?.value;
}

async function note(db: Db, key: string, value: string): Promise<void> {
  await db
    .insertInto('meta')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}
