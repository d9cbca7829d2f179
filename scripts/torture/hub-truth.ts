import { chmodSync, renameSync, rmSync } from 'node:fs';
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

const reachedSchema = z.array(
  z.object({ station: z.string(), epoch: z.string(), lane: z.string(), through: z.int() }),
);

/** So many pages that a backup is one step: a hub that writes all the time would make it begin again. */
const allPages = 0x7fff_ffff;

const keyOf = (station: string, epoch: string, lane: string): string =>
  `${station} ${epoch} ${lane}`;

/** The hub's own file, read beside the running hub; it sees exactly what is committed. */
export class HubTruth {
  readonly #file: string;
  #db: Database.Database;
  #committed: Database.Statement;
  /** How far each lane was committed in a database that a backup has taken the place of. */
  readonly #before = new Map<string, number>();

  constructor(dataDir: string) {
    this.#file = join(dataDir, storeFileName);
    [this.#db, this.#committed] = open(this.#file);
  }

  /** @returns the highest sequence of a lane that is committed now, 0 for none. */
  committed(station: string, epoch: string, lane: string): number {
    return (
      z
        .int()
        .nullable()
        .parse(this.#committed.get(station, epoch, lane)) ?? 0
    );
  }

  /**
   * @returns the highest sequence of a lane that was ever committed, 0 for none. A backup takes back
   * what the hub has, not what was true when a receipt went out: that may still be under way, and the
   * station believes it until the hub that was restored tells how far it is. Up to there a lie of that
   * hub would pass here; at the end, all is counted in what it really has.
   */
  through(station: string, epoch: string, lane: string): number {
    const before = this.#before.get(keyOf(station, epoch, lane)) ?? 0;
    return Math.max(before, this.committed(station, epoch, lane));
  }

  /** Copies the database while the hub writes into it. @param file must not exist */
  async backUp(file: string): Promise<void> {
    await this.#db.backup(file, { progress: () => allPages });
  }

  /** Puts a backup in the place of the database; nobody else may have that open. */
  replaceBy(backup: string): void {
    const rows = this.#db
      .prepare(`SELECT station, epoch, lane, max(seq) AS through FROM ${journal} GROUP BY 1, 2, 3`)
      .all();
    for (const { station, epoch, lane, through } of reachedSchema.parse(rows)) {
      const key = keyOf(station, epoch, lane);
      this.#before.set(key, Math.max(through, this.#before.get(key) ?? 0));
    }
    this.#db.close();
    renameSync(backup, this.#file);
    chmodSync(this.#file, 0o600);
    // They belong to the database before, and would be taken for the backup's own.
    for (const suffix of ['-wal', '-shm']) rmSync(`${this.#file}${suffix}`, { force: true });
    [this.#db, this.#committed] = open(this.#file);
  }

  /** Every entry that is committed for a station, of all epochs. */
  entries(station: string): CommittedRow[] {
    const rows = this.#db.prepare(`SELECT * FROM ${journal} WHERE station = ?`).all(station);
    return z.array(rowSchema).parse(rows);
  }

  /** @returns how many alarms came by each path, among others, as their histories have it. */
  alarmPaths(): Record<string, number> {
    const rows = this.#db
      .prepare(
        `SELECT detail ->> 'path' AS path, count(DISTINCT alarm_id) AS alarms FROM alarm_event
         WHERE event = 'path' GROUP BY 1`,
      )
      .all();
    const paths = z.array(z.object({ path: z.string(), alarms: z.int() })).parse(rows);
    return Object.fromEntries(paths.map(({ path, alarms }) => [path, alarms]));
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

function open(file: string): [Database.Database, Database.Statement] {
  const db = new Database(file, { readonly: true });
  const sql = `SELECT max(seq) FROM ${journal} WHERE station = ? AND epoch = ? AND lane = ?`;
  return [db, db.prepare(sql).pluck()];
}
