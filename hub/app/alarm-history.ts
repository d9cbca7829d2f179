import { z } from 'zod';
import { phaseOf } from '../domain/alarm.ts';
import { legSchema } from '../ingest/alarm-legs.ts';
import type { Store } from '../store/open-store.ts';
import { findAlarm, lifeOf } from './alarms.ts';

/** One thing that happened to an alarm, in words for a person. */
export interface HistoryLine {
  readonly at: string;
  readonly event: string;
  readonly by: string | null;
  /** As it is stored: a word, or JSON. */
  readonly detail: string | null;
  readonly text: string;
}

export interface AlarmHistory {
  readonly id: number;
  readonly station: string;
  readonly stationName: string;
  readonly state: 'raised' | 'acknowledged' | 'resolved';
  readonly raisedAt: string;
  readonly storedAt: string;
  readonly history: readonly HistoryLine[];
}

/** @returns what happened to an alarm, in the order in which the hub learnt it. @throws Refusal when there is none */
export async function alarmHistory({ db }: Store, id: number): Promise<AlarmHistory> {
  const alarm = await findAlarm(db, id);
  const events = await db
    .selectFrom('alarm_event')
    .selectAll()
    .where('alarm_id', '=', id)
    .orderBy('id')
    .execute();
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    id,
    station: alarm.station,
    stationName: alarm.station_name,
    state: phaseOf(lifeOf(alarm)),
    raisedAt: iso(alarm.raised_ms),
    storedAt: iso(alarm.stored_ms),
    history: events.map(({ at, event, by, detail }) => ({
      ...{ at: iso(at), event, by, detail },
      text: textOf(event, by, detail),
    })),
  };
}

function textOf(event: string, by: string | null, detail: string | null): string {
  if (event === 'path' && detail !== null) return legText(detail);
  return [by === null ? '' : `by ${by}`, detailText(detail ?? '')].filter(Boolean).join('  ');
}

const membersSchema = z.record(z.string(), z.unknown());

/** A word as it stands; the members of an object such as `cause: false, note: a child`. */
function detailText(detail: string): string {
  if (!detail.startsWith('{')) return detail;
  return Object.entries(membersSchema.parse(JSON.parse(detail)))
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(' ') : String(value)}`)
    .join(', ');
}

/** Such as `relay through st-00000002: sent 40 ms after the gesture, stored 12 ms after it came`. */
function legText(detail: string): string {
  const { path, via, pressedToSentMs, receivedToStoredMs } = legSchema.parse(JSON.parse(detail));
  const way = via === undefined ? path : `${path} through ${via}`;
  const sent =
    pressedToSentMs === null
      ? 'sent after the station had restarted'
      : `sent ${pressedToSentMs} ms after the gesture`;
  return `${way}: ${sent}, stored ${receivedToStoredMs} ms after it came`;
}
