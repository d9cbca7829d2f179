import { join } from 'node:path';
import type { Restored } from '../domain/state.ts';
import { Journal, type JournalOptions } from './journal.ts';
import { isDamage } from './journal-failure.ts';
import { type JournalFiles, journalFileName } from './journal-files.ts';
import { reading } from './reading.ts';

export const damagedPrefix = 'journal.damaged-';
/** A sound journal whose past the hub knows otherwise: kept for whoever has to find out why. */
export const retiredPrefix = 'journal.retired-';
/** A journal that is about to take the place of another. */
const nextName = 'journal.next.db';

/** SQLite's companion files go along: a WAL without its database could not be read. */
const companions = ['-wal', '-shm'];
const companionOfAside = /^(journal\.(?:damaged|retired)-.*\.db)-(?:wal|shm)$/;

export interface SuccessionOptions extends JournalOptions {
  /** Wall clock, for the names of the files that are set aside. */
  readonly now?: () => number;
}

/**
 * How one journal takes the place of another: the next is written, the old one's companion files get
 * their new names, then the old one itself, and last the next one. Each step is on disk before the
 * following one, so a power cut falls behind one of them, and `finish` goes on from there. The old
 * database moves after its companions: SQLite would take a WAL that was left behind for the next
 * journal's own.
 */
export class Succession {
  readonly #folder: string;
  readonly #files: JournalFiles;
  readonly #options: SuccessionOptions;

  constructor(folder: string, files: JournalFiles, options: SuccessionOptions) {
    this.#folder = folder;
    this.#files = files;
    this.#options = options;
  }

  /**
   * Sets the journal aside, which nobody may have open, and puts an empty one in its place.
   * @param latched the alarms that the next one has to know from its first moment
   * @param note goes into the name of the file that is set aside
   * @throws Error when the disk fails; `finish` goes on then too
   */
  setAside(prefix: string, latched: Restored['latched'], note = ''): void {
    this.#prepareNext(latched);
    const time = new Date((this.#options.now ?? Date.now)()).toISOString();
    const present = this.#files.names(this.#folder);
    // Without a battery clock a unit lives through the same moment of 1970 again and again.
    let aside = `${prefix}${time.replaceAll(/[:.]/g, '-')}${note}.db`;
    while (present.some((name) => name.startsWith(aside))) {
      aside = aside.replace(/\.db$/, '-again.db');
    }
    this.#moveTo(aside, present);
  }

  /** Goes on where a power cut, or a disk that failed, has left it. */
  finish(): void {
    const present = this.#files.names(this.#folder);
    if (!present.includes(nextName)) return;
    if (!present.includes(journalFileName)) {
      this.#rename(nextName, journalFileName);
      return;
    }
    const asides = present.map((name) => companionOfAside.exec(name)?.[1]);
    const begun = asides.find((aside) => aside !== undefined && !present.includes(aside));
    if (begun !== undefined) this.#moveTo(begun, present);
  }

  #moveTo(aside: string, present: readonly string[]): void {
    for (const suffix of [...companions, '']) {
      const from = `${journalFileName}${suffix}`;
      if (present.includes(from)) this.#rename(from, `${aside}${suffix}`);
    }
    this.#rename(nextName, journalFileName);
  }

  #rename(from: string, to: string): void {
    this.#files.rename(this.#folder, [{ from, to }]);
  }

  /**
   * One that was prepared and never used will do, unless it is damaged: nothing was ever entered into
   * it, so another is as good.
   */
  #prepareNext(latched: Restored['latched']): void {
    try {
      this.#writeNext(latched);
    } catch (error) {
      if (!isDamage(error)) throw error;
      const names = ['', ...companions].map((suffix) => `${nextName}${suffix}`);
      this.#files.remove(this.#folder, names);
      this.#writeNext(latched);
    }
  }

  #writeNext(latched: Restored['latched']): void {
    const file = join(this.#folder, nextName);
    const next = reading('the next journal', () => new Journal(file, this.#options));
    try {
      next.keepLatched(latched);
    } finally {
      next.close();
    }
  }
}
