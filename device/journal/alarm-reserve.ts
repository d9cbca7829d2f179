import {
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../../shared/settings/durable-file.ts';

/**
 * Room for at least 1,000 alarms: SQLite's log grows to some 4 MiB before it is copied back
 * (sqlite.org/pragma.html#pragma_wal_autocheckpoint), the alarms themselves take less than 1 MiB, and
 * as much again is for what else writes to the disk in between.
 */
export const reserveBytes = 8 * 1024 * 1024;

const fileName = 'journal.reserve';
const chunk = Buffer.alloc(64 * 1024, 0x79);

/**
 * A file of bytes that mean nothing, beside the journal. It is given up when an alarm meets a full
 * disk, so that others who fill the disk cannot take the room that calls for help need. The bytes are
 * really written: a file of the same length with holes in it would reserve nothing.
 */
export class AlarmReserve {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether the room is really set aside, by what the file system says it has allocated. */
  get held(): boolean {
    const stats = statSync(join(this.#folder, fileName), { throwIfNoEntry: false });
    // st_blocks counts units of 512 bytes (stat(2)).
    return stats !== undefined && stats.size >= reserveBytes && stats.blocks * 512 >= reserveBytes;
  }

  /** Sets the room aside, unless it is already. @throws Error when the disk cannot take it; nothing stays behind. */
  make(): void {
    if (this.held) return;
    const file = join(this.#folder, fileName);
    const temporary = `${file}.new`;
    try {
      writeThrough(temporary);
      renameSync(temporary, file);
      syncFolder(this.#folder);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  /** Frees the room. @returns whether there was any. @throws Error when the folder cannot be written */
  giveUp(): boolean {
    const file = join(this.#folder, fileName);
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return false;
    rmSync(file);
    return true;
  }
}

function writeThrough(file: string): void {
  const descriptor = openSync(file, 'w', 0o600);
  try {
    for (let written = 0; written < reserveBytes; written += chunk.length) {
      // Not writeSync: write(2) may take a part of it, and say so only in its result.
      writeFileSync(descriptor, chunk);
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
