import type { Selectable } from 'kysely';
import { z } from 'zod';
import { newTestRequest } from '../../shared/ids.ts';
import { type OtherPath, otherPathSchema } from '../../shared/wire/entry.ts';
import { announceEveryFor } from '../domain/presence.ts';
import { Outgoing } from '../feed/outgoing.ts';
import type { Store } from '../store/open-store.ts';
import type { Db, Schema, Trx } from '../store/schema.ts';
import { noteAction, Refusal } from './registry.ts';

/** A test as the station's light concluded it; `light` is null until the station says so. */
export const shownTests = (db: Db | Trx) =>
  db
    .selectFrom('station_test')
    .leftJoin('test_shown', (join) =>
      join
        .onRef('test_shown.station', '=', 'station_test.station')
        .onRef('test_shown.epoch', '=', 'station_test.epoch')
        .onRef('test_shown.test_seq', '=', 'station_test.seq'),
    )
    .selectAll('station_test')
    .select([
      'test_shown.light',
      'test_shown.took_ms as lightTookMs',
      'test_shown.in_time as isInTime',
    ]);

/** @returns when each station's way was last tried with success, by station. */
export async function lastTests(db: Db): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom(shownTests(db).as('test'))
    .select(['station', ({ fn }) => fn.max('at_ms').as('atMs')])
    .where('isInTime', '=', 1)
    .where('timed_out_ms', 'is', null)
    .groupBy('station')
    .execute();
  return new Map(rows.flatMap(({ station, atMs }) => (atMs === null ? [] : [[station, atMs]])));
}

export interface TestRequest {
  readonly station: string;
  readonly by: string;
  readonly atMs?: number;
  readonly newRequest?: () => string;
}

/**
 * Asks a station to try the alarm's whole way.
 * @returns the test's number
 * @throws Refusal when there is no such station, or it is not connected: a test that is done at some
 * later time would tell nothing
 */
export function askForTest(
  { db }: Pick<Store, 'db'>,
  { station, by, atMs = Date.now(), newRequest = newTestRequest }: TestRequest,
): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await refuseStranger(trx, station);
    const presence = await trx
      .selectFrom('station_presence')
      .select('state')
      .where('station', '=', station)
      .executeTakeFirst();
    if (presence?.state !== 'online') {
      throw new Refusal(`station ${station} is ${presence?.state ?? 'not heard of yet'}`);
    }
    const request = newRequest();
    const { id } = await trx
      .insertInto('station_test')
      .values({ station, by: 'operator', request, operator: by, requested_ms: atMs })
      .returning('id')
      .executeTakeFirstOrThrow();
    await noteAction(trx, by, 'station test', station, { test: id }, atMs);
    const outgoing = new Outgoing();
    outgoing.command(station, { name: 'test', request });
    await outgoing.store(trx);
    return id;
  });
}

/** One other path of a test. `answered` is null until the station says what came of it. */
export interface TestedPath {
  readonly path: OtherPath;
  readonly answered: boolean | null;
  readonly tookMs: number | null;
  readonly detail: string;
}

/**
 * @returns a test as it stands; `storedAt` is null until the station's entry is here, `timedOutAt` unless
 * it was given up before, and `light` until the station says what its light said in the end. Only then
 * has a test gone the whole way (`inTime`).
 */
export async function testOf({ db }: Pick<Store, 'db'>, id: number) {
  const row = await shownTests(db).where('station_test.id', '=', id).executeTakeFirstOrThrow();
  return described(db, row);
}

/** @returns the latest tests, newest first, of one station or of all; at most `max`. @throws Refusal */
export async function listTests(
  { db }: Pick<Store, 'db'>,
  { station, max }: { station?: string | undefined; max: number },
) {
  let query = shownTests(db).orderBy('station_test.id', 'desc').limit(max);
  if (station !== undefined) {
    const known = db.selectFrom('station').select('id').where('id', '=', station);
    if (!(await known.executeTakeFirst())) throw new Refusal(`there is no station ${station}`);
    query = query.where('station_test.station', '=', station);
  }
  const rows = await query.execute();
  return Promise.all(rows.map((row) => described(db, row)));
}

type ShownTest = Awaited<ReturnType<ReturnType<typeof shownTests>['executeTakeFirstOrThrow']>>;

async function described(db: Db, row: ShownTest) {
  const { id, station, by, operator, stored_ms: storedMs, requested_ms: requestedMs } = row;
  const tookMs = storedMs === null || requestedMs === null ? null : storedMs - requestedMs;
  const legs: unknown = row.legs === null ? null : JSON.parse(row.legs);
  return {
    ...{ id, station, by, operator, requestedAt: timeText(requestedMs) },
    ...{ storedAt: timeText(storedMs), timedOutAt: timeText(row.timed_out_ms) },
    ...{ light: row.light, lightTookMs: row.lightTookMs },
    ...{ inTime: row.isInTime === 1 && row.timed_out_ms === null, tookMs, legs },
    paths: await pathsOf(db, row),
  };
}

const timeText = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString();

async function pathsOf(
  db: Db,
  { station, epoch, seq, paths }: Selectable<Schema['station_test']>,
): Promise<TestedPath[]> {
  if (epoch === null || seq === null || paths === null) return [];
  const tried = await db
    .selectFrom('second_path_try')
    .select(['path', 'took_ms as tookMs', 'detail'])
    .where('station', '=', station)
    .where('epoch', '=', epoch)
    .where('test_seq', '=', seq)
    .execute();
  return pathsSchema.parse(JSON.parse(paths)).map((path) => {
    const said = tried.find((one) => one.path === path);
    if (said === undefined) return { path, answered: null, tookMs: null, detail: '' };
    return { ...said, answered: said.tookMs !== null };
  });
}

const pathsSchema = z.array(otherPathSchema);

/**
 * Says how long a station may be silent before that is trouble, and tells the station to speak often
 * enough for it. One that is away hears of it when it is back.
 * @param silentAfterMs undefined for what holds for all stations, which is `defaultMs`
 * @throws Refusal when there is no such station
 */
export async function watchStation(
  { db }: Pick<Store, 'db'>,
  station: string,
  { silentAfterMs, defaultMs }: { silentAfterMs: number | undefined; defaultMs: number },
  by: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await refuseStranger(trx, station);
    await trx
      .updateTable('station')
      .set({ silent_after_ms: silentAfterMs ?? null })
      .where('id', '=', station)
      .execute();
    const detail = { silentAfterMs: silentAfterMs ?? 'default' };
    await noteAction(trx, by, 'station watch', station, detail);
    const outgoing = new Outgoing();
    const everyMs = announceEveryFor(silentAfterMs ?? defaultMs);
    outgoing.command(station, { name: 'announce-every', everyMs });
    await outgoing.store(trx);
  });
}

async function refuseStranger(trx: Trx, station: string): Promise<void> {
  const known = await trx
    .selectFrom('station')
    .select('revoked_at')
    .where('id', '=', station)
    .executeTakeFirst();
  if (!known) throw new Refusal(`there is no station ${station}`);
  if (known.revoked_at !== null) throw new Refusal(`station ${station} was revoked`);
}
