import {
  type AlarmCause,
  type AlarmLife,
  acknowledge,
  type Mark,
  phaseOf,
  resolve,
} from '../domain/alarm.ts';
import { type FalseAlarmRule, falseAlarmRuleSchema } from '../domain/false-alarms.ts';
import { Outgoing } from '../feed/outgoing.ts';
import { addAlarmEvent } from '../ingest/alarm-rows.ts';
import { tellNeighbours } from '../ingest/neighbour-rows.ts';
import type { Store } from '../store/open-store.ts';
import type { Db, Trx } from '../store/schema.ts';
import { tellSuggestion } from './false-alarms.ts';
import { noteAction, Refusal, refuseBlank } from './registry.ts';

export interface AlarmLine {
  readonly id: number;
  readonly station: string;
  readonly stationName: string;
  readonly state: 'raised' | 'acknowledged' | 'resolved';
  readonly raisedAt: string;
  readonly acknowledgedBy: string | null;
  readonly resolvedBy: string | null;
  readonly cause: string | null;
  readonly mistake: boolean;
  /** Everybody on the ladder was told, and nobody has answered. */
  readonly exhausted: boolean;
}

/** @returns the alarms that no person has resolved yet, oldest first; with `all`, every alarm. */
export async function listAlarms({ db }: Store, { all = false } = {}): Promise<AlarmLine[]> {
  let query = db
    .selectFrom('alarm')
    .innerJoin('station', 'station.id', 'alarm.station')
    .selectAll('alarm')
    .select('station.name as station_name')
    .select(({ selectFrom }) =>
      selectFrom('alarm_event')
        .select('alarm_event.id')
        .whereRef('alarm_id', '=', 'alarm.id')
        .where('event', '=', 'exhausted')
        .limit(1)
        .as('exhausted'),
    )
    .orderBy('alarm.id');
  if (!all) query = query.where('alarm.resolved_ms', 'is', null);
  const rows = await query.execute();
  return rows.map((row) => ({
    id: row.id,
    station: row.station,
    stationName: row.station_name,
    state: phaseOf(lifeOf(row)),
    raisedAt: new Date(row.raised_ms).toISOString(),
    acknowledgedBy: row.acknowledged_by,
    resolvedBy: row.resolved_by,
    cause: row.cause,
    mistake: row.mistake_ms !== null,
    exhausted: row.acknowledged_ms === null && row.exhausted !== null,
  }));
}

/**
 * The first operator wins.
 * @throws Refusal saying who was first, and when; or that there is no such alarm, or no name
 */
export async function acknowledgeAlarm(
  { db }: Store,
  id: number,
  by: string,
  atMs = Date.now(),
): Promise<void> {
  refuseBlank(by);
  await db.transaction().execute(async (trx) => {
    const row = await findAlarm(trx, id);
    const step = acknowledge(lifeOf(row), { by, atMs });
    if (!step.ok) throw new Refusal(`alarm ${id} was ${step.problem}`);
    await trx
      .updateTable('alarm')
      .set({ acknowledged_ms: atMs, acknowledged_by: by })
      .where('id', '=', id)
      .execute();
    await tellAll(trx, row, 'acknowledged', { by, atMs });
  });
}

/**
 * Ends an alarm, with a cause and a note. One that nobody acknowledged can be resolved too, and stays unacknowledged.
 * One that brings its station over the limit of false alarms makes a suggestion on the feed.
 * @throws Refusal saying who resolved it already, and when; or that there is no such alarm, name or note
 */
export async function resolveAlarm(
  { db }: Store,
  id: number,
  by: string,
  judgement: { cause: AlarmCause; note: string },
  atMs = Date.now(),
  falseAlarms: FalseAlarmRule = falseAlarmRuleSchema.parse({}),
): Promise<void> {
  refuseBlank(by);
  refuseBlank(judgement.note, 'the note');
  await db.transaction().execute(async (trx) => {
    const row = await findAlarm(trx, id);
    const step = resolve(lifeOf(row), { by, atMs }, judgement);
    if (!step.ok) throw new Refusal(`alarm ${id} was ${step.problem}`);
    await trx
      .updateTable('alarm')
      .set({ resolved_ms: atMs, resolved_by: by, ...judgement })
      .where('id', '=', id)
      .execute();
    const { cause, note } = judgement;
    await tellAll(trx, row, 'resolved', { by, atMs }, { cause }, { note });
    await tellSuggestion(trx, row, falseAlarms, atMs);
  });
}

type AlarmRow = Awaited<ReturnType<typeof findAlarm>>;

/** @throws Refusal when there is no such alarm */
export async function findAlarm(trx: Db | Trx, id: number) {
  const row = await trx
    .selectFrom('alarm')
    .innerJoin('station', 'station.id', 'alarm.station')
    .selectAll('alarm')
    .select('station.name as station_name')
    .where('alarm.id', '=', id)
    .executeTakeFirst();
  if (!row) throw new Refusal(`there is no alarm ${id}`);
  return row;
}

export const lifeOf = (row: {
  acknowledged_ms: number | null;
  acknowledged_by: string | null;
  resolved_ms: number | null;
  resolved_by: string | null;
}): AlarmLife => ({
  ...(row.acknowledged_ms === null
    ? {}
    : { acknowledged: { by: row.acknowledged_by ?? '', atMs: row.acknowledged_ms } }),
  // Cause and note decide nothing here: that it is resolved, and by whom, does.
  ...(row.resolved_ms === null
    ? {}
    : {
        resolved: { by: row.resolved_by ?? '', atMs: row.resolved_ms, cause: 'real', note: '' },
      }),
});

/**
 * History, audit, feed, station and whoever was called: told together with the change itself, or not at all.
 * @param said what an operator wrote: it may name people, and does not go on the feed
 */
async function tellAll(
  trx: Trx,
  row: AlarmRow,
  state: 'acknowledged' | 'resolved',
  { by, atMs: at }: Mark,
  open: object = {},
  said: object = {},
): Promise<void> {
  const alarm = { epoch: row.epoch, seq: row.seq };
  const detail = { ...open, ...said };
  await addAlarmEvent(trx, { alarm: row.id, at, event: state, by, detail: JSON.stringify(detail) });
  await trx.insertInto('untold_answer').values({ alarm_id: row.id, state }).execute();
  await noteAction(trx, by, `alarm ${state}`, String(row.id), detail, at);
  const { station, station_name: stationName } = row;
  const outgoing = new Outgoing();
  outgoing.toFeed('alarm', at, {
    station,
    stationName,
    alarm,
    alarmId: row.id,
    state,
    by,
    ...open,
  });
  outgoing.toStation(station, alarm, state);
  await tellNeighbours({ trx, outgoing }, { station, stationName, alarm }, state);
  await outgoing.store(trx);
}
