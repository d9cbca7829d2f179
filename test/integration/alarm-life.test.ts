import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alarmHistory } from '../../hub/app/alarm-history.ts';
import { dailyClearMigration } from '../../hub/store/migration-daily-clear.ts';
import { unacknowledgedMigration } from '../../hub/store/migration-unacknowledged.ts';
import { migrations } from '../../hub/store/migrations.ts';
import { storeOn } from '../../hub/store/open-store.ts';
import { AlarmDesk, mondayMs } from '../support/alarm-desk.ts';
import { IngestHub, Past, startMs } from '../support/ingest-hub.ts';

let desk: AlarmDesk;
beforeEach(async () => {
  desk = await AlarmDesk.open();
});
afterEach(() => desk.store.close());

const iso = (ms: number): string => new Date(ms).toISOString();

describe('an alarm', () => {
  it('is acknowledged by who is first; later ones are told who and when', async () => {
    const id = await desk.raise();
    desk.nowMs += 42_000;
    await desk.acknowledge(id, 'Operator 1');
    desk.nowMs += 1_000;
    const first = `alarm ${id} was already acknowledged by Operator 1 at ${iso(mondayMs + 42_000)}`;
    await expect(desk.acknowledge(id, 'Operator 2')).rejects.toThrow(first);
    await desk.resolve(id, 'real', 'Operator 2');
    const resolved = `alarm ${id} was already resolved by Operator 2 at ${iso(mondayMs + 43_000)}`;
    desk.nowMs += 1_000;
    await expect(desk.acknowledge(id, 'Operator 3')).rejects.toThrow(resolved);
    await expect(desk.resolve(id, 'false', 'Operator 3')).rejects.toThrow(resolved);
    expect(await desk.store.db.selectFrom('alarm').selectAll().execute()).toMatchObject([
      { acknowledged_by: 'Operator 1', resolved_by: 'Operator 2', cause: 'real' },
    ]);
  });

  it.each(['', ' '])('is moved on by nobody without a name (%j)', async (nobody) => {
    const id = await desk.raise();
    await expect(desk.acknowledge(id, nobody)).rejects.toThrow(/must not be blank/);
    await expect(desk.resolve(id, 'real', nobody)).rejects.toThrow(/must not be blank/);
    expect((await alarmHistory(desk.store, id)).history).toHaveLength(2);
  });

  it('has each step in its history, with the time when it happened', async () => {
    const id = await desk.raise({ raisedMs: mondayMs - 5_000 });
    desk.nowMs += 60_000;
    await desk.resolve(id, 'mistake');
    expect((await alarmHistory(desk.store, id)).history).toMatchObject([
      { event: 'raised', at: iso(mondayMs - 5_000), by: null, detail: 'hold' },
      { event: 'stored', at: iso(mondayMs), by: null, detail: null },
      {
        ...{ event: 'resolved', at: iso(mondayMs + 60_000), by: 'Operator 1' },
        detail: '{"cause":"mistake","note":"tried out"}',
      },
    ]);
    const rows = await desk.store.db.selectFrom('alarm').selectAll().execute();
    expect(rows).toMatchObject([{ acknowledged_ms: null, acknowledged_by: null }]);
    await expect(desk.acknowledge(id)).rejects.toThrow(/was already resolved/);
    await expect(alarmHistory(desk.store, id + 1)).rejects.toThrow(`there is no alarm ${id + 1}`);
  });

  it('that comes from a station has its mark as a mistake there too, when it was made', async () => {
    const hub = await IngestHub.start();
    const past = new Past(hub, 'alarm')
      .add(1, { type: 'alarm', gesture: 'hold' })
      .add(2, { type: 'mistake', alarm: 1 });
    await hub.give(past.message(1, 1), hub.macKey, 'alarm');
    await hub.give(past.message(2, 2), hub.macKey, 'alarm');
    expect((await alarmHistory(hub.store, 1)).history.map(({ event, at }) => [event, at])).toEqual([
      ['raised', iso(startMs + 60_000)],
      ['stored', iso(hub.nowMs)],
      ['path', iso(hub.nowMs)],
      ['mistake', iso(startMs + 120_000)],
    ]);
    await hub.stop();
  });
});

describe('the database', () => {
  it('of an older program learns when its alarms were stored', async () => {
    const sqlite = new BetterSqlite(':memory:');
    const before = migrations.slice(0, migrations.indexOf(dailyClearMigration));
    for (const sql of before) sqlite.exec(sql);
    sqlite.pragma(`user_version = ${before.length}`);
    sqlite.exec(`
      INSERT INTO station (id, name, mac_key, mqtt_password_hash, created_at)
        VALUES ('st', 'Station 1', '', '', 0);
      INSERT INTO alarm (id, station, epoch, seq, raised_ms, stored_ms) VALUES (7, 'st', 'ep', 1, 10, 20);
      INSERT INTO alarm_event (alarm_id, at, event, detail) VALUES (7, 20, 'raised', 'hold');
    `);
    const store = storeOn(sqlite);
    expect((await alarmHistory(store, 7)).history).toMatchObject([
      { event: 'raised' },
      { event: 'stored', at: iso(20) },
    ]);
    await store.close();
  });

  it('of an older program learns which alarms were resolved unacknowledged', async () => {
    const sqlite = new BetterSqlite(':memory:');
    const before = migrations.slice(0, migrations.indexOf(unacknowledgedMigration));
    for (const sql of before) sqlite.exec(sql);
    sqlite.pragma(`user_version = ${before.length}`);
    const columns = 'id, station, epoch, seq, raised_ms, stored_ms';
    const life = 'acknowledged_ms, acknowledged_by, resolved_ms, resolved_by';
    sqlite.exec(`
      INSERT INTO station (id, name, mac_key, mqtt_password_hash, created_at)
        VALUES ('st', 'Station 1', '', '', 0);
      INSERT INTO alarm (${columns}, ${life}) VALUES
        (1, 'st', 'ep', 1, 10, 20, 50, 'Operator 1', 50, 'Operator 1'),
        (2, 'st', 'ep', 2, 10, 20, 40, 'Operator 1', 50, 'Operator 1'),
        (3, 'st', 'ep', 3, 10, 20, 50, 'Operator 1', 50, 'Operator 1'),
        (4, 'st', 'ep', 4, 10, 20, 50, 'Operator 1', NULL, NULL);
      INSERT INTO operator_action (at, by, action, subject, detail)
        VALUES (50, 'Operator 1', 'alarm acknowledged', '3', '{}');
    `);
    const store = storeOn(sqlite);
    const rows = await store.db.selectFrom('alarm').select('acknowledged_ms').execute();
    expect(rows.map(({ acknowledged_ms }) => acknowledged_ms)).toEqual([null, 40, 50, 50]);
    expect(() => sqlite.exec('UPDATE alarm SET acknowledged_ms = 1 WHERE id = 1')).toThrow(/never/);
    expect(() => sqlite.exec('UPDATE alarm SET acknowledged_ms = 1 WHERE id = 2')).toThrow(/never/);
    await store.close();
  });

  /** One alarm that has gone the whole way, with the events of it, and a closed day. */
  const wholeLife = async (): Promise<number> => {
    const id = await desk.raise({ marked: true });
    await desk.acknowledge(id);
    await desk.resolve(id);
    const open = await desk.raise();
    desk.nowMs += 24 * 3_600_000;
    const closed = await desk.close('2026-03-02', [
      { subject: `alarm:${open}`, reason: 'the police are there' },
    ]);
    expect(closed.state).toBe('closed');
    return id;
  };

  it.each([
    'DELETE FROM alarm',
    'DELETE FROM alarm_event',
    'DELETE FROM operator_action',
    'DELETE FROM day_close',
    'DELETE FROM day_carry',
    'DELETE FROM day_cleared',
  ])('lets nobody do this: %s', async (statement) => {
    await wholeLife();
    expect(() => desk.sqlite.exec(statement)).toThrow(/never deleted/);
  });

  it.each([
    ["UPDATE alarm SET station = 'st-00000000'"],
    ['UPDATE alarm SET raised_ms = raised_ms + 1'],
    ['UPDATE alarm SET stored_ms = stored_ms + 1'],
    ['UPDATE alarm SET acknowledged_ms = NULL, acknowledged_by = NULL'],
    ["UPDATE alarm SET acknowledged_by = 'Operator 2'"],
    ['UPDATE alarm SET resolved_ms = NULL'],
    ["UPDATE alarm SET resolved_by = 'Operator 2'"],
    ["UPDATE alarm SET cause = 'test'"],
    ["UPDATE alarm SET note = 'another'"],
    ['UPDATE alarm SET mistake_ms = NULL'],
    ["UPDATE alarm_event SET by = 'Operator 2'"],
    ["UPDATE day_close SET by = 'Operator 2'"],
    ["UPDATE day_carry SET reason = 'another'"],
    ["UPDATE day_cleared SET day = '2026-03-03'"],
  ])('takes no step back: %s', async (statement) => {
    await wholeLife();
    expect(() => desk.sqlite.exec(statement)).toThrow(/never changed/);
  });

  it('lets nobody put another alarm in the place of one', async () => {
    await wholeLife();
    const replace = `INSERT OR REPLACE INTO alarm (id, station, epoch, seq, raised_ms, stored_ms)
      SELECT id, station, epoch, seq, raised_ms, stored_ms FROM alarm`;
    expect(() => desk.sqlite.exec(replace)).toThrow(/never deleted/);
  });

  it('clears no alarm that nobody resolved, and closes days once and in order', async () => {
    await wholeLife();
    const clear = "INSERT INTO day_cleared (subject, day) VALUES ('alarm:2', '2026-03-02')";
    expect(() => desk.sqlite.exec(clear)).toThrow(/only a resolved alarm/);
    for (const day of ['2026-03-01', '2026-03-02']) {
      const close = `INSERT INTO day_close VALUES ('${day}', 'Chief 2', 1, '{}')`;
      expect(() => desk.sqlite.exec(close)).toThrow(/in order/);
    }
  });
});
