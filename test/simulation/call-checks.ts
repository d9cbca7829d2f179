import type Database from 'better-sqlite3';
import { z } from 'zod';
import { neighbourToldMs } from '../../hub/ingest/neighbour-rows.ts';
import { otherPathSchema } from '../../shared/wire/entry.ts';
import { alarmKeySchema } from '../../shared/wire/messages.ts';
import { falseRelay } from './false-relay.ts';
import { keyOf } from './hub-facts.ts';
import type { SimulatedHub } from './simulated-hub.ts';
import type { SimulatedStation } from './simulated-station.ts';
import { invariants, violate, type World } from './world.ts';

/** Whatever the light said of it, a test reaches the hub, and nobody is alarmed by it. */
export function checkTests(
  world: World,
  stations: readonly SimulatedStation[],
  db: Database.Database,
): void {
  const count = (table: 'alarm' | 'station_test', key: readonly (string | undefined)[]): number =>
    Number(
      db
        .prepare(`SELECT count(*) FROM ${table} WHERE station = ? AND epoch = ? AND seq = ?`)
        .pluck()
        .get(...key),
    );
  for (const station of stations) {
    const aside = station.setAside();
    for (const [name, { type, durable }] of station.witness.made) {
      if (type !== 'test' || !durable || aside.has(name)) continue;
      const [epoch, , seq] = name.split('/');
      const key = [station.id, epoch, seq];
      const counts = { tests: count('station_test', key), alarms: count('alarm', key) };
      if (counts.tests === 1 && counts.alarms === 0) continue;
      violate(world, invariants.testOnce, `${key.join('/')}: ${JSON.stringify(counts)}`);
    }
  }
}

/** Whose call is over is shown to nobody next door any more, unless the hub takes it for long past. */
export function checkNeighbours(
  world: World,
  stations: readonly SimulatedStation[],
  db: Database.Database,
): void {
  const sql = 'SELECT epoch, seq FROM alarm WHERE resolved_ms IS NOT NULL AND stored_ms > ?';
  const since = world.trueWallMs() - neighbourToldMs;
  const resolved = new Set(
    db
      .prepare(sql)
      .all(since)
      .map((row) => alarmKeySchema.parse(row))
      .map(({ epoch, seq }) => `${epoch}/${seq}`),
  );
  for (const { id, running } of stations) {
    for (const { key, isOver } of running?.brain.state.neighbours ?? []) {
      const name = `${key.epoch}/${key.seq}`;
      if (!isOver && resolved.has(name)) violate(world, invariants.neighbour, `${id}: ${name}`);
    }
  }
}

/** What a test says of other paths is so, and the hub's troubles say the same. */
export function checkTried(world: World, hub: SimulatedHub, db: Database.Database): void {
  for (const row of db.prepare('SELECT * FROM second_path_try WHERE took_ms IS NOT NULL').all()) {
    const { station, epoch, test_seq, path, detail: via } = triedSchema.parse(row);
    const key = keyOf(station, epoch, test_seq);
    // A relay that nobody enrolled has its own ways to the hub: only the hub's word is proven.
    const isTrue =
      via === falseRelay
        ? world.facts.through(station, epoch, 'alarm') >= test_seq
        : hub.legs.wasReceipted(key, path === 'https' ? { path } : { path, via });
    if (!isTrue) violate(world, invariants.tried, `${key} ${path} ${via}`);
  }
}

const triedSchema = z.object({
  station: z.string(),
  epoch: z.string(),
  test_seq: z.int(),
  path: otherPathSchema,
  detail: z.string(),
});
