import type BetterSqlite from 'better-sqlite3';

/** Troubles as the hub keeps them, for a test of what reads them. */
export class TroubleTable {
  readonly #sqlite: BetterSqlite.Database;

  constructor(sqlite: BetterSqlite.Database) {
    this.#sqlite = sqlite;
    sqlite.exec(`CREATE TABLE IF NOT EXISTS trouble (
      id INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT, kind TEXT NOT NULL,
      detail TEXT NOT NULL, begun_ms INTEGER NOT NULL, ended_ms INTEGER
    ) STRICT`);
  }

  /** @returns its number */
  begin(station: string | null, kind: string, begunMs: number): number {
    const insert = this.#sqlite.prepare(
      "INSERT INTO trouble (station, kind, detail, begun_ms) VALUES (?, ?, 'no answer', ?)",
    );
    return Number(insert.run(station, kind, begunMs).lastInsertRowid);
  }

  end(id: number, endedMs: number): void {
    this.#sqlite.prepare('UPDATE trouble SET ended_ms = ? WHERE id = ?').run(endedMs, id);
  }
}
