import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../../shared/settings/durable-file.ts';
import { Journal } from './journal.ts';

const fileName = 'journal.db';
const damagedPrefix = 'journal.damaged-';

/** What SQLite says of a file that will not get better by trying again (sqlite.org/rescode.html). */
const damageCodes = ['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_IOERR'];

/** A disk that damages one file after another is not worth a fourth. */
const replacementsMax = 3;

/**
 * Keeps a journal at hand whatever the disk does. A damaged file is set aside, never deleted, and
 * another begun (with a new epoch). When no file can be written at all, alarms still go into a
 * journal in memory: `durable` is then false, and nothing else is taken.
 */
export class JournalKeeper {
  readonly #folder: string;
  #journal: Journal;
  #trouble: string | undefined;
  #durable = true;
  #replacements = 0;

  /** @param folder made when it is missing */
  constructor(folder: string) {
    this.#folder = folder;
    this.#journal = this.#open();
  }

  get journal(): Journal {
    return this.#journal;
  }

  get durable(): boolean {
    return this.#durable;
  }

  /** @returns what is wrong with the journal, in a line for the technician, or undefined. */
  get trouble(): string | undefined {
    if (this.#trouble !== undefined) return this.#trouble;
    const aside = this.damagedFiles();
    if (aside.length === 0) return undefined;
    return `a damaged journal was set aside (${aside.join(', ')}): give it to the operator, then move it away`;
  }

  /** @returns the damaged journals that still lie in the folder. */
  damagedFiles(): string[] {
    const names = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    return names.filter((name) => name.startsWith(damagedPrefix) && name.endsWith('.db')).sort();
  }

  /** Sets the journal aside after a failure at run time when the file is at fault. @returns whether it did. */
  replaceIfDamaged(error: unknown): boolean {
    if (!isDamage(error) || !this.#durable || this.#replacements >= replacementsMax) return false;
    this.#replacements += 1;
    this.#journal.close();
    this.#setAside();
    this.#journal = this.#open();
    return true;
  }

  /** The last resort for an alarm: a journal that lives in memory only. */
  goOnInMemory(reason: string): void {
    this.#trouble = `the journal cannot be written (${reason}): alarms are sent, taps are refused`;
    this.#durable = false;
    this.#journal = new Journal(':memory:');
  }

  close(): void {
    this.#journal.close();
  }

  #open(): Journal {
    const file = join(this.#folder, fileName);
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      return new Journal(file);
    } catch (error) {
      return this.#openAnother(file, error);
    }
  }

  #openAnother(file: string, first: unknown): Journal {
    try {
      if (existsSync(file)) this.#setAside();
      return new Journal(file);
    } catch (second) {
      this.#durable = false;
      this.#trouble = `the journal cannot be written (${reasonOf(second ?? first)}): alarms are sent, taps are refused`;
      return new Journal(':memory:');
    }
  }

  /** SQLite's companion files go along: a WAL without its database could not be read any more. */
  #setAside(): void {
    const aside = `${damagedPrefix}${new Date().toISOString().replaceAll(/[:.]/g, '-')}.db`;
    for (const suffix of ['', '-wal', '-shm']) {
      const from = join(this.#folder, `${fileName}${suffix}`);
      if (existsSync(from)) renameSync(from, join(this.#folder, `${aside}${suffix}`));
    }
    syncFolder(this.#folder);
  }
}

export const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return damageCodes.some((damage) => code.startsWith(damage));
}
