import { join } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { storeFileName } from '../../hub/store/open-store.ts';

/** What the hub has committed, by station, epoch, lane and sequence: all that is asked of its journal. */
const journal =
  '(SELECT station, epoch, name AS lane, seq, journal.hash FROM journal JOIN lane ON lane.id = lane_id)';

const rowSchema = z.object({
  epoch: z.string(),
  lane: z.string(),
  seq: z.int(),
  hash: z.string(),
});
export type CommittedRow = z.infer<typeof rowSchema>;

const balancesSchema = z.array(
  z.object({ id: z.string(), balance: z.int(), folded: z.int().nullable() }),
);

/** The hub's own file, read beside the running hub; it sees exactly what is committed. */
export class HubTruth {
  readonly #db: Database.Database;
  readonly #through: Database.Statement;

  constructor(dataDir: string) {
    this.#db = new Database(join(dataDir, storeFileName), { readonly: true });
    this.#through = this.#db
      .prepare(`SELECT max(seq) FROM ${journal} WHERE station = ? AND epoch = ? AND lane = ?`)
      .pluck();
  }

  /** @returns the highest sequence of a lane that is committed, 0 for none. */
  through(station: string, epoch: string, lane: string): number {
    return (
      z
        .int()
        .nullable()
        .parse(this.#through.get(station, epoch, lane)) ?? 0
    );
  }

  /** Every entry that is committed for a station, of all epochs. */
  entries(station: string): CommittedRow[] {
    const rows = this.#db.prepare(`SELECT * FROM ${journal} WHERE station = ?`).all(station);
    return z.array(rowSchema).parse(rows);
  }

  /** @returns what is wrong with the ledger, in a line each. */
  ledgerFaults(): string[] {
    const rows = this.#db
      .prepare(
        `SELECT id, balance,
           (SELECT coalesce(sum(amount), 0) FROM transfer WHERE credit = account.id) -
           (SELECT coalesce(sum(amount), 0) FROM transfer WHERE debit = account.id) AS folded
         FROM account`,
      )
      .all();
    const accounts = balancesSchema.parse(rows);
    const sum = accounts.reduce((total, { balance }) => total + balance, 0);
    return [
      ...(sum === 0 ? [] : [`the sum over all accounts is ${sum}, not 0`]),
      ...accounts
        .filter(({ balance, folded }) => balance !== folded)
        .map(({ id, balance, folded }) => `${id} has ${balance}, its transfers say ${folded}`),
    ];
  }

  close(): void {
    this.#db.close();
  }
}
