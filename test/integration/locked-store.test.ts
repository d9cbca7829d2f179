import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { IngestHub, Past } from '../support/ingest-hub.ts';

/** Longer than the store itself waits for a lock. */
const heldMs = 6_000;

let hub: IngestHub;
let writer: BetterSqlite.Database;
beforeEach(async () => {
  hub = await IngestHub.start();
  writer = new BetterSqlite(hub.file);
});
afterEach(async () => {
  writer.close();
  await hub.stop();
});

it('what arrives while another process holds the lock waits for it, and is receipted then', async () => {
  writer.exec('BEGIN IMMEDIATE');
  setTimeout(() => writer.exec('ROLLBACK'), heldMs);
  const past = new Past(hub).checkIns(0);
  const alarm = new Past(hub, 'alarm').add(1, { type: 'alarm', gesture: 'hold' });
  const both = [hub.give(past.message(1, 1)), hub.give(alarm.message(1, 1), hub.macKey, 'alarm')];
  await Promise.all(both);
  expect(hub.receipts).toHaveLength(2);
  expect(await hub.journalRows()).toBe(2);
}, 30_000);

it('a hub that stops waits for no lock longer than its store does', async () => {
  writer.exec('BEGIN IMMEDIATE');
  const given = hub.give(new Past(hub).checkIns(0).message(1, 1));
  const failed = expect(given).rejects.toThrow('locked');
  await hub.ingest.stop();
  await failed;
  writer.exec('ROLLBACK');
  expect(await hub.journalRows()).toBe(0);
}, 30_000);
