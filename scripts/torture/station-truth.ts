import { join } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';

const entrySchema = z.object({
  lane: z.string(),
  seq: z.int(),
  text: z.string(),
  hash: z.string(),
});
export type JournalRow = z.infer<typeof entrySchema>;

/** A station's own journal file, read beside the running station; it sees exactly what is on disk. */
export class StationTruth {
  readonly epoch: string;
  readonly #db: Database.Database;
  readonly #text: Database.Statement;
  readonly #last: Database.Statement;

  /** @param dataDir of a station that has run at least once */
  constructor(dataDir: string) {
    this.#db = new Database(join(dataDir, 'journal.db'), { readonly: true });
    const epoch = this.#db.prepare("SELECT value FROM meta WHERE key = 'epoch'").pluck().get();
    this.epoch = z.string().parse(epoch);
    this.#text = this.#db.prepare('SELECT text FROM entry WHERE lane = ? AND seq = ?').pluck();
    this.#last = this.#db.prepare('SELECT max(seq) FROM entry WHERE lane = ?').pluck();
  }

  /** @returns the entry as JSON text, or undefined when it is not on disk. */
  text(lane: string, seq: number): string | undefined {
    return z.string().optional().parse(this.#text.get(lane, seq));
  }

  /** @returns the highest sequence of the lane, 0 when it is empty. */
  last(lane: string): number {
    return z.int().nullable().parse(this.#last.get(lane)) ?? 0;
  }

  entries(): JournalRow[] {
    const rows = this.#db.prepare('SELECT lane, seq, text, hash FROM entry ORDER BY lane, seq');
    return z.array(entrySchema).parse(rows.all());
  }

  close(): void {
    this.#db.close();
  }
}
