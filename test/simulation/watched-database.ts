import type Database from 'better-sqlite3';

/** What a disk wants to know of, and may prevent by throwing. */
export interface DatabaseWatcher {
  /** @param isFirst it begins a transaction of its own */
  beforeWrite(isFirst: boolean): void;
  beforeCommit(): void;
  /** @param tables those that the transaction wrote to */
  committed(tables: ReadonlySet<string>): void;
  closing(): void;
}

const control = /^\s*(begin|commit|end|rollback)\b/i;
const target =
  /^\s*(?:insert(?:\s+or\s+\w+)?\s+into|update|delete\s+from|replace\s+into)\s+"?(\w+)"?/i;
const running = new Set<PropertyKey>(['run', 'all', 'get', 'iterate']);

/** A database handle that tells a watcher of its writes and commits, whoever prepares them and how. */
export function watched(db: Database.Database, watcher: DatabaseWatcher): Database.Database {
  let tables = new Set<string>();

  const committed = (): void => {
    const written = tables;
    tables = new Set();
    watcher.committed(written);
  };
  const perform = <T>(sql: string, isReadonly: boolean, run: () => T): T => {
    const verb = control.exec(sql)?.[1]?.toLowerCase();
    if (verb === 'rollback') tables = new Set();
    const ends = verb === 'commit' || verb === 'end';
    if (isReadonly && verb !== 'begin' && !ends) return run();
    const wasOpen = db.inTransaction;
    if (ends) watcher.beforeCommit();
    else watcher.beforeWrite(!wasOpen);
    if (verb === undefined && !wasOpen) watcher.beforeCommit();
    const result = run();
    const table = target.exec(sql)?.[1];
    if (table !== undefined) tables.add(table);
    if (!db.inTransaction && verb !== 'begin') committed();
    return result;
  };

  return new Proxy(db, {
    get(_, name) {
      if (name === 'prepare') {
        return (sql: string) => watchedStatement(db.prepare(sql), sql, perform);
      }
      if (name === 'exec') {
        return (sql: string) => {
          perform(sql, false, () => db.exec(sql));
        };
      }
      if (name === 'transaction') {
        return (work: () => unknown) => watchedTransaction(db, work, watcher, committed);
      }
      if (name === 'close') {
        return () => {
          if (db.open) watcher.closing();
          db.close();
        };
      }
      const value: unknown = Reflect.get(db, name, db);
      return typeof value === 'function' ? value.bind(db) : value;
    },
  });
}

function watchedStatement(
  statement: Database.Statement,
  sql: string,
  perform: <T>(sql: string, isReadonly: boolean, run: () => T) => T,
): Database.Statement {
  if (statement.readonly && !control.test(sql)) return statement;
  const proxy: Database.Statement = new Proxy(statement, {
    get(_, name) {
      const value: unknown = Reflect.get(statement, name, statement);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const call = (): unknown => Reflect.apply(value, statement, args);
        const result = running.has(name) ? perform(sql, statement.readonly, call) : call();
        return result === statement ? proxy : result;
      };
    },
  });
  return proxy;
}

/** better-sqlite3 begins and commits these behind the handle's back: only the ends can be watched. */
function watchedTransaction(
  db: Database.Database,
  work: () => unknown,
  watcher: DatabaseWatcher,
  committed: () => void,
) {
  const transaction = db.transaction(work);
  const run = (mode: 'deferred' | 'immediate' | 'exclusive') => () => {
    watcher.beforeWrite(!db.inTransaction);
    const result = transaction[mode]();
    committed();
    return result;
  };
  return Object.assign(run('deferred'), {
    deferred: run('deferred'),
    immediate: run('immediate'),
    exclusive: run('exclusive'),
  });
}
