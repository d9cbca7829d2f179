import type BetterSqlite from 'better-sqlite3';
import type { Compilable } from 'kysely';

/** Stands for a value while a query is compiled: member `name` of the given one at `index`. */
class Parameter {
  readonly index: number;
  readonly name: string;
  constructor(index: number, name: string) {
    this.index = index;
    this.name = name;
  }
}

/**
 * What a query may answer with: at once on SQLite, later on an engine in a process of its own.
 * `await` takes both.
 */
export type Answer<T> = T | Promise<T>;
export type Prepared<P, R> = (parameters: P) => Answer<R[]>;
export type PreparedSet<P, R> = (set: readonly P[]) => Answer<R[]>;

/**
 * How many members of a set one statement takes. A set is cut into the largest that fit: few statements
 * run, and few are kept.
 */
const membersPerStatement = [64, 16, 4, 1] as const;

/**
 * Compiles a query once and keeps the engine's statement. Measured on the ingest path, building and
 * compiling each query anew took half of the time, and preparing its statement another fifth.
 * @returns a function that takes a query over named parameters, and gives one that runs it
 */
export function preparer(sqlite: BetterSqlite.Database) {
  return <P extends object>() =>
    <R>(build: (parameters: P) => Compilable<R>): Prepared<P, R> => {
      const run = compile(sqlite, build(placeholder<P>(0)));
      return (parameters) => run([parameters], 0);
    };
}

/**
 * The same for queries over a whole set, such as an insert of many rows: on every engine, one statement
 * for many costs less than many, and where the engine is a process of its own, much less.
 * @returns a function that takes a query over a list of named parameters, and gives one that runs it on
 * a list of any length; the rows that it answers with are in no order
 */
export function setPreparer(sqlite: BetterSqlite.Database) {
  return <P extends object>() =>
    <R>(build: (set: readonly P[]) => Compilable<R>): PreparedSet<P, R> => {
      const statements = membersPerStatement.map((members) => ({
        members,
        run: compile(sqlite, build(Array.from({ length: members }, (_, at) => placeholder<P>(at)))),
      }));
      return (set) => {
        const rows: R[] = [];
        let done = 0;
        for (const { members, run } of statements) {
          for (; set.length - done >= members; done += members) rows.push(...run(set, done));
        }
        return rows;
      };
    };
}

export type Prepare = ReturnType<typeof preparer>;
export type PrepareSet = ReturnType<typeof setPreparer>;

/** Whatever is read from it stands for the value of that name; only the types say that it is a P. */
const placeholder = <P extends object>(index: number): P =>
  new Proxy({} as P, { get: (_, name) => new Parameter(index, String(name)) });

/** @returns a function that runs the query with what is given from `first` on. */
function compile<R>(sqlite: BetterSqlite.Database, query: Compilable<R>) {
  const { sql, parameters } = query.compile();
  const statement = sqlite.prepare(sql);
  const values = [...parameters];
  const places = values.flatMap((value, place) =>
    value instanceof Parameter ? { place, index: value.index, name: value.name } : [],
  );
  return (given: readonly object[], first: number): R[] => {
    for (const { place, index, name } of places) {
      values[place] = Reflect.get(given[first + index] ?? {}, name);
    }
    // The rows are what the query says, as Kysely itself has it.
    if (statement.reader) return statement.all(values) as R[];
    statement.run(values);
    return [];
  };
}

/** Placeholders have no own members to spread: they are taken by name. */
export function pick<P, K extends keyof P>(parameters: P, ...names: K[]): Pick<P, K> {
  const picked = Object.fromEntries(names.map((name) => [name, parameters[name]]));
  return picked as Pick<P, K>;
}
