import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../device/journal/journal.ts';
import { diskFiles, type JournalFiles } from '../../device/journal/journal-files.ts';
import { JournalKeeper } from '../../device/journal/journal-keeper.ts';

const at = { wallMs: 1_767_225_600_000, monoMs: 5, boot: 'boot-1', synced: true };
const checkIn = { type: 'check-in', card: 'a'.repeat(32) } as const;
let home: string;
let folder: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'yizhan-succession-'));
  folder = join(home, 'unit');
});
afterEach(() => rmSync(home, { recursive: true }));

/** A disk whose power goes before the rename with this number, and stays away. */
class CutDisk {
  isCut = false;
  #left: number;

  constructor(renamesBefore: number) {
    this.#left = renamesBefore;
  }

  readonly files: JournalFiles = {
    open: (file) => this.#powered(() => diskFiles.open(file)),
    makeFolder: (of) => this.#powered(() => diskFiles.makeFolder(of)),
    isWritable: (of) => !this.isCut && diskFiles.isWritable(of),
    names: (of) => this.#powered(() => diskFiles.names(of)),
    rename: (of, names) => {
      for (const name of names) {
        if (this.#left === 0) this.isCut = true;
        this.#left -= 1;
        this.#powered(() => diskFiles.rename(of, [name]));
      }
    },
    remove: (of, names) => this.#powered(() => diskFiles.remove(of, names)),
  };

  #powered<T>(act: () => T): T {
    if (this.isCut) throw new Error('the power is gone');
    return act();
  }
}

const corrupt = Object.assign(new Error('malformed'), { code: 'SQLITE_CORRUPT' });
const ways = [
  ['damaged', (keeper: JournalKeeper) => keeper.replaceIfDamaged(corrupt)],
  ['retired', (keeper: JournalKeeper) => keeper.retire()],
] as const;

/** Lets the power go before a rename, and leaves what the disk holds then in another folder. */
function cutBefore(renames: number, leave: (keeper: JournalKeeper) => unknown) {
  const [before, after] = [join(home, `before-${renames}`), join(home, `after-${renames}`)];
  const disk = new CutDisk(renames);
  const keeper = new JournalKeeper(before, { files: disk.files });
  const { journal } = keeper;
  const alarm = { epoch: journal.epoch, seq: 1 };
  journal.append('alarm', { type: 'alarm', gesture: 'hold' }, at);
  // Once it is at the hub, nothing but the latch knows that it is not resolved.
  journal.keepCursor('alarm', 1);
  journal.keepLatched([{ key: alarm, phase: 'stored', mistake: false }]);
  for (let count = 0; count < 3; count += 1) journal.append('routine', checkIn, at);
  // Whoever looks at the file meanwhile keeps SQLite from putting its log away.
  const onlooker = new Database(join(before, 'journal.db'), { readonly: true });
  onlooker.prepare('SELECT count(*) FROM entry').get();
  try {
    leave(keeper);
  } catch (error) {
    if (!disk.isCut) throw error;
  }
  cpSync(before, after, { recursive: true });
  onlooker.close();
  return { isCut: disk.isCut, after, alarm };
}

/** How many entries lie in the journals of a folder, by epoch, and in no epoch twice. */
function entriesIn(of: string): Map<string, number> {
  const names = readdirSync(of).filter((name) => name.endsWith('.db'));
  const found = names.map((name): [string, number] => {
    const journal = new Journal(join(of, name));
    const entries = journal.read('alarm', 1, 9).length + journal.read('routine', 1, 9).length;
    journal.close();
    return [journal.epoch, entries];
  });
  expect(new Set(found.map(([epoch]) => epoch)).size).toBe(found.length);
  return new Map(found);
}

describe('a power cut while one journal takes the place of another', () => {
  it.each(ways)('(%s) loses no entry and ends no alarm, wherever it falls', (_name, leave) => {
    let cuts = 0;
    for (let renames = 0; ; renames += 1) {
      const { isCut, after, alarm } = cutBefore(renames, leave);
      if (!isCut) break;
      cuts += 1;
      const keeper = new JournalKeeper(after);
      expect(keeper.durable).toBe(true);
      const { latched } = keeper.journal.restore();
      expect(latched, `before rename ${renames}`).toMatchObject([{ key: alarm, phase: 'stored' }]);
      // The old journal goes on, or is set aside as a whole.
      if (renames > 0) expect(keeper.journal.epoch).not.toBe(alarm.epoch);
      keeper.close();
      expect(existsSync(join(after, 'journal.next.db')), 'left over').toBe(renames === 0);
      expect(entriesIn(after).get(alarm.epoch), `before rename ${renames}`).toBe(4);
    }
    // The log, its index, the database, and the next one.
    expect(cuts).toBe(4);
  });
});

describe('a next journal that is damaged', () => {
  it('is made anew, also when the journal is damaged too', () => {
    const garbage = 'not a database, but long enough to look like a file'.repeat(50);
    diskFiles.makeFolder(folder);
    for (const name of ['journal.db', 'journal.next.db', 'journal.next.db-wal']) {
      writeFileSync(join(folder, name), garbage);
    }
    const keeper = new JournalKeeper(folder);
    expect(keeper.durable).toBe(true);
    expect(keeper.journal.append('routine', checkIn, at).seq).toBe(1);
    const { epoch } = keeper.journal;
    expect(keeper.damagedFiles()).toHaveLength(1);
    keeper.close();
    const later = new JournalKeeper(folder);
    expect(later.journal.epoch).toBe(epoch);
    later.close();
  });
});
