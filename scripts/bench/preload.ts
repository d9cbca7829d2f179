import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { storeFileName } from '../../hub/store/open-store.ts';
import { newEpoch } from '../../shared/ids.ts';

const rowsPerCommit = 100_000;
const pastMs = Date.parse('2024-01-01T09:00:00+08:00');
const dayMs = 86_400_000;
const points = 10;

/**
 * Fills the journal with past check-ins of the volunteers, each credited, as years of operation
 * would have: written straight into the tables, since what is measured is what comes afterwards.
 */
export function preload(
  dataDir: string,
  rows: number,
  volunteers: readonly string[],
  say: (text: string) => void,
): void {
  const db = new BetterSqlite(join(dataDir, storeFileName));
  db.pragma('synchronous = OFF');
  const station = db.prepare('SELECT id FROM station LIMIT 1').pluck().get();
  const epoch = newEpoch();
  const lane = db
    .prepare(
      `INSERT INTO lane (station, epoch, name, through, hash, dated_ms) VALUES (?, ?, 'routine', ?, ?, 0)`,
    )
    .run(station, epoch, rows, 'f'.repeat(64)).lastInsertRowid;
  const journal = db.prepare(
    `INSERT INTO journal (lane_id, seq, type, body, hash, received_ms, occurred_ms, dated_by)
     VALUES (?, ?, 'check-in', ?, ?, ?, ?, 'station-clock')`,
  );
  const checkIn = db.prepare(
    `INSERT INTO check_in (journal_id, volunteer_id, station, epoch, seq, card, day, occurred_ms, counts, outcome, points, transfers)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 'credited', ${points}, 1)`,
  );
  const transfer = db.prepare(
    `INSERT INTO transfer (reference, debit, credit, amount, code, at, check_in_id, reason)
     VALUES (?, 'scheme:issued-for-check-ins', ?, ${points}, 'check-in', ?, ?, '{"rule":"check-in"}')`,
  );
  const [body, hash, card] = ['x'.repeat(230), 'f'.repeat(64), 'c'.repeat(32)];
  const insert = (seq: number): void => {
    const volunteer = volunteers[seq % volunteers.length] ?? '';
    const atMs = pastMs + (Math.floor(seq / volunteers.length / 3) % 700) * dayMs;
    const day = new Date(atMs).toISOString().slice(0, 10);
    const { lastInsertRowid: id } = journal.run(lane, seq, body, hash, atMs, atMs);
    checkIn.run(id, volunteer, station, epoch, seq, card, day, atMs);
    transfer.run(`preload/${seq}`, `volunteer:${volunteer}`, atMs, id);
  };
  for (let from = 1; from <= rows; from += rowsPerCommit) {
    const through = Math.min(rows, from + rowsPerCommit - 1);
    db.transaction(() => {
      for (let seq = from; seq <= through; seq += 1) insert(seq);
    })();
    if (rows > rowsPerCommit) say(`${through} of ${rows} rows of the past are there`);
  }
  db.exec(`
    UPDATE account SET balance =
      (SELECT coalesce(sum(amount), 0) FROM transfer WHERE credit = account.id) -
      (SELECT coalesce(sum(amount), 0) FROM transfer WHERE debit = account.id)
    WHERE volunteer_id IS NULL;
  `);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}
