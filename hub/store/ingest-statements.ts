import type BetterSqlite from 'better-sqlite3';
import { type Insertable, type Selectable, sql } from 'kysely';
import { datingStatements } from './dating-statements.ts';
import { type Prepare, pick, preparer } from './prepared.ts';
import type { Db, Schema } from './schema.ts';

export type IngestStatements = ReturnType<typeof prepareIngest>;

/** The statements that every entry goes through, compiled once. Run them inside a transaction only. */
export function prepareIngest(db: Db, sqlite: BetterSqlite.Database) {
  const prepare = preparer(sqlite);
  return {
    ...laneStatements(db, prepare),
    ...ownerStatements(db, prepare),
    ...checkInStatements(db, prepare),
    ...ledgerStatements(db, prepare),
    ...datingStatements(db, prepare),
  };
}

function laneStatements(db: Db, prepare: Prepare) {
  return {
    findLane: prepare<{ station: string; epoch: string; name: string }>()((p) =>
      db
        .selectFrom('lane')
        .selectAll()
        .where('station', '=', p.station)
        .where('epoch', '=', p.epoch)
        .where('name', '=', p.name),
    ),
    addLane: prepare<{ station: string; epoch: string; name: string; hash: string }>()((p) =>
      db
        .insertInto('lane')
        .values({ ...pick(p, 'station', 'epoch', 'name', 'hash'), through: 0, dated_ms: 0 })
        .returningAll(),
    ),
    moveLane: prepare<Omit<Selectable<Schema['lane']>, 'station' | 'epoch' | 'name'>>()((p) =>
      db
        .updateTable('lane')
        .set({
          ...pick(p, 'through', 'hash', 'dated_ms'),
          ...pick(p, 'boot', 'boot_start_ms', 'dated_by', 'open_seq', 'anew_from'),
        })
        .where('id', '=', p.id),
    ),
    addEntry: prepare<Insertable<Schema['journal']>>()((p) =>
      db
        .insertInto('journal')
        .values({
          ...pick(p, 'lane_id', 'seq', 'type', 'body', 'hash'),
          ...pick(p, 'received_ms', 'occurred_ms', 'earliest_ms', 'dated_by'),
        })
        .returning('id'),
    ),
    hashesOf: prepare<{ lane_id: number; from: number; through: number }>()((p) =>
      db
        .selectFrom('journal')
        .select(['seq', 'hash'])
        .where('lane_id', '=', p.lane_id)
        .where('seq', '>=', p.from)
        .where('seq', '<=', p.through),
    ),
    outcomesOf: prepare<{ lane_id: number; from: number; through: number }>()((p) =>
      db
        .selectFrom('journal')
        .leftJoin('check_in', 'check_in.journal_id', 'journal.id')
        .select(['journal.seq', 'check_in.outcome', 'check_in.points'])
        .where('journal.lane_id', '=', p.lane_id)
        .where('journal.seq', '>=', p.from)
        .where('journal.seq', '<=', p.through)
        .orderBy('journal.seq'),
    ),
  };
}

/** Whose a card is, and what else is known of whose it is. */
function ownerStatements(db: Db, prepare: Prepare) {
  return {
    ownerOf: prepare<{ card: string }>()((p) =>
      db
        .selectFrom('card')
        .innerJoin('volunteer', 'volunteer.id', 'card.volunteer_id')
        .select(['volunteer.id', 'volunteer.display_name', 'card.status', 'card.since_ms'])
        .where('card.token', '=', p.card),
    ),
    displayNameOf: prepare<{ volunteer: string }>()((p) =>
      db.selectFrom('volunteer').select('display_name').where('id', '=', p.volunteer),
    ),
    pausesOf: prepare<{ volunteer: string }>()((p) =>
      db
        .selectFrom('volunteer_pause')
        .select(['from_ms as fromMs', 'until_ms as untilMs'])
        .where('volunteer_id', '=', p.volunteer),
    ),
    cardEventsOf: prepare<{ card: string }>()((p) =>
      db
        .selectFrom('card_event')
        .innerJoin('volunteer', 'volunteer.id', 'card_event.volunteer_id')
        .select(['card_event.id', 'volunteer_id as volunteer', 'status', 'from_ms as fromMs'])
        .select('volunteer.display_name')
        .where('card', '=', p.card),
    ),
  };
}

function checkInStatements(db: Db, prepare: Prepare) {
  return {
    checkInsOf: prepare<{ volunteer: string; day: string }>()((p) =>
      db
        .selectFrom('check_in')
        .selectAll()
        .where('volunteer_id', '=', p.volunteer)
        .where('day', '=', p.day)
        .where('counts', '=', 1),
    ),
    addCheckIn: prepare<Insertable<Schema['check_in']>>()((p) =>
      db.insertInto('check_in').values({
        ...pick(p, 'journal_id', 'volunteer_id', 'station', 'epoch', 'seq', 'card'),
        ...pick(p, 'day', 'minute', 'occurred_ms', 'counts', 'review'),
        ...pick(p, 'outcome', 'points', 'transfers'),
      }),
    ),
    changeCheckIn: prepare<{
      journal_id: number;
      outcome: string;
      points: number;
      transfers: number;
    }>()((p) =>
      db
        .updateTable('check_in')
        .set(pick(p, 'outcome', 'points', 'transfers'))
        .where('journal_id', '=', p.journal_id),
    ),
    ownCheckIn: prepare<
      Pick<Selectable<Schema['check_in']>, 'journal_id' | 'volunteer_id' | 'counts' | 'outcome'>
    >()((p) =>
      db
        .updateTable('check_in')
        .set(pick(p, 'volunteer_id', 'counts', 'outcome'))
        .where('journal_id', '=', p.journal_id),
    ),
    policyOf: prepare<{ day: string }>()((p) =>
      db
        .selectFrom('policy')
        .select(['version', 'body'])
        .where('effective_from', '<=', p.day)
        .orderBy('effective_from', 'desc')
        .orderBy('version', 'desc')
        .limit(1),
    ),
    policiesFrom: prepare<{ after: string; to: string }>()((p) =>
      db
        .selectFrom('policy')
        .select('body')
        .where('effective_from', '>', p.after)
        .where('effective_from', '<=', p.to),
    ),
    pointsOfDays: prepare<VolunteerDays>()((p) =>
      checkInsOn(db, p).select(({ fn }) => fn.sum<number | null>('points').as('points')),
    ),
    daysWithCheckIns: prepare<VolunteerDays>()((p) => checkInsOn(db, p).select('day').distinct()),
  };
}

/** `days` as JSON: each is a look-up of its own in the index by day, which a range of days would not be. */
interface VolunteerDays {
  readonly volunteer: string;
  readonly days: string;
}

const checkInsOn = (db: Db, { volunteer, days }: VolunteerDays) =>
  db
    .selectFrom('check_in')
    .where('day', 'in', sql<string>`(SELECT value FROM json_each(${days}))`)
    .where('volunteer_id', '=', volunteer)
    .where('counts', '=', 1);

function ledgerStatements(db: Db, prepare: Prepare) {
  return {
    addTransfer: prepare<Insertable<Schema['transfer']>>()((p) =>
      db.insertInto('transfer').values({
        ...pick(p, 'reference', 'debit', 'credit', 'amount'),
        ...pick(p, 'code', 'at', 'check_in_id', 'reason'),
      }),
    ),
    changeBalance: prepare<{ account: string; by: number }>()((p) =>
      db
        .updateTable('account')
        .set((eb) => ({ balance: eb('balance', '+', p.by) }))
        .where('id', '=', p.account)
        .returning('balance'),
    ),
    balanceOf: prepare<{ account: string }>()((p) =>
      db.selectFrom('account').select('balance').where('id', '=', p.account),
    ),
    addOutgoing: prepare<{ messages: string }>()((p) =>
      db.insertInto('outbox').values(pick(p, 'messages')),
    ),
  };
}
