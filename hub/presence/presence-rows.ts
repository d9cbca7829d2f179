import {
  type AlarmKey,
  type HealthMessage,
  type HubMessage,
  healthMessageSchema,
} from '../../shared/wire/messages.ts';
import { announceEveryFor, type PresenceState, type StationPresence } from '../domain/presence.ts';
import type { Db, Trx } from '../store/schema.ts';

/** A station as the hub last heard of it. */
export interface Heard {
  readonly presence: StationPresence;
  /** Hub's clock, milliseconds. */
  readonly heardMs: number;
  readonly health?: HealthMessage;
}

const states: readonly PresenceState[] = ['online', 'offline', 'silent'];

interface Known {
  readonly presence: StationPresence;
  readonly lastReport: HealthMessage | undefined;
}

/** @returns how every station stood when that was last written, and what it reported. */
export async function readPresences(db: Db): Promise<Map<string, Known>> {
  const rows = await db.selectFrom('station_presence').selectAll().execute();
  return new Map(
    rows.map(({ station, session, since_ms: sinceMs, ...row }) => {
      // The table's CHECK allows no other state than these.
      const state = states.find((known) => known === row.state) ?? 'offline';
      // One of an earlier version may say less: the next report is then the first.
      const report = healthMessageSchema.safeParse(JSON.parse(row.health ?? 'null'));
      return [station, { presence: { state, session, sinceMs }, lastReport: report.data }];
    }),
  );
}

/** Writes how a station stands; its last health report stays when there is no newer one. */
export async function writePresence(
  trx: Trx,
  station: string,
  { presence, heardMs, health }: Heard,
): Promise<void> {
  const { state, session, sinceMs } = presence;
  const row = { state, session, since_ms: sinceMs, heard_ms: heardMs };
  const report = health === undefined ? {} : { health: JSON.stringify(health) };
  await trx
    .insertInto('station_presence')
    .values({ station, health: null, ...row, ...report })
    .onConflict((conflict) => conflict.column('station').doUpdateSet({ ...row, ...report }))
    .execute();
}

/** @returns what became of an alarm as a command for its station, or undefined when it never came. */
export async function alarmStateFor(
  trx: Trx,
  station: string,
  alarm: AlarmKey,
): Promise<HubMessage | undefined> {
  const row = await trx
    .selectFrom('alarm')
    .select(['acknowledged_ms', 'resolved_ms'])
    .where('station', '=', station)
    .where('epoch', '=', alarm.epoch)
    .where('seq', '=', alarm.seq)
    .executeTakeFirst();
  if (!row) return undefined;
  const open = row.acknowledged_ms === null ? 'stored' : 'acknowledged';
  const state = row.resolved_ms === null ? open : 'resolved';
  return { v: 1, station, kind: 'command', command: { name: 'alarm-state', alarm, state } };
}

/** Tells a station how often it has to speak; it may have been started anew and not know it. */
export const announceEvery = (station: string, silentAfterMs: number): HubMessage => {
  const command = { name: 'announce-every', everyMs: announceEveryFor(silentAfterMs) } as const;
  return { v: 1, station, kind: 'command', command };
};
