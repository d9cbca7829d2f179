import type BetterSqlite from 'better-sqlite3';

/** Troubles as the hub keeps them, for a test of what reads them. */
export class TroubleTable {
  readonly #sqlite: BetterSqlite.Database;

  constructor(sqlite: BetterSqlite.Database) {
    this.#sqlite = sqlite;
    sqlite.exec(`CREATE TABLE IF NOT EXISTS trouble (
      id INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT REFERENCES station(id), kind TEXT NOT NULL,
      part TEXT NOT NULL, detail TEXT NOT NULL, begun_ms INTEGER NOT NULL, told_ms INTEGER NOT NULL,
      ended_ms INTEGER, ended_by TEXT, note TEXT
    ) STRICT`);
  }

  /** @returns its number */
  begin(station: string | null, kind: string, begunMs: number): number {
    const insert = this.#sqlite.prepare(
      `INSERT INTO trouble (station, kind, part, detail, begun_ms, told_ms)
        VALUES (?, ?, 'reader', 'no answer', ?, ?)`,
    );
    return Number(insert.run(station, kind, begunMs, begunMs).lastInsertRowid);
  }

  end(id: number, endedMs: number, by: string | null = null): void {
    const update = 'UPDATE trouble SET ended_ms = ?, ended_by = ? WHERE id = ?';
    this.#sqlite.prepare(update).run(endedMs, by, id);
  }
}
