import type Database from 'better-sqlite3';
import type { JournalFiles } from './journal-files.ts';
import { JournalUnreadable } from './reading.ts';

const schema = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS entry (
    lane TEXT NOT NULL,
    seq INTEGER NOT NULL,
    text TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (lane, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS cursor (lane TEXT PRIMARY KEY, committed INTEGER NOT NULL) STRICT;
  -- By when how much of a lane was delivered: the age of an entry is that of its delivery.
  CREATE TABLE IF NOT EXISTS delivered (
    lane TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,
    through INTEGER NOT NULL,
    PRIMARY KEY (lane, wall_ms)
  ) STRICT, WITHOUT ROWID;
`;

/** A handle on a sound file with all tables; on any other the handle is closed again, so that the file can be moved. */
export function openSound(file: string, files: Pick<JournalFiles, 'open'>): Database.Database {
  const db = files.open(file);
  try {
    // WAL with synchronous=FULL syncs at each commit; NORMAL may lose the last ones at power loss
    // (sqlite.org/pragma.html#pragma_synchronous).
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    const check = db.pragma('quick_check', { simple: true });
    if (check !== 'ok') {
      throw new JournalUnreadable(`SQLite finds the file damaged: ${String(check)}`);
    }
    db.exec(schema);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
