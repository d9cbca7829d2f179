import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileAgainAfterMs } from '../../device/brain.ts';
import { diskFiles, type JournalFiles } from '../../device/journal/journal-files.ts';
import { systemTimers, type Timers } from '../../shared/timers.ts';
import { latchedAlarmsMax } from '../../shared/wire/limits.ts';
import { eventually } from '../support/eventually.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { LoneStation, macKey } from '../support/lone-station.ts';
import { ModelHub } from '../support/model-hub.ts';

let folder: string;
let hub: ModelHub;
let station: LoneStation;
let skewMs = 0;
const timers: Timers = { ...systemTimers, now: () => systemTimers.now() + skewMs };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yizhan-broken-'));
  hub = new ModelHub(macKey);
  skewMs = 0;
});
afterEach(async () => {
  await station.stop();
  rmSync(folder, { recursive: true });
});

const begin = (files: JournalFiles = diskFiles): void => {
  station = new LoneStation(folder, hub, { files, timers });
  station.brain.dispatch({ type: 'started', version: 'test' });
};
const times = (count: number, what: () => void): void => {
  for (let done = 0; done < count; done += 1) what();
};
const asFile = (change: (db: Database.Database) => void): void => {
  const db = new Database(join(folder, 'journal.db'));
  change(db);
  db.close();
};
/** Stops the station, changes its file without SQLite noticing anything wrong, and starts it again. */
async function restartWith(sql: string): Promise<void> {
  await station.stop();
  asFile((db) => expect(db.prepare(sql).run().changes).toBeGreaterThan(0));
  begin();
}
const damaged = () => readdirSync(folder).filter((name) => /damaged.*\.db$/.test(name));
const alarm = { type: 'append-again', draft: { type: 'alarm', gesture: 'hold' } } as const;
const at = { wallMs: 1_767_225_600_000, monoMs: 5, boot: 'boot-1', synced: true };
const alarmsAtHub = (): number =>
  hub.epochs.reduce((sum, epoch) => sum + hub.committed(epoch, 'alarm').length, 0);
const latched = () => station.brain.state.alarms.map(({ phase }) => phase);

const truncateTap =
  "UPDATE entry SET text = substr(text, 1, 20) WHERE lane = 'routine' AND seq = 2";

describe('an entry that cannot be read', () => {
  it('holds up no alarm: its file is set aside, and the station goes on in another', async () => {
    begin();
    times(3, () => station.tap());
    const { epoch } = station.keeper.journal;
    await restartWith(truncateTap);
    expect(station.keeper.journal.epoch).toBe(epoch);
    await station.connect();
    await eventually('another epoch', () => station.keeper.journal.epoch !== epoch);
    station.callForHelp();
    await eventually('the alarm is stored', () => station.light === 'alarm-stored');
    station.tap();
    const next = station.keeper.journal.epoch;
    await eventually('the tap is there', () =>
      hub.committed(next, 'routine').some((text) => text.includes('check-in')),
    );
    const told = hub.committed(next, 'routine').find((text) => text.includes('fault')) ?? '';
    expect(told).toContain('entries were not delivered: a damaged journal was set aside');
    expect(damaged()).toEqual([expect.stringMatching(/-\d-undelivered\.db$/)]);
  });

  it('also when only the hub asks for it: what a receipt is held against ends no connection', async () => {
    const disk = new FaultyDisk();
    begin(disk.files);
    await station.connect();
    station.tap();
    const { epoch } = station.keeper.journal;
    disk.fault = (sql) => (sql.includes('AND seq = ?') ? 'SQLITE_CORRUPT' : undefined);
    await eventually('another epoch', () => station.keeper.journal.epoch !== epoch);
    disk.fault = () => undefined;
    station.callForHelp();
    await eventually('the alarm is stored', () => station.light === 'alarm-stored');
  });
});

describe('a file that is sound to SQLite, and nothing to start from', () => {
  it.each([
    ['latches', "INSERT OR REPLACE INTO meta VALUES ('latched', '[{]')"],
    ['latches of another kind', "INSERT OR REPLACE INTO meta VALUES ('latched', '[{}]')"],
    ['an alarm', "UPDATE entry SET text = '{' WHERE lane = 'alarm' AND seq = 1"],
    ['the newest alarm', "UPDATE entry SET text = text || ' ' WHERE lane = 'alarm' AND seq = 2"],
  ])('(%s) is set aside, and its alarms are raised anew', async (_name, sql) => {
    begin();
    station.brain.dispatch(alarm);
    station.brain.dispatch(alarm);
    await restartWith(sql);
    expect(damaged()).toEqual([expect.stringContaining('-3-undelivered')]);
    expect(latched()).toEqual(['sending', 'sending']);
    await station.connect();
    await eventually('both are stored', () => latched().every((phase) => phase === 'stored'));
    expect(alarmsAtHub()).toBe(2);
  });

  it('keeps no more alarms latched than its presence can name, and none back that is undelivered', async () => {
    begin();
    const { journal } = station.keeper;
    const { epoch } = journal;
    const key = (seq: number) => ({ epoch, seq });
    const kept = Array.from({ length: latchedAlarmsMax }, (_, index) => key(index + 1));
    times(latchedAlarmsMax + 2, () => journal.append('alarm', alarm.draft, at));
    journal.keepCursor('alarm', latchedAlarmsMax);
    journal.keepLatched(kept.map((of) => ({ key: of, phase: 'stored' as const, mistake: false })));
    await station.stop();
    begin();
    expect(station.brain.state.alarms.map(({ key: { seq } }) => seq)).toEqual(
      Array.from({ length: latchedAlarmsMax }, (_, index) => index + 3),
    );
    await station.stop();
    asFile((db) => db.exec('UPDATE cursor SET committed = 0'));
    asFile((db) => db.exec("DELETE FROM meta WHERE key = 'latched'"));
    begin();
    expect(latched()).toHaveLength(latchedAlarmsMax + 2);
    await station.connect();
    await eventually('all are there', () => alarmsAtHub() === latchedAlarmsMax + 2);
  });
});

describe('a disk that takes no more', () => {
  it('and lets nothing be set aside either: the alarm goes out from memory', async () => {
    const disk = new FaultyDisk();
    begin(disk.files);
    await station.connect();
    disk.fault = (sql) => (sql.startsWith('INSERT') ? 'SQLITE_IOERR_WRITE' : undefined);
    disk.renames = false;
    station.callForHelp();
    expect(station.keeper.durable).toBe(false);
    await eventually('the alarm is stored', () => station.light === 'alarm-stored');
    expect(alarmsAtHub()).toBe(1);
  });

  it('is tried again: taps are taken then, and no alarm is at the hub twice', async () => {
    const disk = new FaultyDisk();
    begin(disk.files);
    station.tap();
    const { epoch } = station.keeper.journal;
    await station.connect();
    await eventually('the tap is there', () => hub.committed(epoch, 'routine').length === 2);
    disk.fault = (sql) => (sql.startsWith('INSERT') ? 'SQLITE_FULL' : undefined);
    station.callForHelp();
    await eventually('the alarm is stored', () => station.light === 'alarm-stored');
    const memory = station.keeper.journal.epoch;

    laterBy(fileAgainAfterMs);
    expect(station.keeper.durable, 'a disk that is still full').toBe(false);
    disk.fault = () => undefined;
    laterBy(fileAgainAfterMs - 1_000);
    expect(station.keeper.durable, 'too soon after the last try').toBe(false);
    laterBy(1_001);
    expect(station.keeper.durable).toBe(true);
    expect(station.keeper.journal.epoch).toBe(epoch);
    expect(station.light).toBe('alarm-stored');
    station.tap();
    await eventually(
      'both taps are there',
      () =>
        hub.committed(epoch, 'routine').filter((text) => text.includes('check-in')).length === 2,
    );
    expect(hub.committed(memory, 'alarm')).toHaveLength(1);
    expect(alarmsAtHub()).toBe(1);
    await station.stop();
    begin();
    expect(station.brain.state.alarms.map(({ key }) => key.epoch)).toEqual([memory]);
  });

  it('gets an alarm that nobody was sent, once it takes something again', async () => {
    const disk = new FaultyDisk();
    begin(disk.files);
    disk.fault = (sql) => (sql.startsWith('INSERT') ? 'SQLITE_FULL' : undefined);
    station.callForHelp();
    disk.fault = () => undefined;
    laterBy(fileAgainAfterMs);
    expect(station.keeper.durable).toBe(true);
    expect(station.keeper.journal.last('alarm')).toBe(1);
    await station.connect();
    await eventually('the alarm is stored', () => station.light === 'alarm-stored');
    expect(alarmsAtHub()).toBe(1);
  });

  it('waits with an alarm that was sent until the hub has answered for it', async () => {
    const disk = new FaultyDisk();
    begin(disk.files);
    await station.connect();
    const { answer } = hub;
    hub.answer = () => {};
    disk.fault = (sql) => (sql.startsWith('INSERT') ? 'SQLITE_FULL' : undefined);
    station.callForHelp();
    await eventually('the alarm is there', () => alarmsAtHub() === 1);
    disk.fault = () => undefined;
    laterBy(fileAgainAfterMs);
    expect(station.keeper.durable).toBe(false);
    hub.answer = answer;
    laterBy(fileAgainAfterMs);
    await eventually('the alarm is stored', () => station.light === 'alarm-stored');
    laterBy(fileAgainAfterMs);
    expect(station.keeper.durable).toBe(true);
    expect(alarmsAtHub()).toBe(1);
  });

  it('forgets no alarm whose latch it could not keep, whatever the hub has received', async () => {
    const disk = new FaultyDisk();
    begin(disk.files);
    await station.connect();
    disk.fault = (sql) => (sql.includes('INTO meta') ? 'SQLITE_FULL' : undefined);
    station.callForHelp();
    await eventually('the alarm is stored', () => station.light === 'alarm-stored');
    await station.stop();
    begin();
    expect(latched()).toHaveLength(1);
  });
});

/** Lets time pass, and the station notice it. */
function laterBy(ms: number): void {
  skewMs += ms;
  station.brain.dispatch({ type: 'tick' });
}
