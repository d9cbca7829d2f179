import Database from 'better-sqlite3';
import { diskFiles, inMemory, type JournalFiles } from '../../device/journal/journal-files.ts';

/** The disk of this machine, on which statements fail when the test says so. */
export class FaultyDisk {
  /** @returns the SQLite error code that this statement fails with, if it does. */
  fault: (sql: string) => string | undefined = () => undefined;
  /** Whether a file can be given another name. */
  renames = true;

  readonly files: JournalFiles = {
    ...diskFiles,
    open: (file) => {
      const db = diskFiles.open(file);
      return file === inMemory ? db : this.#watched(db);
    },
    rename: (folder, names) => {
      if (!this.renames) throw Object.assign(new Error('read-only'), { code: 'EROFS' });
      diskFiles.rename(folder, names);
    },
  };

  #watched(db: Database.Database): Database.Database {
    return override(db, (name, real) =>
      name === 'prepare' ? (sql: string) => this.#statement(sql, real(sql)) : undefined,
    );
  }

  #statement(sql: string, statement: object): object {
    const watched: object = override(statement, (name, real) => {
      if (name === 'pluck') {
        return () => {
          real();
          return watched;
        };
      }
      if (name !== 'run' && name !== 'get' && name !== 'all') return undefined;
      return (...values: unknown[]) => {
        const code = this.fault(sql);
        if (code !== undefined) throw new Database.SqliteError(`made ${code}`, code);
        return real(...values);
      };
    });
    return watched;
  }
}

/** An object of which some methods do something else first. */
function override<T extends object>(
  target: T,
  other: (name: PropertyKey, real: (...values: unknown[]) => object) => unknown,
): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const real = (...values: unknown[]) => Reflect.apply(value, target, values);
      return other(name, real) ?? real;
    },
  });
}
