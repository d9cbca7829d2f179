import { chmodSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { makeFolder } from '../../shared/make-folder.ts';
import { syncFolder } from '../../shared/settings/durable-file.ts';

/** What a journal's file stands for when it lives only as long as the process. */
export const inMemory = ':memory:';

/** The journal in a station's data folder. */
export const journalFileName = 'journal.db';

/** The disk as the journal needs it. All methods throw when the disk fails. */
export interface JournalFiles {
  /** Opens a database file, made when it is missing, for this user alone; or one in memory. */
  open(file: string): Database.Database;
  makeFolder(folder: string): void;
  /** @returns whether files in the folder can be changed; false on a file system that is read-only. */
  isWritable(folder: string): boolean;
  /** @returns the names of the files in the folder; none when there is no folder. */
  names(folder: string): string[];
  /** Renames files within the folder, and returns once that is on disk. */
  rename(folder: string, names: readonly { from: string; to: string }[]): void;
  /** Deletes those of the files that are there. */
  remove(folder: string, names: readonly string[]): void;
}

/** The disk of this machine. */
export const diskFiles: JournalFiles = {
  open(file) {
    const db = new Database(file);
    if (file !== inMemory) chmodSync(file, 0o600);
    return db;
  },
  makeFolder(folder) {
    makeFolder(folder);
  },
  isWritable(folder) {
    // Only writing proves it: ext4 after an error refuses to write, but access(2) still says yes.
    const probe = join(folder, 'journal.probe');
    try {
      writeFileSync(probe, '');
      rmSync(probe);
      return true;
    } catch {
      return false; // read-only, not allowed or gone: for a journal that is the same
    }
  },
  names: (folder) => (existsSync(folder) ? readdirSync(folder) : []),
  rename(folder, names) {
    for (const { from, to } of names) renameSync(join(folder, from), join(folder, to));
    syncFolder(folder);
  },
  remove(folder, names) {
    for (const name of names) rmSync(join(folder, name), { force: true });
  },
};
