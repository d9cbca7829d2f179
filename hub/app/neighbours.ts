import { distanceM, type Position } from '../domain/distance.ts';
import { Outgoing } from '../feed/outgoing.ts';
import { endCallsFor } from '../ingest/neighbour-rows.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';
import { noteAction, Refusal } from './registry.ts';

/** Whoever is further off is no neighbour: a station that calls for help would ring half a city. */
export const withinMax = 20_000;
/** Each is told in the commit of the alarm itself, which must not wait for a city to be written down. */
export const neighboursMax = 200;

/** Whom a station tells when it calls for help, and why it is they. */
export interface Neighbours {
  /** Metres, when whoever is so near is one; null when they were chosen one by one, or not at all. */
  readonly within: number | null;
  readonly neighbours: readonly {
    readonly id: string;
    readonly name: string;
    /** Metres, where both stations have a position. */
    readonly distance: number | null;
  }[];
}

/** @throws Refusal when there is no such station */
export async function listNeighbours(
  { db }: Pick<Store, 'db'>,
  station: string,
): Promise<Neighbours> {
  return db.transaction().execute(async (trx) => {
    await refuseUnknown(trx, station);
    const within = await withinOf(trx, station);
    const at = await positionOf(trx, station);
    const rows = await trx
      .selectFrom('station_neighbour')
      .innerJoin('station', 'station.id', 'neighbour')
      .leftJoin('station_position as position', 'position.station', 'neighbour')
      .select(['station.id', 'name', 'latitude', 'longitude'])
      .where('station_neighbour.station', '=', station)
      .orderBy('name')
      .execute();
    const neighbours = rows.map(({ id, name, latitude, longitude }) => {
      const isPlaced = at !== undefined && latitude !== null && longitude !== null;
      const distance = isPlaced ? Math.round(distanceM(at, { latitude, longitude })) : null;
      return { id, name, distance };
    });
    return { within, neighbours };
  });
}

/**
 * Chooses who is told at once when this station calls for help, instead of whoever was; nobody, for none.
 * @throws Refusal when one of them is unknown, revoked, the station itself, or there are too many
 */
export async function setNeighbours(
  { db }: Pick<Store, 'db'>,
  station: string,
  chosen: readonly string[],
  by: string,
): Promise<void> {
  const neighbours = [...new Set(chosen)].sort();
  await db.transaction().execute(async (trx) => {
    await refuseUnknown(trx, station);
    if (neighbours.includes(station)) throw new Refusal('a station is no neighbour of its own');
    for (const one of neighbours) await refuseUnknown(trx, one);
    await trx.deleteFrom('neighbour_rule').where('station', '=', station).execute();
    await replace(trx, station, neighbours);
    await noteAction(trx, by, 'station neighbours', station, { neighbours });
  });
}

/**
 * Whoever is so near is a neighbour, from now on and as stations are placed.
 * @param within metres
 * @throws Refusal when the station has no position, or there are too many so near
 */
export async function setNeighboursWithin(
  { db }: Pick<Store, 'db'>,
  station: string,
  within: number,
  by: string,
): Promise<void> {
  if (within > withinMax) throw new Refusal(`${withinMax} m at most`);
  await db.transaction().execute(async (trx) => {
    await refuseUnknown(trx, station);
    const at = await positionOf(trx, station);
    if (!at) throw new Refusal(`${station} has no position: say where it is with "station place"`);
    await trx
      .insertInto('neighbour_rule')
      .values({ station, within_m: within })
      .onConflict((conflict) => conflict.column('station').doUpdateSet({ within_m: within }))
      .execute();
    const neighbours = await follow(trx, station, at, within);
    await noteAction(trx, by, 'station neighbours', station, { within, neighbours });
  });
}

/**
 * Says where a station is. Neighbours that are made of distances follow: its own, and those of whom it
 * is now near or far; each change is an action of its own.
 * @throws Refusal when there is no such station, or some station would have too many neighbours
 */
export async function placeStation(
  { db }: Pick<Store, 'db'>,
  station: string,
  position: Position,
  by: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await refuseUnknown(trx, station);
    await trx
      .insertInto('station_position')
      .values({ station, ...position })
      .onConflict((conflict) => conflict.column('station').doUpdateSet({ ...position }))
      .execute();
    await noteAction(trx, by, 'station place', station, position);
    const own = await withinOf(trx, station);
    if (own !== null) {
      const neighbours = await follow(trx, station, position, own);
      await noteAction(trx, by, 'station neighbours', station, { within: own, neighbours });
    }
    await join(trx, station, position, by);
  });
}

/** Those whose neighbours are made of distances: does this station, where it is now, belong to them? */
async function join(trx: Trx, placed: string, position: Position, by: string): Promise<void> {
  const rules = await trx
    .selectFrom('neighbour_rule as rule')
    .innerJoin('station_position as position', 'position.station', 'rule.station')
    .leftJoin('station_neighbour as known', (on) =>
      on.onRef('known.station', '=', 'rule.station').on('known.neighbour', '=', placed),
    )
    .select(['rule.station as station', 'within_m', 'latitude', 'longitude', 'known.neighbour'])
    .where('rule.station', '<>', placed)
    .execute();
  for (const { station, within_m: within, neighbour, ...at } of rules) {
    const isNear = distanceM(at, position) <= within;
    if (isNear === (neighbour !== null)) continue;
    const pair = { station, neighbour: placed };
    if (isNear) {
      await trx.insertInto('station_neighbour').values(pair).execute();
      await refuseTooMany(trx, station);
    } else {
      await trx
        .deleteFrom('station_neighbour')
        .where('station', '=', station)
        .where('neighbour', '=', placed)
        .execute();
      await endCalls(trx, station, [placed]);
    }
    const change = isNear ? { added: placed } : { removed: placed };
    await noteAction(trx, by, 'station neighbours', station, { within, ...change });
  }
}

/** Makes whoever is so near a neighbour, and nobody else. @returns who that is */
async function follow(
  trx: Trx,
  station: string,
  at: Position,
  within: number,
): Promise<readonly string[]> {
  const others = await trx
    .selectFrom('station_position as position')
    .innerJoin('station', 'station.id', 'position.station')
    .select(['id', 'latitude', 'longitude'])
    .where('id', '<>', station)
    .where('revoked_at', 'is', null)
    .orderBy('id')
    .execute();
  const near = others.filter((other) => distanceM(at, other) <= within).map(({ id }) => id);
  await replace(trx, station, near);
  return near;
}

async function replace(trx: Trx, station: string, neighbours: readonly string[]): Promise<void> {
  if (neighbours.length > neighboursMax) refuseMany(station, neighbours.length);
  const before = await trx
    .deleteFrom('station_neighbour')
    .where('station', '=', station)
    .returning('neighbour')
    .execute();
  const removed = before.map(({ neighbour }) => neighbour).filter((id) => !neighbours.includes(id));
  await endCalls(trx, station, removed);
  if (neighbours.length === 0) return;
  const pairs = neighbours.map((neighbour) => ({ station, neighbour }));
  await trx.insertInto('station_neighbour').values(pairs).execute();
}

async function endCalls(trx: Trx, station: string, removed: readonly string[]): Promise<void> {
  const outgoing = new Outgoing();
  await endCallsFor({ trx, outgoing }, station, removed);
  await outgoing.store(trx);
}

async function refuseTooMany(trx: Trx, station: string): Promise<void> {
  const { n } = await trx
    .selectFrom('station_neighbour')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('station', '=', station)
    .executeTakeFirstOrThrow();
  if (Number(n) > neighboursMax) refuseMany(station, Number(n));
}

function refuseMany(station: string, count: number): never {
  throw new Refusal(`${station} would have ${count} neighbours, ${neighboursMax} at most`);
}

async function withinOf(trx: Trx, station: string): Promise<number | null> {
  const query = trx.selectFrom('neighbour_rule').select('within_m').where('station', '=', station);
  return (await query.executeTakeFirst())?.within_m ?? null;
}

const positionOf = (trx: Trx, station: string): Promise<Position | undefined> =>
  trx
    .selectFrom('station_position')
    .select(['latitude', 'longitude'])
    .where('station', '=', station)
    .executeTakeFirst();

async function refuseUnknown(trx: Trx, station: string): Promise<void> {
  const row = await trx
    .selectFrom('station')
    .select('revoked_at')
    .where('id', '=', station)
    .executeTakeFirst();
  if (!row) throw new Refusal(`there is no station ${station}`);
  if (row.revoked_at !== null) throw new Refusal(`station ${station} was revoked`);
}
