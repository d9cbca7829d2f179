import type Database from 'better-sqlite3';
import { z } from 'zod';
import type { Leg } from '../../hub/ingest/alarm-legs.ts';
import { legSchema } from '../../hub/ingest/alarm-legs.ts';
import type { Bus, BusMessage } from '../../shared/bus/bus.ts';
import { decodeHubMessage, decodeStationMessage } from '../../shared/wire/codec.ts';
import { carriedMac } from '../../shared/wire/mac.ts';
import { keyOf } from './hub-facts.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { macKeyOf } from './template.ts';
import { invariants, violate, type World } from './world.ts';

const eventSchema = z.object({
  station: z.string(),
  epoch: z.string(),
  seq: z.int(),
  detail: z.string(),
});
const paths = `SELECT station, epoch, seq, detail FROM alarm_event JOIN alarm ON alarm.id = alarm_id
  WHERE event = 'path'`;

/** Stands at the hub's doors: what comes by which, and what the hub writes down of that. */
export class LegWatch {
  readonly #world: World;
  readonly #disk: SimulatedDisk;
  readonly #file: string;
  /** What was brought by which path, whether the hub took it or not. */
  readonly #brought = new Set<string>();
  /** Alarm-lane entries for which the hub has given its receipt, by which path. */
  readonly #receipted = new Set<string>();
  /** What relays carry, by its MAC. */
  readonly #carried = new Map<string, { key: string; via: string }>();

  constructor(world: World, disk: SimulatedDisk, file: string) {
    this.#world = world;
    this.#disk = disk;
    this.#file = file;
  }

  /** A message comes in. @returns what to call once it was answered with a receipt */
  brought(process: SimulatedProcess, message: BusMessage, leg: Leg): () => void {
    const payload = Buffer.from(message.payload);
    const decoded = decodeStationMessage(payload);
    if (!decoded.ok) return () => {};
    if (decoded.value.kind === 'relay') {
      const { station: via, message: text } = decoded.value;
      const key = entryOf(Buffer.from(text));
      if (key === undefined) return () => {};
      this.#brought.add(nameOf(key, { path: 'relay', via }));
      this.#carried.set(carriedMac(Buffer.from(text)) ?? '', { key, via });
      return () => {};
    }
    const key = entryOf(payload);
    if (key === undefined) return () => {};
    this.#brought.add(nameOf(key, leg));
    const { failures } = this.#disk;
    return () => this.#answered(process, key, leg, failures);
  }

  /** The hub's bus, on which it answers relays. */
  listening(process: SimulatedProcess, bus: Pick<Bus, 'publish'>): Pick<Bus, 'publish'> {
    return {
      publish: (topic, payload, options) => {
        if (topic.endsWith('/relayed')) this.#relayed(process, Buffer.from(payload));
        return bus.publish(topic, payload, options);
      },
    };
  }

  /** Whether the hub has given its word on this entry by that path. */
  wasReceipted(key: string, leg: Leg): boolean {
    return this.#receipted.has(nameOf(key, leg));
  }

  /** No alarm has a path in its history by which it never came, or one twice. */
  check(db: Database.Database): void {
    const seen = new Set<string>();
    for (const row of db.prepare(paths).all()) {
      const { station, epoch, seq, detail } = eventSchema.parse(row);
      const name = nameOf(keyOf(station, epoch, seq), legOf(detail));
      if (!this.#brought.has(name) || seen.has(name)) {
        violate(this.#world, invariants.legs, `${name} is in the history`);
      }
      seen.add(name);
    }
  }

  #relayed(process: SimulatedProcess, payload: Buffer): void {
    const { station: via } = JSON.parse(payload.toString()) as { station: string };
    const decoded = decodeHubMessage(macKeyOf(via), payload);
    if (!decoded.ok || decoded.value.kind !== 'relayed' || decoded.value.receipt === null) return;
    const carried = this.#carried.get(decoded.value.of);
    if (carried === undefined) {
      violate(this.#world, invariants.altered, `the hub took what ${via} never brought`);
      return;
    }
    const leg: Leg = { path: 'relay', via: carried.via };
    this.#answered(process, carried.key, leg, this.#disk.failures);
  }

  /** A leg is written a moment after the receipt, by a hub that lives on and a disk that works. */
  #answered(process: SimulatedProcess, key: string, leg: Leg, failures: number): void {
    const { time, trace } = this.#world;
    const name = nameOf(key, leg);
    if (!this.#receipted.has(name) && leg.path !== 'broker') trace.met('hub', came[leg.path], key);
    this.#receipted.add(name);
    const [station, epoch, seq] = key.split('/');
    // A receipt may say that what comes before this one is still missing: then it is not stored yet.
    const isStored = this.#disk
      .handle(this.#file)
      ?.prepare('SELECT 1 FROM alarm WHERE station = ? AND epoch = ? AND seq = ?')
      .get(station, epoch, seq);
    if (isStored === undefined) return;
    time.after(1, () => {
      const db = this.#disk.handle(this.#file);
      if (!process.alive || this.#disk.failures !== failures || !db) return;
      const rows = db
        .prepare(`${paths} AND station = ? AND epoch = ? AND seq = ?`)
        .all(station, epoch, seq)
        .map((row) => nameOf(key, legOf(eventSchema.parse(row).detail)));
      if (!rows.includes(name)) violate(this.#world, invariants.legs, `${name} is not recorded`);
    });
  }
}

const came = { https: 'came over HTTPS', relay: 'came through a relay' } as const;

const nameOf = (key: string, leg: Leg): string =>
  `${key} ${leg.path}${leg.path === 'relay' ? ` ${leg.via}` : ''}`;

function legOf(detail: string): Leg {
  const { path, via = '' } = legSchema.parse(JSON.parse(detail));
  return path === 'relay' ? { path, via } : { path };
}

/** @returns the key of the alarm-lane entry that a message carries. */
function entryOf(payload: Buffer): string | undefined {
  const decoded = decodeStationMessage(payload);
  if (!decoded.ok || decoded.value.kind !== 'alarm') return undefined;
  const { station, epoch, entries } = decoded.value;
  return keyOf(station, epoch, entries[0]?.seq ?? 0);
}
