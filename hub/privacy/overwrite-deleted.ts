import { sql } from 'kysely';
import type { Db } from '../store/schema.ts';

/**
 * From now on this connection overwrites what it deletes: otherwise the bytes stay in the file until
 * something else needs the place (SQLite, "PRAGMA secure_delete"). For connections that remove what is
 * held on people; everything else would pay for it with every message that leaves the outbox.
 */
export async function overwriteDeleted(db: Db): Promise<void> {
  await sql`pragma secure_delete = on`.execute(db);
}
