import { sql } from 'kysely';
import type { Matter } from '../domain/day-close.ts';
import type { Db, Trx } from '../store/schema.ts';

/** One kind of matters that a day has to clear. */
export interface DayMatters {
  /** @returns those that no close has found done, in the order in which they began. */
  uncleared(trx: Db | Trx): Promise<Matter[]>;
}

export const alarmMatters: DayMatters = {
  async uncleared(trx) {
    const subject = sql<string>`'alarm:' || alarm.id`;
    const rows = await trx
      .selectFrom('alarm')
      .leftJoin('station', 'station.id', 'alarm.station')
      .selectAll('alarm')
      .select(['station.name as station_name', subject.as('subject')])
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('day_cleared').select('day').whereRef('subject', '=', subject))),
      )
      .orderBy('raised_ms')
      .orderBy('alarm.id')
      .execute();
    return rows.map((row) => ({
      ...{ subject: row.subject, station: row.station, stationName: row.station_name },
      what: row.mistake_ms === null ? 'alarm' : 'alarm, marked as a mistake',
      ...{ beganMs: row.raised_ms, storedMs: row.stored_ms },
      acknowledged: markOf(row.acknowledged_by, row.acknowledged_ms),
      done:
        row.resolved_ms === null
          ? null
          : { by: row.resolved_by, atMs: row.resolved_ms, cause: row.cause },
    }));
  },
};

const markOf = (by: string | null, atMs: number | null) =>
  by === null || atMs === null ? null : { by, atMs };

/** Troubles, each with a beginning and an end. */
export const troubleMatters: DayMatters = {
  async uncleared(trx) {
    const rows = await trx
      .selectFrom('trouble')
      .leftJoin('station', 'station.id', 'trouble.station')
      .selectAll('trouble')
      .select('station.name as station_name')
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('day_cleared')
              .select('subject')
              .where('subject', '=', sql<string>`'trouble:' || trouble.id`),
          ),
        ),
      )
      .orderBy('begun_ms')
      .orderBy('trouble.id')
      .execute();
    return rows.map((row) => ({
      ...{ subject: `trouble:${row.id}`, station: row.station, stationName: row.station_name },
      what: [row.kind, row.part, row.detail].filter(Boolean).join(': '),
      ...{ beganMs: row.begun_ms, storedMs: null, acknowledged: null },
      done:
        row.ended_ms === null
          ? null
          : { by: row.ended_by ?? null, atMs: row.ended_ms, cause: null },
    }));
  },
};

/** All that a day has to clear. */
export const allMatters: readonly DayMatters[] = [alarmMatters, troubleMatters];
