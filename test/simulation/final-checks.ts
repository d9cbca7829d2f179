import type Database from 'better-sqlite3';
import { z } from 'zod';
import { fold, volunteerAccount } from '../../hub/domain/ledger.ts';
import { pointsByRules } from '../support/points-by-rules.ts';
import { checkNeighbours, checkTests, checkTried } from './call-checks.ts';
import type { FeedRecord } from './feed-record.ts';
import { keyOf } from './hub-facts.ts';
import { policyOn } from './rules.ts';
import type { SimulatedHub } from './simulated-hub.ts';
import type { SimulatedStation } from './simulated-station.ts';
import { invariants, violate, type World } from './world.ts';

const entrySchema = z.object({
  station: z.string(),
  epoch: z.string(),
  name: z.string(),
  seq: z.int(),
  hash: z.string(),
});
const checkInSchema = z.object({
  station: z.string(),
  epoch: z.string(),
  seq: z.int(),
  volunteer_id: z.string().nullable(),
  day: z.string(),
  occurred_ms: z.int(),
  counts: z.int(),
  outcome: z.string(),
  points: z.int(),
});
/** Everybody is there at the end. */
const openPresenceTroubles =
  "SELECT * FROM trouble WHERE station = ? AND ended_ms IS NULL AND kind IN ('offline', 'silent')";
const transferSchema = z.object({
  debit: z.string(),
  credit: z.string(),
  amount: z.int(),
  code: z.string(),
});
const accountSchema = z.object({ id: z.string(), balance: z.int() });
const alarmSchema = z.object({
  station: z.string(),
  epoch: z.string(),
  seq: z.int(),
  acknowledged_by: z.string().nullable(),
  resolved_by: z.string().nullable(),
});

/** What must hold once everything is healed and delivered. */
export function checkAtTheEnd(
  world: World,
  stations: readonly SimulatedStation[],
  hub: SimulatedHub,
  feed: FeedRecord,
  settled: Map<string, number>,
): void {
  const db = hub.look();
  if (!db) {
    violate(world, invariants.running, '');
    return;
  }
  checkJournal(world, stations, db);
  checkAlarms(world, stations, db, feed);
  hub.legs.check(db);
  checkTests(world, stations, db);
  checkTried(world, hub, db);
  checkNeighbours(world, stations, db);
  checkLedger(world, db, feed, settled);
  // A station that takes no part in this run is missed for good.
  for (const { id } of stations) {
    for (const row of db.prepare(openPresenceTroubles).all(id)) {
      violate(world, invariants.trouble, JSON.stringify(row));
    }
  }
  for (const row of db
    .prepare('SELECT station FROM station_presence WHERE state <> ?')
    .all('online')) {
    violate(world, invariants.present, JSON.stringify(row));
  }
  const forks = hub.refused.get('fork') ?? 0;
  if (forks > 0) violate(world, invariants.noFork, `${forks} refusals`);
}

function checkJournal(
  world: World,
  stations: readonly SimulatedStation[],
  db: Database.Database,
): void {
  const rows = db
    .prepare(
      'SELECT station, epoch, name, seq, journal.hash FROM journal JOIN lane ON lane.id = lane_id',
    )
    .all();
  const stored = new Map<string, string>();
  for (const row of rows) {
    const { station, epoch, name, seq, hash } = entrySchema.parse(row);
    const key = `${station}/${epoch}/${name}/${seq}`;
    if (stored.has(key)) violate(world, invariants.twice, key);
    stored.set(key, hash);
  }
  const made = new Map<string, string>();
  for (const station of stations) {
    const { id, witness } = station;
    const aside = station.setAside();
    for (const [key, entry] of witness.made) {
      made.set(`${id}/${key}`, entry.hash);
      if (!entry.durable || stored.get(`${id}/${key}`) === entry.hash) continue;
      if (aside.has(key)) continue;
      const signalled = entry.signalled ? 'signalled' : 'on disk';
      violate(world, invariants.lost, `${id}/${key} (${entry.type}, ${signalled})`);
    }
  }
  for (const [key, hash] of stored) {
    if (made.get(key) !== hash) violate(world, invariants.foreign, key);
  }
}

function checkAlarms(
  world: World,
  stations: readonly SimulatedStation[],
  db: Database.Database,
  feed: FeedRecord,
): void {
  const counts = new Map<string, number>();
  for (const row of db.prepare('SELECT * FROM alarm').all()) {
    const { station, epoch, seq, acknowledged_by, resolved_by } = alarmSchema.parse(row);
    const key = keyOf(station, epoch, seq);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    const told = { raised: true, acknowledged: false, resolved: resolved_by !== null };
    // Resolving one that nobody acknowledged acknowledges it without a word of its own.
    told.acknowledged = acknowledged_by !== null && resolved_by === null;
    for (const [state, wanted] of Object.entries(told)) {
      if (wanted && !feed.saidOfAlarm(key, state)) {
        violate(world, invariants.alarmTold, `${key} ${state}`);
      }
    }
  }
  for (const station of stations) {
    const { id, witness } = station;
    const aside = station.setAside();
    for (const [name, { type, durable }] of witness.made) {
      if (type !== 'alarm' || !durable || aside.has(name)) continue;
      const key = `${id}/${name.replace('/alarm/', '/')}`;
      if (counts.get(key) !== 1) {
        violate(world, invariants.alarmOnce, `${key}: ${counts.get(key) ?? 0} times`);
      }
    }
  }
}

function checkLedger(
  world: World,
  db: Database.Database,
  feed: FeedRecord,
  settled: Map<string, number>,
): void {
  const note = (what: string) => settled.set(what, (settled.get(what) ?? 0) + 1);
  const checkIns = db
    .prepare('SELECT * FROM check_in')
    .all()
    .map((row) => checkInSchema.parse(row));
  const earned = new Map<string, number>();
  const counted = checkIns.filter(({ counts }) => counts === 1);
  const scored = pointsByRules(counted, (day) => policyOn(world.rules, day));
  for (const { checkIn, outcome, points, parts } of scored) {
    const account = volunteerAccount(checkIn.volunteer_id ?? '');
    earned.set(account, (earned.get(account) ?? 0) + points);
    note(outcome);
    for (const { rule } of parts) note(rule);
    if (checkIn.outcome === outcome && checkIn.points === points) continue;
    const key = keyOf(checkIn.station, checkIn.epoch, checkIn.seq);
    const detail = `${key} is ${checkIn.outcome} ${checkIn.points}, by the rules ${outcome} ${points}`;
    violate(world, invariants.rules, detail);
  }
  const transfers = db.prepare('SELECT * FROM transfer').all();
  const parsed = transfers.map((row) => transferSchema.parse(row));
  const folded = fold(parsed);
  for (const { code } of parsed) if (code === 'correction') note(code);
  let sum = 0;
  for (const row of db.prepare('SELECT id, balance FROM account').all()) {
    const { id, balance } = accountSchema.parse(row);
    sum += balance;
    if (balance !== (folded.get(id) ?? 0)) {
      violate(world, invariants.fold, `${id}: ${balance}`);
    }
    if (!id.startsWith('scheme:') && balance !== (earned.get(id) ?? 0)) {
      violate(world, invariants.rules, `${id}: ${balance} of ${earned.get(id) ?? 0}`);
    }
  }
  if (sum !== 0) violate(world, invariants.zero, `${sum}`);
  checkFeed(world, checkIns, feed);
}

function checkFeed(
  world: World,
  checkIns: readonly z.infer<typeof checkInSchema>[],
  feed: FeedRecord,
): void {
  const moments = grouped(checkIns, ({ station, occurred_ms }) => `${station} ${occurred_ms}`);
  for (const [moment, rows] of moments) {
    const [station = '', atMs = ''] = moment.split(' ');
    const told = feed.checkIns(station, Number(atMs));
    if (told >= rows.length) continue;
    violate(world, invariants.checkInTold, `${moment}: ${told} of ${rows.length}`);
  }
}

function grouped<T>(rows: readonly T[], keyOfRow: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = keyOfRow(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}
