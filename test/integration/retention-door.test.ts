import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IngestHub } from '../support/ingest-hub.ts';
import { april, march, RetentionScene } from '../support/retention-scene.ts';

let hub: IngestHub;
let scene: RetentionScene;
beforeEach(async () => {
  hub = await IngestHub.start();
  scene = new RetentionScene(hub);
});
afterEach(() => hub.stop());

describe('the database itself', () => {
  const open = (beforeDay: string, month: string, then: string, close = true) => {
    const sqlite = new BetterSqlite(hub.file);
    sqlite.pragma('foreign_keys = ON');
    const run = sqlite.transaction(() => {
      sqlite
        .prepare("INSERT INTO retention_run (before_day, by, at) VALUES (?, 'x', 0)")
        .run(beforeDay);
      sqlite
        .prepare(
          'INSERT INTO retention_slice (run_id, volunteer_id, month, open) VALUES (1, ?, ?, 1)',
        )
        .run(hub.volunteer, month);
      sqlite.exec(then);
      if (close) sqlite.exec('UPDATE retention_slice SET open = NULL');
    });
    try {
      run();
    } finally {
      sqlite.close();
    }
  };
  const ofMarch = 'DELETE FROM transfer WHERE id = 1';

  beforeEach(() => scene.give([march, april]));

  it('lets go of no transfer but in an open slice', async () => {
    await expect(hub.store.db.deleteFrom('transfer').execute()).rejects.toThrow('never deleted');
  });

  it.each([
    ['of a day that stays', '2026-03-01', '2026-03', ofMarch],
    ['of another month', '2026-05-01', '2026-04', ofMarch],
    [
      'that stands for many',
      '2026-05-01',
      '2026-03',
      "DELETE FROM transfer WHERE code <> 'check-in'",
    ],
  ])('lets go of none %s', async (what, beforeDay, month, then) => {
    if (what === 'that stands for many') {
      await hub.store.db
        .insertInto('transfer')
        .values({
          ...{ reference: 'x', debit: 'scheme:expired', credit: 'scheme:corrections', amount: 1 },
          ...{ code: 'check-ins-summed', at: 0, check_in_id: null, reason: '{}' },
        })
        .execute();
    }
    expect(() => open(beforeDay, month, then)).toThrow('a transfer is never deleted');
  });

  it('does not commit a slice that is open', () => {
    expect(() => open('2026-04-01', '2026-03', 'SELECT 1', false)).toThrow('FOREIGN KEY');
    expect(() =>
      open('2026-04-01', '2026-03', 'INSERT INTO retention_door VALUES (1)', false),
    ).toThrow('never left open');
  });

  it('lets no closed slice be opened again, and no run be changed', async () => {
    await scene.remove();
    const { db } = hub.store;
    await expect(db.updateTable('retention_slice').set({ open: 1 }).execute()).rejects.toThrow(
      'closed once',
    );
    await expect(db.deleteFrom('retention_slice').execute()).rejects.toThrow('never');
    await expect(db.updateTable('retention_run').set({ by: 'y' }).execute()).rejects.toThrow(
      'never',
    );
    await expect(db.deleteFrom('retention_run').execute()).rejects.toThrow('never');
    await expect(
      db.updateTable('journal').set({ emptied_by: 1 }).where('seq', '=', 2).execute(),
    ).rejects.toThrow('open slice');
  });
});
