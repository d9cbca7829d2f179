import { z } from 'zod';
import { atTheFoot, type Climb, climbed, type Rung } from '../domain/ladder.ts';
import { Outgoing } from '../feed/outgoing.ts';
import { addAlarmEvent } from '../ingest/alarm-rows.ts';
import type { Db, Trx } from '../store/schema.ts';

/** An alarm that no person has acknowledged. */
export interface Unanswered {
  readonly id: number;
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
  readonly raised_ms: number;
  readonly stored_ms: number;
  readonly mistake_ms: number | null;
}

export const readUnanswered = (db: Db): Promise<Unanswered[]> =>
  db
    .selectFrom('alarm')
    .select(['id', 'station', 'epoch', 'seq', 'raised_ms', 'stored_ms', 'mistake_ms'])
    .where('resolved_ms', 'is', null)
    .where('acknowledged_ms', 'is', null)
    .orderBy('id')
    .execute();

async function isUnanswered(trx: Trx, alarm: number): Promise<boolean> {
  const row = trx.selectFrom('alarm').select('id').where('id', '=', alarm);
  const open = row.where('resolved_ms', 'is', null).where('acknowledged_ms', 'is', null);
  return (await open.executeTakeFirst()) !== undefined;
}

/** A rung, and who was to be told on it. */
const rungSchema = z.object({
  kind: z.enum(['step', 'round']),
  number: z.int().min(1),
  notify: z.array(z.string()),
});
const toldSchema = z.object({ rung: z.string(), notifier: z.string() });
const calledSchema = z.object({
  notify: z.array(z.string()).optional(),
  notifier: z.string().optional(),
});

/** The events of an alarm's history that say who was called. */
export const callEvents = ['escalated', 'exhausted', 'notified', 'notify-failed'] as const;

/** @returns whom such an event names. @param said its detail, parsed */
export const calledBy = (said: unknown): readonly string[] => {
  const { notify, notifier } = calledSchema.parse(said);
  return notify ?? (notifier === undefined ? [] : [notifier]);
};

export const nameOfRung = ({ kind, number }: Pick<Rung, 'kind' | 'number'>): string =>
  `${kind} ${number}`;

/** Who was to be told on a rung, and when the alarm came to it by the hub's clock, milliseconds. */
export interface Pending {
  readonly rung: Rung;
  readonly notifier: string;
  readonly atMs: number;
}

/** What an alarm's history says of its ladder. */
export interface ClimbRead {
  readonly climb: Climb;
  /** When the latest round was, by the hub's clock of then; 0 for none. */
  readonly roundMs: number;
  /** Who was to be told, and of whom nothing more is known: the hub ended meanwhile. */
  readonly pending: readonly Pending[];
  /** Who was to be told on any rung so far, each once; also on one that could not be written itself. */
  readonly called: readonly string[];
}

/** The ladder has no state of its own: it is where the alarm's history says. */
export async function readClimb(db: Db, alarm: number): Promise<ClimbRead> {
  const events = await db
    .selectFrom('alarm_event')
    .select(['event', 'detail', 'at'])
    .where('alarm_id', '=', alarm)
    .where('event', 'in', callEvents)
    .orderBy('id')
    .execute();
  let [climb, roundMs] = [atTheFoot, 0];
  const pending = new Map<string, Pending>();
  const called = new Set<string>();
  for (const { event, detail, at } of events) {
    const said: unknown = JSON.parse(detail ?? '{}');
    if (event === 'escalated' || event === 'exhausted') {
      const rung = rungSchema.parse(said);
      climb = climbed(climb, rung);
      if (rung.kind === 'round') roundMs = at;
      for (const notifier of rung.notify) {
        called.add(notifier);
        pending.set(`${nameOfRung(rung)} ${notifier}`, { rung, notifier, atMs: at });
      }
    } else {
      const { rung, notifier } = toldSchema.parse(said);
      called.add(notifier);
      pending.delete(`${rung} ${notifier}`);
    }
  }
  return { climb, roundMs, pending: [...pending.values()], called: [...called] };
}

/**
 * History and feed: the alarm has come to this rung.
 * @returns false, and nothing is written, when somebody has answered it meanwhile
 */
export async function writeRung(
  db: Db,
  alarm: Unanswered,
  rung: Rung,
  { nowMs, stationName }: { nowMs: number; stationName: string },
): Promise<boolean> {
  const event = rung.kind === 'step' ? 'escalated' : 'exhausted';
  return db.transaction().execute(async (trx) => {
    if (!(await isUnanswered(trx, alarm.id))) return false;
    await addAlarmEvent(trx, { alarm: alarm.id, at: nowMs, event, detail: JSON.stringify(rung) });
    const outgoing = new Outgoing();
    outgoing.toFeed('alarm', nowMs, {
      ...{ station: alarm.station, stationName, alarmId: alarm.id },
      ...{ alarm: { epoch: alarm.epoch, seq: alarm.seq }, state: event },
      ...{ [rung.kind]: rung.number, notify: rung.notify },
      unacknowledgedSinceMs: alarm.stored_ms,
    });
    await outgoing.store(trx);
    return true;
  });
}

/** @param reason why it failed; undefined when the other side has taken it */
export async function writeTold(
  db: Db,
  alarm: Unanswered,
  told: { rung: Rung; notifier: string; tookMs: number; reason: string | undefined },
  nowMs: number,
): Promise<void> {
  const { notifier, tookMs, reason } = told;
  const event = reason === undefined ? 'notified' : 'notify-failed';
  const detail = JSON.stringify({ rung: nameOfRung(told.rung), notifier, tookMs, reason });
  await db
    .transaction()
    .execute((trx) => addAlarmEvent(trx, { alarm: alarm.id, at: nowMs, event, detail }));
}
