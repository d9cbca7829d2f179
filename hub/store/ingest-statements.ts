import type BetterSqlite from 'better-sqlite3';
import { type Insertable, type Selectable, sql } from 'kysely';
import { datingStatements, retentionStatements } from './dating-statements.ts';
import { type Prepare, type PrepareSet, pick, preparer, setPreparer } from './prepared.ts';
import type { Db, Schema } from './schema.ts';

export type IngestStatements = ReturnType<typeof prepareIngest>;

/** The statements that every entry goes through, compiled once. Run them inside a transaction only. */
export function prepareIngest(db: Db, sqlite: BetterSqlite.Database) {
  const [prepare, prepareSet] = [preparer(sqlite), setPreparer(sqlite)];
  return {
    ...laneStatements(db, prepare, prepareSet),
    ...ownerStatements(db, prepare, prepareSet),
    ...checkInStatements(db, prepare, prepareSet),
    ...ledgerStatements(db, prepare, prepareSet),
    ...datingStatements(db, prepare),
    ...retentionStatements(db, prepare),
  };
}

/** What the settlement of a day asks of a check-in. */
export const checkInSoFar = [
  ...(['journal_id', 'volunteer_id', 'day', 'station', 'epoch', 'seq'] as const),
  ...(['occurred_ms', 'minute', 'outcome', 'points', 'transfers'] as const),
] as const;

function laneStatements(db: Db, prepare: Prepare, prepareSet: PrepareSet) {
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
          ...pick(
            p,
            'boot',
            'boot_start_ms',
            'boot_latest_ms',
            'dated_by',
            'open_seq',
            'anew_from',
          ),
        })
        .where('id', '=', p.id),
    ),
    addEntries: prepareSet<Insertable<Schema['journal']>>()((all) =>
      db
        .insertInto('journal')
        .values(
          all.map((p) => ({
            ...pick(p, 'lane_id', 'seq', 'type', 'body', 'hash'),
            ...pick(p, 'received_ms', 'occurred_ms', 'earliest_ms', 'dated_by'),
          })),
        )
        .returning(['id', 'seq']),
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

/** Whose cards are, what is known of their taps, and what else is known of whose they are. */
function ownerStatements(db: Db, prepare: Prepare, prepareSet: PrepareSet) {
  return {
    owners: prepareSet<{ card: string }>()((all) =>
      db
        .selectFrom('card')
        .innerJoin('volunteer', 'volunteer.id', 'card.volunteer_id')
        .select(['card.token', 'card.status', 'card.since_ms'])
        .select(['volunteer.id', 'volunteer.display_name'])
        .where(
          'card.token',
          'in',
          all.map(({ card }) => card),
        ),
    ),
    cardEventsOf: prepareSet<{ card: string }>()((all) =>
      db
        .selectFrom('card_event')
        .innerJoin('volunteer', 'volunteer.id', 'card_event.volunteer_id')
        .select(['card', 'card_event.id', 'volunteer_id as volunteer', 'status'])
        .select(['from_ms as fromMs', 'volunteer.display_name as displayName'])
        .where(
          'card',
          'in',
          all.map(({ card }) => card),
        )
        .orderBy('card_event.id'),
    ),
    sunFaultsOf: prepareSet<{ journal_id: number }>()((all) =>
      db
        .selectFrom('sun_reading')
        .select(['journal_id', 'fault'])
        .where(
          'journal_id',
          'in',
          all.map(({ journal_id }) => journal_id),
        ),
    ),
    enrolmentReadsOf: prepareSet<{ journal_id: number }>()((all) =>
      db
        .selectFrom('enrolment_read')
        .select('journal_id')
        .where(
          'journal_id',
          'in',
          all.map(({ journal_id }) => journal_id),
        ),
    ),
    displayNameOf: prepare<{ volunteer: string }>()((p) =>
      db.selectFrom('volunteer').select('display_name').where('id', '=', p.volunteer),
    ),
    pausesOf: prepareSet<{ volunteer: string }>()((all) =>
      db
        .selectFrom('volunteer_pause')
        .select(['volunteer_id as volunteer', 'from_ms as fromMs', 'until_ms as untilMs'])
        .where(
          'volunteer_id',
          'in',
          all.map(({ volunteer }) => volunteer),
        ),
    ),
  };
}

function checkInStatements(db: Db, prepare: Prepare, prepareSet: PrepareSet) {
  return {
    checkInsOf: prepareSet<{ volunteer: string; day: string }>()((all) =>
      db
        .selectFrom('check_in')
        .select(checkInSoFar)
        .where((is) => is.or(all.map((p) => is.and({ day: p.day, volunteer_id: p.volunteer }))))
        .where('counts', '=', 1),
    ),
    addCheckIns: prepareSet<Insertable<Schema['check_in']>>()((all) =>
      db.insertInto('check_in').values(
        all.map((p) => ({
          ...pick(p, 'journal_id', 'volunteer_id', 'station', 'epoch', 'seq', 'card'),
          ...pick(p, 'day', 'minute', 'occurred_ms', 'counts', 'review'),
          ...pick(p, 'outcome', 'points', 'transfers'),
        })),
      ),
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

function ledgerStatements(db: Db, prepare: Prepare, prepareSet: PrepareSet) {
  return {
    addTransfers: prepareSet<Insertable<Schema['transfer']>>()((all) =>
      db.insertInto('transfer').values(
        all.map((p) => ({
          ...pick(p, 'reference', 'debit', 'credit', 'amount'),
          ...pick(p, 'code', 'at', 'check_in_id', 'reason'),
        })),
      ),
    ),
    balancesOf: prepareSet<{ account: string }>()((all) =>
      db
        .selectFrom('account')
        .select(['id', 'balance'])
        .where(
          'id',
          'in',
          all.map(({ account }) => account),
        ),
    ),
    // Written as an insert since that takes many rows; every account is there, or its transfers were refused.
    changeBalances: prepareSet<{ account: string; by: number }>()((all) =>
      db
        .insertInto('account')
        .values(all.map((p) => ({ id: p.account, volunteer_id: null, balance: p.by })))
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet((row) => ({
            balance: row('account.balance', '+', row.ref('excluded.balance')),
          })),
        ),
    ),
    addOutgoing: prepare<{ messages: string }>()((p) =>
      db.insertInto('outbox').values(pick(p, 'messages')),
    ),
  };
}
