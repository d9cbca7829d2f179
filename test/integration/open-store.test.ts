import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { showDay } from '../../hub/app/daily-clear.ts';
import { openStore, storeFileName, storeOn } from '../../hub/store/open-store.ts';

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
