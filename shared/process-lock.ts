import { join } from 'node:path';
import Database from 'better-sqlite3';
import { isBusy } from './busy.ts';
import { makeFolder } from './make-folder.ts';

/** The folder is in use by another process. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
  constructor(folder: string, what: string) {
    super(`${folder} is in use: another ${what} runs on it`);
  }
}

/**
 * Keeps a second process of the same kind off a data folder. The lock is SQLite's on a file of its
 * own (fcntl(2)), so it goes with the process however that ends, and leaves nothing stale behind.
 * @param what for whom it is asked, such as `hub`; one lock each
 * @returns a function that gives it back; who lets go of it lets go of the lock, when it is collected
 * @throws FolderInUse; or the system's error when the folder cannot be used
 */
export function lockFolder(folder: string, what: string): () => void {
  makeFolder(folder);
  const lock = new Database(join(folder, `${what}.lock`), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw isBusy(error) ? new FolderInUse(folder, what) : error;
  }
  return () => lock.close();
}

/** @returns whether a process of that kind runs on the folder now. */
export function isInUse(folder: string, what: string): boolean {
  try {
    lockFolder(folder, what)();
    return false;
  } catch (error) {
    if (error instanceof FolderInUse) return true;
    throw error;
  }
}
