import { sql } from 'kysely';
import type { Db } from '../store/schema.ts';

/**
 * From now on this connection also overwrites pages that nothing needs any more, such as those of a long
 * text (SQLite, "PRAGMA secure_delete"); within pages that stay the store always does. For connections that
 * remove what is held on people: everything else would pay for it with every message that leaves the outbox.
 */
export async function overwriteDeleted(db: Db): Promise<void> {
  await sql`pragma secure_delete = on`.execute(db);
}
