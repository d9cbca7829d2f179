import { z } from 'zod';
import type { AlarmMessage } from '../../shared/wire/messages.ts';
import type { Db, Trx } from '../store/schema.ts';
import type { Refused } from './admit.ts';
import { addAlarmEvent } from './alarm-rows.ts';

/** By which path a message came to the hub; `via` is the station that carried it. */
export type Leg =
  | { readonly path: 'broker' }
  | { readonly path: 'https' }
  | { readonly path: 'relay'; readonly via: string };

/** Who carried what was refused is for the operator to know: it may be the one who altered it. */
export const carriedBy = (refused: Refused, leg: Leg): Refused =>
  leg.path === 'relay'
    ? { ...refused, detail: `carried by ${leg.via} ${refused.detail}`.trim() }
    : refused;

/** The `detail` of an alarm's `path` event, as JSON. Times are milliseconds. */
export const legSchema = z.object({
  path: z.enum(['broker', 'https', 'relay']),
  /** The station that carried it. */
  via: z.string().optional(),
  /** From the gesture to this message, by the station's monotonic clock; null when it booted in between. */
  pressedToSentMs: z.int().nullable(),
  /** From the message's arrival here to its place on the hub's disk. */
  receivedToStoredMs: z.int().nonnegative(),
});
export type RecordedLeg = z.infer<typeof legSchema>;

/** An alarm-lane message that was committed, or that the hub had already. */
export interface Arrival {
  readonly message: AlarmMessage;
  readonly leg: Leg;
  readonly receivedMs: number;
  readonly storedMs: number;
}

/** Adds to each alarm's history by which paths it came, each path once, in the order of arrival. */
export async function recordLegs(db: Db, arrivals: readonly Arrival[]): Promise<void> {
  for (const arrival of arrivals) {
    // Looked at first without the write lock: who repeats an alarm costs no commit.
    if ((await alarmWithout(db, arrival)) === undefined) continue;
    await db.transaction().execute(async (trx) => {
      const alarm = await alarmWithout(trx, arrival);
      if (alarm === undefined) return;
      const detail = JSON.stringify(legOf(arrival));
      await addAlarmEvent(trx, { alarm, at: arrival.storedMs, event: 'path', detail });
    });
  }
}

/** @returns the alarm that came, unless it is not stored or has this path in its history. */
async function alarmWithout(
  db: Db | Trx,
  { message: { station, epoch, entries }, leg }: Arrival,
): Promise<number | undefined> {
  const [entry] = entries;
  if (entry?.type !== 'alarm') return undefined;
  const alarm = await db
    .selectFrom('alarm')
    .select('id')
    .where('station', '=', station)
    .where('epoch', '=', epoch)
    .where('seq', '=', entry.seq)
    .executeTakeFirst();
  if (!alarm) return undefined;
  const events = await db
    .selectFrom('alarm_event')
    .select('detail')
    .where('alarm_id', '=', alarm.id)
    .where('event', '=', 'path')
    .execute();
  const via = leg.path === 'relay' ? leg.via : undefined;
  const isKnown = events.some(({ detail }) => {
    const known = legSchema.parse(JSON.parse(detail ?? ''));
    return known.path === leg.path && known.via === via;
  });
  return isKnown ? undefined : alarm.id;
}

function legOf({ message: { entries, sent }, leg, receivedMs, storedMs }: Arrival): RecordedLeg {
  const at = entries[0]?.at;
  const isSameBoot = at !== undefined && at.boot === sent.boot;
  return {
    ...leg,
    pressedToSentMs: isSameBoot ? sent.monoMs - at.monoMs : null,
    // A wall clock that is set back in between must not make it negative.
    receivedToStoredMs: Math.max(0, storedMs - receivedMs),
  };
}
