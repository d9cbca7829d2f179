import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../device/journal/journal.ts';
import { JournalKeeper } from '../../device/journal/journal-keeper.ts';
import { checkReceipt } from '../../device/journal/receipt-check.ts';
import { cleanUpEntriesMax, cleanUpOnce } from '../../device/journal/retention.ts';
import { eventually } from '../support/eventually.ts';
import { LoneStation, macKey } from '../support/lone-station.ts';
import { ModelHub } from '../support/model-hub.ts';

const dayMs = 86_400_000;
const startMs = 1_767_225_600_000;
const at = { wallMs: startMs, monoMs: 5, boot: 'boot-1', synced: true };
const checkIn = { type: 'check-in', card: 'a'.repeat(32) } as const;
const limits = { keepMs: 30 * dayMs, entriesMax: 1000 };
let folder: string;
let file: string;
let journal: Journal;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yizhan-retention-'));
  file = join(folder, 'journal.db');
  journal = new Journal(file);
});
afterEach(() => {
  journal.close();
  rmSync(folder, { recursive: true });
});

const append = (count: number): void => {
  for (let done = 0; done < count; done += 1) journal.append('routine', checkIn, at);
};
const cleanUp = (day: number): number => journal.cleanUp(startMs + day * dayMs, limits);

function reopen(): void {
  journal.close();
  journal = new Journal(file);
}

describe('delivered entries', () => {
  it('stay for 30 days after their delivery, whatever their own clock says', () => {
    append(10);
    expect(cleanUp(100)).toBe(0);
    journal.keepCursor('routine', 8);
    expect(cleanUp(101)).toBe(0);
    expect(cleanUp(130)).toBe(0);
    expect(cleanUp(131)).toBe(8);
    expect(journal.read('routine', 1, 20).map(({ seq }) => seq)).toEqual([9, 10]);
    expect(journal.oldest('routine')).toBe(9);
  });

  it('never take one along that is not delivered, nor the newest', () => {
    append(10);
    journal.keepCursor('routine', 10);
    cleanUp(0);
    append(5);
    expect(cleanUp(30)).toBe(10);
    journal.keepCursor('routine', 15);
    cleanUp(31);
    cleanUp(62);
    expect(journal.read('routine', 1, 20).map(({ seq }) => seq)).toEqual([15]);
    expect(journal.last('routine')).toBe(15);
    reopen();
    expect(journal.append('routine', checkIn, at).seq).toBe(16);
  });

  it('count as undelivered again when the hub came back with less', () => {
    append(10);
    journal.keepCursor('routine', 9);
    cleanUp(0);
    journal.keepCursor('routine', 3);
    expect(cleanUp(40)).toBe(0);
    journal.keepCursor('routine', 9);
    expect(cleanUp(41)).toBe(0);
    expect(cleanUp(71)).toBe(9);
  });

  it('are deleted a few at a time', () => {
    append(10);
    journal.keepCursor('routine', 9);
    cleanUp(0);
    const few = () => journal.cleanUp(startMs + 31 * dayMs, { ...limits, entriesMax: 4 });
    expect([few(), few(), few(), few()]).toEqual([4, 4, 1, 0]);
  });

  it('are not dated by a clock that ran ahead', () => {
    append(10);
    journal.keepCursor('routine', 9);
    cleanUp(5000);
    cleanUp(0);
    expect(cleanUp(29)).toBe(0);
    expect(cleanUp(30)).toBe(9);
  });
});

describe('a lane whose beginning was deleted', () => {
  beforeEach(() => {
    append(60);
    journal.keepCursor('routine', 50);
    cleanUp(0);
  });

  it('keeps the hash that its oldest entry is chained to, over a restart', () => {
    const [before] = journal.read('routine', 50, 50);
    expect(cleanUp(30)).toBe(50);
    expect(journal.hashBefore('routine', 51)).toBe(before?.hash);
    reopen();
    expect(journal.oldest('routine')).toBe(51);
    expect(journal.hashBefore('routine', 51)).toBe(before?.hash);
    expect(journal.restore().lanes.routine).toEqual({ last: 60, committed: 50 });
    expect(() => journal.hashBefore('routine', 50)).toThrow('nothing stands before entry 50');
  });

  it('gives a hub that lost more all that is still here', () => {
    const [old, edge] = journal.read('routine', 49, 50);
    cleanUp(30);
    const check = (through: number, hash = '') =>
      checkReceipt(journal, { lane: 'routine', through, hash });
    expect(check(49, old?.hash)).toEqual({ past: 'same', through: 50 });
    expect(check(50, edge?.hash)).toEqual({ past: 'same', through: 50 });
    expect(check(50, 'f'.repeat(64))).toEqual({ past: 'other', through: 51 });
  });

  it('is damaged when it does not begin there', () => {
    cleanUp(30);
    journal.close();
    const db = new Database(file);
    db.exec("DELETE FROM entry WHERE seq = 51 AND lane = 'routine'");
    db.close();
    expect(() => new Journal(file)).toThrow('the routine lane begins at 52, not at 51');
    journal = new Journal(':memory:');
  });

  it('is delivered to a hub that knows nothing of it', async () => {
    cleanUp(30);
    const { epoch } = journal;
    journal.close();
    const hub = new ModelHub(macKey);
    const station = new LoneStation(folder, hub);
    await station.connect();
    await eventually('the hub has the lane', () => hub.committed(epoch, 'routine').length === 60);
    await station.stop();
    journal = new Journal(file);
  });
});

describe('the hourly clean-up', () => {
  it('does nothing by a clock that nobody vouches for', () => {
    append(3);
    journal.keepCursor('routine', 3);
    journal.close();
    const keeper = new JournalKeeper(folder);
    const log = pino({ level: 'silent' });
    const run = (day: number, synced: boolean) =>
      cleanUpOnce({
        ...{ keeper, log, keepDays: 30 },
        clock: { read: () => ({ ...at, wallMs: startMs + day * dayMs, synced }) },
      });
    expect([run(0, false), run(30, true), run(61, false), run(61, true)]).toEqual([0, 0, 0, 2]);
    expect(cleanUpEntriesMax).toBeGreaterThanOrEqual(1000);
    keeper.close();
    journal = new Journal(file);
  });
});
