import { sql } from 'kysely';
import type { Db } from './schema.ts';

/**
 * Reads many things as they stood at one moment, beside a working hub and without holding it up: the
 * transactions that write take the write lock at once, this one never does (SQLite, "Isolation").
 */
export const atOneMoment = <T>(db: Db, read: (db: Db) => Promise<T>): Promise<T> =>
  db.connection().execute(async (connection) => {
    await sql`begin`.execute(connection);
    try {
      return await read(connection);
    } finally {
      await sql`rollback`.execute(connection);
    }
  });
