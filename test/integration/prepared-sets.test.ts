import BetterSqlite from 'better-sqlite3';
import fc from 'fast-check';
import { Kysely, SqliteDialect } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { setPreparer } from '../../hub/store/prepared.ts';

interface Schema {
  shelf: { id: number; what: string };
}

let sqlite: BetterSqlite.Database;
let db: Kysely<Schema>;
beforeEach(() => {
  sqlite = new BetterSqlite(':memory:');
  sqlite.exec('CREATE TABLE shelf (id INTEGER PRIMARY KEY, what TEXT NOT NULL) STRICT');
  db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: sqlite }) });
});
afterEach(() => db.destroy());

const membersMax = 200;

it('a set of any size goes in whole, each member once, and is found again', async () => {
  const add = setPreparer(sqlite)<{ id: number; what: string }>()((all) =>
    db
      .insertInto('shelf')
      .values(all.map(({ id, what }) => ({ id, what })))
      .returning('id'),
  );
  const find = setPreparer(sqlite)<{ id: number }>()((all) =>
    db
      .selectFrom('shelf')
      .selectAll()
      .where((is) => is.or(all.map(({ id }) => is.and({ id })))),
  );
  const ids = fc.uniqueArray(fc.nat(), { maxLength: membersMax });
  await fc.assert(
    fc.asyncProperty(ids, async (given) => {
      sqlite.exec('DELETE FROM shelf');
      const rows = given.map((id) => ({ id, what: `thing ${id}` }));
      const added = await add(rows);
      expect(added.map(({ id }) => id).toSorted()).toEqual(given.toSorted());
      expect(new Set(await find([{ id: -1 }, ...rows]))).toEqual(new Set(rows));
      expect(await db.selectFrom('shelf').selectAll().execute()).toHaveLength(given.length);
    }),
  );
});
