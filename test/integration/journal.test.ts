import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../device/journal/journal.ts';
import { diskFiles } from '../../device/journal/journal-files.ts';
import { JournalKeeper } from '../../device/journal/journal-keeper.ts';
import { chainHash, genesisHash } from '../../shared/wire/entry.ts';

const at = { wallMs: 1_767_225_600_000, monoMs: 5, boot: 'boot-1', synced: true };
const checkIn = { type: 'check-in', card: 'a'.repeat(32) } as const;
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yizhan-journal-'));
  file = join(folder, 'journal.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the journal', () => {
  it('numbers each lane without gaps, chains it, and finds all of it again', () => {
    const first = new Journal(file);
    const { epoch } = first;
    first.append('routine', checkIn, at);
    const second = first.append('routine', checkIn, at);
    expect(first.append('alarm', { type: 'alarm', gesture: 'hold' }, at).seq).toBe(1);
    first.close();

    const again = new Journal(file);
    expect(again.epoch).toBe(epoch);
    expect(again.last('routine')).toBe(2);
    const entries = again.read('routine', 1, 10);
    const hashes = entries.reduce(
      (hash, { text }) => chainHash(hash, text),
      genesisHash(epoch, 'routine'),
    );
    expect(hashes).toBe(second.hash);
    expect(again.append('routine', checkIn, at).seq).toBe(3);
    again.close();
  });

  it('syncs each entry: SQLite runs with WAL and FULL', () => {
    let handle: Database.Database | undefined;
    const open = (name: string) => {
      handle = diskFiles.open(name);
      return handle;
    };
    const journal = new Journal(file, { files: { open } });
    journal.append('routine', checkIn, at);
    // 2 is FULL (sqlite.org/pragma.html#pragma_synchronous).
    expect(handle?.pragma('synchronous', { simple: true })).toBe(2);
    expect(handle?.pragma('journal_mode', { simple: true })).toBe('wal');
    journal.close();
  });

  it('is readable by its owner alone', () => {
    new Journal(file).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('brings back cursors and latched alarms, and latches an alarm whose latch was lost', () => {
    const journal = new Journal(file);
    const { epoch } = journal;
    journal.append('alarm', { type: 'alarm', gesture: 'hold' }, at);
    journal.append('alarm', { type: 'alarm', gesture: 'triple-press' }, at);
    journal.keepCursor('alarm', 1);
    const key = { epoch, seq: 1 };
    journal.keepLatched([{ key, phase: 'stored', mistake: false }]);
    journal.keepHold('called');
    expect(journal.restore()).toEqual({
      epoch,
      hold: 'called',
      lanes: { alarm: { last: 2, committed: 1 }, routine: { last: 0, committed: 0 } },
      latched: [
        { key, phase: 'stored', mistake: false },
        { key: { epoch, seq: 2 }, phase: 'sending', mistake: false },
      ],
    });
    journal.close();
  });

  it('latches no test, whether the hub has it or not: after a restart nothing speaks of it', () => {
    const journal = new Journal(file);
    journal.append('alarm', { type: 'test', by: 'unit' }, at);
    journal.close();
    const later = new Journal(file);
    expect(later.restore().latched).toEqual([]);
    expect(later.last('alarm')).toBe(1);
    later.close();
  });

  it('refuses a file whose newest entry was changed', () => {
    const journal = new Journal(file);
    journal.append('routine', checkIn, at);
    journal.close();
    const db = new Database(file);
    db.exec("UPDATE entry SET text = replace(text, 'aaaa', 'bbbb')");
    db.close();
    expect(() => new Journal(file)).toThrow(/hash chain of the routine lane is broken/);
  });
});

describe('a damaged journal', () => {
  it.each([
    [
      'garbage',
      () => writeFileSync(file, 'not a database, but long enough to look like a file'.repeat(50)),
    ],
    ['overwritten pages', () => overwriteMiddle(file)],
  ])('(%s) is set aside whole, told of, and followed by a new epoch', (_name, damage) => {
    const before = new Journal(file);
    const { epoch } = before;
    for (let count = 0; count < 50; count += 1) before.append('routine', checkIn, at);
    before.close();
    damage();
    const damaged = readFileSync(file);

    const keeper = new JournalKeeper(folder);
    expect(keeper.journal.epoch).not.toBe(epoch);
    expect(keeper.durable).toBe(true);
    expect(keeper.trouble).toMatch(/set aside \(journal\.damaged-/);
    const [aside] = keeper.damagedFiles();
    expect(readFileSync(join(folder, aside ?? ''))).toEqual(damaged);
    expect(keeper.journal.append('alarm', { type: 'alarm', gesture: 'hold' }, at).seq).toBe(1);
    keeper.close();

    const later = new JournalKeeper(folder);
    expect(later.trouble).toMatch(/set aside/);
    expect(readdirSync(folder).filter((name) => name.startsWith('journal.damaged-'))).toHaveLength(
      1,
    );
    later.close();
  });

  it('at run time is replaced too, and an error of another kind is not taken for damage', () => {
    const keeper = new JournalKeeper(folder);
    const { epoch } = keeper.journal;
    expect(keeper.replaceIfDamaged(new Error('something else'))).toBe(false);
    const corrupt = Object.assign(new Error('malformed'), { code: 'SQLITE_CORRUPT' });
    expect(keeper.replaceIfDamaged(corrupt)).toBe(true);
    expect(keeper.journal.epoch).not.toBe(epoch);
    keeper.close();
  });

  it('leaves its calls for help to the next one, and no test', () => {
    const keeper = new JournalKeeper(folder);
    keeper.journal.append('alarm', { type: 'test', by: 'unit' }, at);
    keeper.journal.append('alarm', { type: 'alarm', gesture: 'hold' }, at);
    keeper.journal.append('alarm', { type: 'mistake', alarm: 2 }, at);
    const { epoch } = keeper.journal;
    const corrupt = Object.assign(new Error('malformed'), { code: 'SQLITE_CORRUPT' });
    expect(keeper.replaceIfDamaged(corrupt)).toBe(true);
    expect(keeper.journal.restore().latched.map(({ key }) => key)).toEqual([{ epoch, seq: 2 }]);
    keeper.close();
  });

  it('is never written over by the next one, also when the clock shows the same moment', () => {
    for (const content of ['garbage one', 'garbage two']) {
      writeFileSync(file, content.repeat(500));
      new JournalKeeper(folder, { now: () => 5_000 }).close();
    }
    const keeper = new JournalKeeper(folder);
    expect(keeper.damagedFiles()).toHaveLength(2);
    keeper.close();
  });

  it('is not what a full disk makes of a sound one: that is there again once there is room', () => {
    const before = new JournalKeeper(folder);
    const { epoch } = before.journal;
    before.journal.append('alarm', { type: 'alarm', gesture: 'hold' }, at);
    before.close();
    const full = (name: string) => {
      if (name === ':memory:') return diskFiles.open(name);
      throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
    };
    const during = new JournalKeeper(folder, { files: { ...diskFiles, open: full } });
    expect(during.durable).toBe(false);
    expect(during.damagedFiles()).toEqual([]);
    during.close();

    const later = new JournalKeeper(folder);
    expect(later.journal.epoch).toBe(epoch);
    expect(later.journal.restore().latched).toHaveLength(1);
    later.close();
  });

  it('that cannot even be replaced leaves a journal in memory, which takes alarms', () => {
    const blocked = join(folder, 'a-file');
    writeFileSync(blocked, '');
    chmodSync(blocked, 0o600);
    const keeper = new JournalKeeper(join(blocked, 'below-a-file'));
    expect(keeper.durable).toBe(false);
    expect(keeper.trouble).toMatch(/cannot be written/);
    expect(keeper.journal.append('alarm', { type: 'alarm', gesture: 'hold' }, at).seq).toBe(1);
    keeper.close();
  });
});

function overwriteMiddle(path: string): void {
  const bytes = readFileSync(path);
  bytes.fill(0x5a, 4096, bytes.length);
  writeFileSync(path, bytes);
}
