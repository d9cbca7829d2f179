import type Database from 'better-sqlite3';
import { neighbourToldMs } from '../../hub/ingest/neighbour-rows.ts';
import { alarmKeySchema } from '../../shared/wire/messages.ts';
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
