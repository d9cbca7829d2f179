import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { showDay } from '../../hub/app/daily-clear.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { openStore, type Store, storeFileName, storeOn } from '../../hub/store/open-store.ts';
import { mendable } from '../../shared/command-line.ts';

it("the hub's store syncs each commit: SQLite runs with WAL and FULL on its connection", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'yizhan-store-'));
  const sqlite = new BetterSqlite(join(folder, storeFileName));
  const store = storeOn(sqlite);
  // 2 is FULL (sqlite.org/pragma.html#pragma_synchronous).
  expect(sqlite.pragma('synchronous', { simple: true })).toBe(2);
  expect(sqlite.pragma('journal_mode', { simple: true })).toBe('wal');
  await store.close();
  rmSync(folder, { recursive: true });
});

it('showing a day holds up nobody, and waits for nobody who writes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'yizhan-store-'));
  const store = openStore(folder);
  const writer = new BetterSqlite(join(folder, storeFileName));
  writer.exec('BEGIN IMMEDIATE');
  const nowMs = Date.parse('2026-03-03T00:00:00Z');
  const day = await showDay(store, { day: '2026-03-02', timeZone: 'Asia/Shanghai', nowMs });
  expect(day.state).toBe('closable');
  writer.exec('ROLLBACK');
  writer.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

describe('while another process holds the write lock', () => {
  let folder: string;
  let store: Store;
  let writer: BetterSqlite.Database;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-store-'));
    store = openStore(folder);
    writer = new BetterSqlite(join(folder, storeFileName));
    writer.exec('BEGIN IMMEDIATE');
  });
  afterEach(async () => {
    writer.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it('a store that is up to date is opened, and read', async () => {
    const other = openStore(folder);
    expect(await other.schemeKey()).toBe(await store.schemeKey());
    await other.close();
  });

  it.each([
    ['a transaction', () => addVolunteer(store, 'Volunteer 1', 'test')],
    ['a write outside of any', () => store.note('mqtt-port', '1')],
  ])('%s waits, and the process goes on', async (_what, write) => {
    const done: string[] = [];
    const written = write().then(() => done.push('written'));
    await setTimeout(50);
    done.push('went on');
    writer.exec('ROLLBACK');
    await written;
    expect(done).toEqual(['went on', 'written']);
  });

  it('a write that waited in vain fails with what its caller can mend', async () => {
    const failed = await store.note('mqtt-port', '1').catch((error: unknown) => error);
    expect(mendable(failed)).toMatch(/^the database is in use: .*Try again in a moment$/);
  });
});
