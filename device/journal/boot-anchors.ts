import type Database from 'better-sqlite3';
import type { Lane } from '../../shared/wire/entry.ts';
import { type BootAnchor, bootAnchorSchema } from '../../shared/wire/messages.ts';

const schema = `
  -- When boots began, as the hub said it with the receipt of entries of this lane through that one.
  CREATE TABLE IF NOT EXISTS boot_anchor (
    lane TEXT NOT NULL,
    boot TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    through INTEGER NOT NULL,
    PRIMARY KEY (lane, boot)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * What the hub said of when boots began whose entries no clock of the station dates. It is kept as long
 * as those entries, and goes with them whenever they are sent: a hub that came back from a backup has
 * forgotten it, and must not date them otherwise than before.
 * All methods throw better-sqlite3's SqliteError when the disk fails.
 */
export class BootAnchors {
  readonly #db: Database.Database;
  readonly #all: Database.Statement;
  readonly #known: Database.Statement;

  /** @param db of the journal; the table is made when it is missing */
  constructor(db: Database.Database) {
    this.#db = db;
    db.exec(schema);
    this.#all = db.prepare('SELECT DISTINCT boot, start_ms AS startMs FROM boot_anchor');
    this.#known = db.prepare(
      'SELECT 1 FROM boot_anchor WHERE lane = ? AND boot = ? AND start_ms = ?',
    );
  }

  /** @returns what is known of these boots. */
  of(boots: ReadonlySet<string>): BootAnchor[] {
    const known = this.#all.all().map((row) => bootAnchorSchema.parse(row));
    return known.filter(({ boot }) => boots.has(boot));
  }

  /** Puts what is new of it on disk; the hub says the same with each receipt, and that writes nothing. */
  keep(lane: Lane, through: number, anchors: readonly BootAnchor[]): void {
    const isNew = ({ boot, startMs }: BootAnchor) => !this.#known.get(lane, boot, startMs);
    const news = anchors.filter(isNew);
    if (news.length === 0) return;
    this.#db.transaction(() => {
      for (const { boot, startMs } of news) {
        // The hub may have learnt better since, or be another: what it says now is what counts.
        this.#db.prepare('UPDATE boot_anchor SET start_ms = ? WHERE boot = ?').run(startMs, boot);
        this.#db
          .prepare(
            'INSERT OR REPLACE INTO boot_anchor (lane, boot, start_ms, through) VALUES (?, ?, ?, ?)',
          )
          .run(lane, boot, startMs, through);
      }
    })();
  }

  /**
   * Forgets the boots whose entries were deleted. Those of one boot stand together: when the oldest that
   * is left is of another, none of them is.
   * @param through the newest entry that was deleted; the one behind it is there
   */
  forget(lane: Lane, through: number): void {
    this.#db
      .prepare(
        `DELETE FROM boot_anchor WHERE lane = @lane AND through <= @through AND boot IS NOT
          (SELECT text ->> '$.at.boot' FROM entry
            WHERE lane = @lane AND seq = @through + 1 AND json_valid(text))`,
      )
      .run({ lane, through });
  }
}
