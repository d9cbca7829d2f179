import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { SyncAdapter } from 'lowdb';

/** Readable and writable by the owner alone: the file holds keys. */
const fileMode = 0o600;
const folderMode = 0o700;

/**
 * lowdb adapter whose write survives power loss: temp file → fsync → rename → fsync of the folder
 * (rename(2) is atomic; the name is durable only once the folder is). The content before the last
 * write stays beside it as `<file>.last-good`. lowdb's own file adapter does not fsync.
 */
export class DurableFile<T> implements SyncAdapter<T> {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** @returns the content, or null when there is no file. @throws SyntaxError when it is not JSON. */
  read(): T | null {
    return existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, 'utf8')) : null;
  }

  write(data: T): void {
    mkdirSync(dirname(this.#file), { recursive: true, mode: folderMode });
    if (existsSync(this.#file)) {
      writeDurably(`${this.#file}.last-good`, readFileSync(this.#file, 'utf8'));
    }
    writeDurably(this.#file, `${JSON.stringify(data, null, 2)}\n`);
  }
}

/** Replaces a file as a whole, mode 0600. @throws Error when the disk cannot take it; the file is then as it was. */
export function writeDurably(file: string, text: string): void {
  const temporary = `${file}.new`;
  try {
    writeNew(temporary, Buffer.from(text));
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(file));
}

function writeNew(file: string, content: Uint8Array): void {
  const descriptor = openSync(file, 'w', fileMode);
  try {
    // Not writeSync: write(2) may take a part of it when the disk is nearly full, and say so only in its result.
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a new or changed name in the folder durable. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
