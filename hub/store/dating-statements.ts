import type { Insertable, Selectable } from 'kysely';
import { type Prepare, pick } from './prepared.ts';
import type { Db, Schema } from './schema.ts';

/** For entries that their own clock does not date: all others go by without any of these. */
export function datingStatements(db: Db, prepare: Prepare) {
  const datedIn = (laneId: number) =>
    db
      .selectFrom('journal')
      .select(['body', 'occurred_ms', 'received_ms'])
      .where('lane_id', '=', laneId)
      .where('dated_by', '<>', 'bounds');
  return {
    findAnchor: prepare<{ station: string; boot: string }>()((p) =>
      db
        .selectFrom('boot_anchor')
        .select(['start_ms', 'learnt'])
        .where('station', '=', p.station)
        .where('boot', '=', p.boot),
    ),
    keepAnchor: prepare<Omit<Insertable<Schema['boot_anchor']>, 'id'>>()((p) =>
      db
        .insertInto('boot_anchor')
        .values(pick(p, 'station', 'boot', 'start_ms', 'learnt'))
        .onConflict((conflict) =>
          conflict.columns(['station', 'boot']).doUpdateSet(pick(p, 'start_ms', 'learnt')),
        ),
    ),
    laneById: prepare<{ id: number }>()((p) =>
      db.selectFrom('lane').selectAll().where('id', '=', p.id),
    ),
    entriesFrom: prepare<{ lane_id: number; from: number; limit: number }>()((p) =>
      db
        .selectFrom('journal')
        .select(['id', 'seq', 'type', 'body'])
        .select(['received_ms', 'occurred_ms', 'earliest_ms', 'dated_by'])
        .where('lane_id', '=', p.lane_id)
        .where('seq', '>=', p.from)
        .orderBy('seq')
        .limit(p.limit),
    ),
    datedBefore: prepare<{ lane_id: number; seq: number }>()((p) =>
      datedIn(p.lane_id).where('seq', '<', p.seq).orderBy('seq', 'desc').limit(1),
    ),
    datedBehind: prepare<{ lane_id: number; seq: number }>()((p) =>
      datedIn(p.lane_id).where('seq', '>', p.seq).orderBy('seq').limit(1),
    ),
    dateEntry: prepare<
      Pick<Selectable<Schema['journal']>, 'id' | 'occurred_ms' | 'earliest_ms' | 'dated_by'>
    >()((p) =>
      db
        .updateTable('journal')
        .set(pick(p, 'occurred_ms', 'earliest_ms', 'dated_by'))
        .where('id', '=', p.id),
    ),
    checkInOf: prepare<{ journal_id: number }>()((p) =>
      db
        .selectFrom('check_in')
        .leftJoin('sun_reading', 'sun_reading.journal_id', 'check_in.journal_id')
        .leftJoin('enrolment_read', 'enrolment_read.journal_id', 'check_in.journal_id')
        .selectAll('check_in')
        .select(['sun_reading.journal_id as proved', 'enrolment_read.journal_id as read'])
        .where('check_in.journal_id', '=', p.journal_id),
    ),
    placeCheckIn: prepare<
      Pick<
        Selectable<Schema['check_in']>,
        'journal_id' | 'day' | 'minute' | 'occurred_ms' | 'counts' | 'review'
      >
    >()((p) =>
      db
        .updateTable('check_in')
        .set(pick(p, 'day', 'minute', 'occurred_ms', 'counts', 'review'))
        .where('journal_id', '=', p.journal_id),
    ),
  };
}

export const retentionStatements = (db: Db, prepare: Prepare) => ({
  /** Before this local date nothing is settled any more. */
  firstDayKept: prepare<object>()(() =>
    db
      .selectFrom('retention_run')
      .select(({ fn }) => fn.max<string | null>('before_day').as('day'))
      .where('volunteer_id', 'is', null),
  ),
});
