import { z } from 'zod';
import { alarmCauses } from '../domain/alarm.ts';
import { addAlarmEvent } from '../ingest/alarm-rows.ts';
import type { Answered, Notice } from '../notify/notifier.ts';
import type { Db } from '../store/schema.ts';
import { callEvents, calledBy, readClimb } from './ladder-rows.ts';
import { noticeId } from './notice-id.ts';

/** An answer that those who were called for the alarm are to be told. */
export interface UntoldAnswer {
  readonly alarm: number;
  readonly state: Answered['state'];
}

/** @returns what is still to be told, the acknowledgement of an alarm before its resolution. */
export const readUntold = (db: Db): Promise<UntoldAnswer[]> =>
  db
    .selectFrom('untold_answer')
    .select(['alarm_id as alarm', 'state'])
    .orderBy('alarm_id')
    .orderBy('state') // 'acknowledged' is before 'resolved'
    .execute();

/** Everybody has been told, or nobody had been called. */
export async function removeUntold(db: Db, { alarm, state }: UntoldAnswer): Promise<void> {
  await db
    .deleteFrom('untold_answer')
    .where('alarm_id', '=', alarm)
    .where('state', '=', state)
    .execute();
}

const saidSchema = z.object({ state: z.string(), notifier: z.string() });

/** @returns whom to tell: who was called, without those of whom it is known that they were told. */
export async function whomToTell(
  db: Db,
  { alarm, state }: UntoldAnswer,
  calledBesides: Iterable<string>,
): Promise<string[]> {
  const { called } = await readClimb(db, alarm);
  const events = await db
    .selectFrom('alarm_event')
    .select('detail')
    .where('alarm_id', '=', alarm)
    .where('event', 'in', ['answer-told', 'answer-not-told'])
    .execute();
  const told = events
    .map(({ detail }) => saidSchema.parse(JSON.parse(detail ?? '{}')))
    .filter((said) => said.state === state)
    .map(({ notifier }) => notifier);
  return [...new Set([...called, ...calledBesides])].filter((name) => !told.includes(name));
}

/**
 * @returns who was called for any alarm of that station and has not been told since then that one was
 * resolved: a place that knows but one alarm of a station at a time is told of the end of the last one,
 * whichever it was called for
 */
export async function whoWaitsForTheEnd(db: Db, station: string): Promise<Set<string>> {
  const events = await db
    .selectFrom('alarm_event')
    .innerJoin('alarm', 'alarm.id', 'alarm_event.alarm_id')
    .select(['event', 'detail'])
    .where('station', '=', station)
    .where('event', 'in', [...callEvents, 'answer-told'])
    .orderBy('alarm_event.id')
    .execute();
  const waiting = new Set<string>();
  for (const { event, detail } of events) {
    const said: unknown = JSON.parse(detail ?? '{}');
    if (event !== 'answer-told') for (const name of calledBy(said)) waiting.add(name);
    else {
      const { state, notifier } = saidSchema.parse(said);
      if (state === 'resolved') waiting.delete(notifier);
    }
  }
  return waiting;
}

/** @returns what makes the notice of an answer for a notifier, by its name */
export async function noticesOfAnswer(
  db: Db,
  { alarm, state }: UntoldAnswer,
  nameOf: (station: string) => string,
): Promise<(notifier: string) => Notice> {
  const row = await db
    .selectFrom('alarm')
    .selectAll()
    .where('id', '=', alarm)
    .executeTakeFirstOrThrow();
  const { climb } = await readClimb(db, alarm);
  const { n } = await db
    .selectFrom('alarm')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('station', '=', row.station)
    .where('id', '<>', alarm)
    .where('resolved_ms', 'is', null)
    .executeTakeFirstOrThrow();
  const isOver = state === 'resolved';
  const [by, atMs] = isOver
    ? [row.resolved_by, row.resolved_ms]
    : [row.acknowledged_by, row.acknowledged_ms];
  const cause = isOver ? alarmCauses.find((known) => known === row.cause) : undefined;
  const who = { state, by: by ?? '', atMs: atMs ?? 0, othersOpen: Number(n) };
  const about: Omit<Notice, 'id'> = {
    alarmId: alarm,
    station: row.station,
    stationName: nameOf(row.station),
    raisedMs: row.raised_ms,
    storedMs: row.stored_ms,
    isMistake: row.mistake_ms !== null,
    isTest: false,
    step: Math.max(1, climb.step),
    answered: cause === undefined ? who : { ...who, cause },
  };
  return (notifier) => ({ ...about, id: noticeId(row, state, who.atMs, notifier) });
}

/** @param told `reason`: why it failed; undefined when the other side has taken it */
export async function writeAnswerTold(
  db: Db,
  { alarm, state }: UntoldAnswer,
  told: { notifier: string; tookMs: number; reason: string | undefined },
  at: number,
): Promise<void> {
  const event = told.reason === undefined ? 'answer-told' : 'answer-not-told';
  const detail = JSON.stringify({ state, ...told });
  await db.transaction().execute((trx) => addAlarmEvent(trx, { alarm, at, event, detail }));
}
