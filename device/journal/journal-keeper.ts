import { join } from 'node:path';
import type { Restored } from '../domain/state.ts';
import { AlarmReserve } from './alarm-reserve.ts';
import { Journal, type JournalOptions } from './journal.ts';
import { isDamage, isDiskFull, reasonOf } from './journal-failure.ts';
import { diskFiles, inMemory, type JournalFiles, journalFileName } from './journal-files.ts';
import { reading } from './reading.ts';
import { salvage } from './salvage.ts';
import { damagedPrefix, retiredPrefix, Succession } from './succession.ts';

/** A disk that damages one file after another is not worth a fourth. */
const replacementsMax = 3;

export interface JournalKeeperOptions extends JournalOptions {
  readonly files?: JournalFiles;
  /** What is given up when an alarm meets a full disk. */
  readonly reserve?: Pick<AlarmReserve, 'giveUp'>;
  /** Wall clock, for the names of damaged files. */
  readonly now?: () => number;
}

/**
 * Keeps a journal at hand whatever the disk does. A damaged file is set aside, never deleted, and
 * another begun (with a new epoch). When no file can be written at all, alarms still go into a
 * journal in memory: `durable` is then false, and nothing else is taken.
 */
export class JournalKeeper {
  readonly #folder: string;
  readonly #options: JournalKeeperOptions;
  readonly #files: JournalFiles;
  readonly #reserve: Pick<AlarmReserve, 'giveUp'>;
  readonly #succession: Succession;
  #journal: Journal;
  #trouble: string | undefined;
  #durable = true;
  #replacements = 0;
  /** Of a damaged file, for the journal that comes next. */
  #salvaged: Restored['latched'] = [];

  /** @param folder made when it is missing */
  constructor(folder: string, options: JournalKeeperOptions = {}) {
    this.#folder = folder;
    this.#options = options;
    this.#files = options.files ?? diskFiles;
    this.#reserve = options.reserve ?? new AlarmReserve(folder);
    this.#succession = new Succession(folder, this.#files, options);
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
    // First, because an entry has room for the beginning of a long line only.
    const undelivered = aside.map(undeliveredOf).reduce((sum, count) => sum + count, 0);
    const lost = undelivered > 0 ? `${undelivered} entries were not delivered: ` : '';
    return `${lost}a damaged journal was set aside (${aside.join(', ')}): give it to the operator, then move it away`;
  }

  /** @returns the damaged journals that still lie in the folder. */
  damagedFiles(): string[] {
    return this.#files
      .names(this.#folder)
      .filter((name) => name.startsWith(damagedPrefix) && name.endsWith('.db'))
      .sort();
  }

  /**
   * Leaves the journal after a failure at run time when the file is at fault: for another file, or
   * for memory when it cannot even be set aside. @returns whether it did
   */
  replaceIfDamaged(error: unknown): boolean {
    if (!isDamage(error) || !this.#durable || this.#replacements >= replacementsMax) return false;
    // The system makes a disk read-only that it no longer trusts: what is on it can still be sent.
    if (!this.#files.isWritable(this.#folder)) return false;
    this.#replacements += 1;
    this.#closeBroken();
    try {
      this.#setAsideDamaged();
    } catch (failure) {
      this.#beginInMemory(failure);
      return true;
    }
    this.#journal = this.#open();
    return true;
  }

  /** Gives an alarm that met a full disk the room that was kept for it. @returns whether there was any. */
  makeRoom(error: unknown): boolean {
    if (!isDiskFull(error)) return false;
    try {
      return this.#reserve.giveUp();
    } catch {
      return false; // full and read-only at once: the alarm goes on in memory
    }
  }

  /**
   * Sets the journal aside, sound as it is, and begins another with a new epoch.
   * @returns whether it did: a journal in memory ends with the process, and a folder may be read-only
   */
  retire(): boolean {
    if (!this.#durable) return false;
    const { epoch } = this.#journal;
    const { latched } = this.#journal.restore();
    this.#journal.close();
    try {
      this.#succession.setAside(retiredPrefix, latched);
    } catch (error) {
      if (this.#files.names(this.#folder).includes(journalFileName)) this.#journal = this.#open();
      else this.goOnInMemory(error);
      return this.#journal.epoch !== epoch;
    }
    this.#journal = this.#open();
    return true;
  }

  /** The last resort for an alarm: a journal that lives in memory only, until `returnToFile`. */
  goOnInMemory(error: unknown): void {
    this.#closeBroken();
    this.#beginInMemory(error);
  }

  /**
   * Tries the disk again, with a write that has to reach it. What only the journal in memory has is
   * the caller's to carry over.
   * @returns whether the journal is a file again
   */
  returnToFile(): boolean {
    if (this.#durable) return false;
    try {
      const journal = this.#openOnDisk();
      proveWritable(journal);
      this.#journal.close();
      this.#journal = journal;
    } catch {
      return false; // as before: what is wrong with the disk is told already
    }
    this.#durable = true;
    this.#trouble = undefined;
    return true;
  }

  close(): void {
    this.#journal.close();
  }

  #closeBroken(): void {
    try {
      this.#journal.close();
    } catch {
      // The reason why it is left is told already; what it holds is on disk or was never signalled.
    }
  }

  #beginInMemory(error: unknown): void {
    this.#trouble = `the journal cannot be written (${reasonOf(error)}): alarms are sent, taps are refused`;
    this.#durable = false;
    this.#journal = new Journal(inMemory, this.#options);
    this.#latchSalvaged(this.#journal);
  }

  #open(): Journal {
    try {
      return this.#openOnDisk();
    } catch (error) {
      if (this.makeRoom(error)) return this.#open();
      this.#beginInMemory(error);
      return this.#journal;
    }
  }

  /** A file whose content is not sound is set aside, and its alarms are latched in the next. */
  #openOnDisk(): Journal {
    this.#files.makeFolder(this.#folder);
    this.#succession.finish();
    try {
      return this.#openSound();
    } catch (error) {
      // A full or absent disk says nothing about the file: a later start finds it as it was.
      if (!isDamage(error)) throw error;
    }
    if (this.#files.names(this.#folder).includes(journalFileName)) this.#setAsideDamaged();
    return this.#openSound();
  }

  /** Sound means also that a start can go on from it. */
  #openSound(): Journal {
    const file = join(this.#folder, journalFileName);
    const journal = reading('the journal', () => new Journal(file, this.#options));
    try {
      reading('the journal', () => journal.restore());
      this.#latchSalvaged(journal);
      return journal;
    } catch (error) {
      journal.close();
      throw error;
    }
  }

  /** The name says how much of it the hub does not have, so that a later start can tell it too. */
  #setAsideDamaged(): void {
    const { latched, undelivered } = salvage(join(this.#folder, journalFileName), this.#files);
    this.#salvaged = [...this.#salvaged, ...latched];
    const note = undelivered ? `-${undelivered}-undelivered` : '';
    this.#succession.setAside(damagedPrefix, this.#salvaged, note);
  }

  /** At once, before anybody acts on it: a power cut must not end the alarms of a damaged file. */
  #latchSalvaged(journal: Journal): void {
    if (this.#salvaged.length > 0) journal.keepLatched(this.#salvaged);
    this.#salvaged = [];
  }
}

/** @returns how many entries the hub does not have, as the name of a damaged journal says it. */
const undeliveredOf = (name: string): number => Number(/-(\d+)-undelivered/.exec(name)?.[1] ?? 0);

/** @throws better-sqlite3's SqliteError when what is written does not reach the disk */
function proveWritable(journal: Journal): void {
  try {
    journal.keepLatched(journal.restore().latched);
  } catch (error) {
    journal.close();
    throw error;
  }
}
