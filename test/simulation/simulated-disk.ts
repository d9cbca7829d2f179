import Database from 'better-sqlite3';
import type { Random } from './random.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { watched } from './watched-database.ts';

/** PRAGMA synchronous: from here on a commit waits for the disk (sqlite.org/pragma.html). */
const synchronousFull = 2;
/** Without it, the system writes back when it likes: one commit in so many, here. */
const writeBackOneIn = 6;

interface File {
  /** What a process that opens it finds. */
  image: Buffer | undefined;
  /** The process's handle, while it is open. */
  handle: Database.Database | undefined;
  /** What the power would leave of it, when that is not all. */
  behind: { readonly image: Buffer | undefined } | undefined;
}

export interface DiskObserver {
  /** Called after a durable commit, with the names of the tables it wrote. */
  committed(db: Database.Database, tables: ReadonlySet<string>): void;
}

/** A disk that keeps SQLite databases in memory, and forgets with the power what was not synced. */
export class SimulatedDisk {
  readonly #random: Random;
  readonly #observer: DiskObserver | undefined;
  readonly #files = new Map<string, File>();
  /** How many writes have failed so far. */
  failures = 0;
  #failing: { error: Error; left: number } | undefined;

  constructor(random: Random, observer?: DiskObserver) {
    this.#random = random;
    this.#observer = observer;
  }

  /** The real code opens, sets its pragmas, and writes; the disk looks on. */
  open(name: string, process: SimulatedProcess): Database.Database {
    process.step('write');
    const file: File = this.#files.get(name) ?? {
      image: undefined,
      handle: undefined,
      behind: undefined,
    };
    this.#files.set(name, file);
    const handle = file.image?.length ? new Database(file.image) : new Database(':memory:');
    file.handle = handle;
    return watched(handle, {
      beforeWrite: (isFirst) => {
        process.step('write');
        this.#mayFail();
        if (isFirst) this.#begin(file, handle);
      },
      beforeCommit: () => {
        process.step('commit');
        this.#mayFail();
      },
      committed: (tables) => {
        this.#committed(file, handle, tables);
        process.step('committed');
      },
      closing: () => {
        file.image = handle.serialize();
        file.handle = undefined;
        file.behind = undefined;
      },
    });
  }

  /** The next writes fail with this SQLite error code. */
  failNext(writes: number, code: string): void {
    this.#failing = { error: new Database.SqliteError(`simulated ${code}`, code), left: writes };
  }

  heal(): void {
    this.#failing = undefined;
  }

  /** What lies on the disk when its process has died, or its power has gone. */
  settle(death: 'crash' | 'power'): void {
    for (const file of this.#files.values()) {
      const { handle } = file;
      if (handle === undefined) continue;
      if (handle.inTransaction) handle.exec('ROLLBACK');
      file.image = death === 'power' && file.behind ? file.behind.image : handle.serialize();
      file.handle = undefined;
      file.behind = undefined;
      handle.close();
    }
  }

  /** A copy of what is committed, such as a backup takes it. */
  image(name: string): Buffer | undefined {
    const file = this.#files.get(name);
    return file?.handle === undefined || file.handle.inTransaction
      ? file?.image
      : file.handle.serialize();
  }

  /** The open database itself, for who looks on. */
  handle(name: string): Database.Database | undefined {
    return this.#files.get(name)?.handle;
  }

  /** Puts a copy in place of the file. No process may have it open. */
  restore(name: string, image: Buffer): void {
    this.#files.set(name, { image, handle: undefined, behind: undefined });
  }

  names(): string[] {
    return [...this.#files.keys()];
  }

  rename(from: string, to: string): void {
    const file = this.#files.get(from);
    if (file) this.#files.set(to, file);
    this.#files.delete(from);
  }

  remove(name: string): void {
    this.#files.delete(name);
  }

  #begin(file: File, handle: Database.Database): void {
    if (file.behind === undefined && !isSynced(handle)) file.behind = { image: handle.serialize() };
  }

  #committed(file: File, handle: Database.Database, tables: ReadonlySet<string>): void {
    if (isSynced(handle)) {
      file.behind = undefined;
      this.#observer?.committed(handle, tables);
    } else if (this.#random.between(1, writeBackOneIn) === 1) file.behind = undefined;
  }

  #mayFail(): void {
    if (this.#failing === undefined) return;
    const { error } = this.#failing;
    this.failures += 1;
    this.#failing.left -= 1;
    if (this.#failing.left <= 0) this.#failing = undefined;
    throw error;
  }
}

const isSynced = (handle: Database.Database): boolean =>
  Number(handle.pragma('synchronous', { simple: true })) >= synchronousFull;
