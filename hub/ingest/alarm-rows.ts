import type { AlarmEntry } from '../../shared/wire/entry.ts';
import type { Trx } from '../store/schema.ts';
import type { CommitWork } from './commit-work.ts';
import type { LaneKey } from './lane-cursors.ts';
import { tellNeighbours } from './neighbour-rows.ts';

/** Stores what an alarm-lane entry says: an alarm, or that one was a mistake. */
export async function recordAlarmEntry(
  work: CommitWork,
  key: LaneKey,
  entry: Exclude<AlarmEntry, { type: 'test' }>,
  occurredMs: number,
): Promise<void> {
  if (entry.type === 'alarm') await raise(work, key, entry.seq, occurredMs, entry.gesture);
  else await markMistake(work, key, entry.alarm, occurredMs);
}

async function raise(
  work: CommitWork,
  { station, epoch }: LaneKey,
  seq: number,
  raisedMs: number,
  gesture: string,
): Promise<void> {
  await raiseAlarm(work, { station, epoch, seq, raisedMs, how: gesture });
}

export interface Raised {
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
  readonly raisedMs: number;
  /** The gesture, or `latched` when only the station's light has told of it. */
  readonly how: string;
}

/** Raises an alarm, or adds to the history of one that was raised already: each is one, however often it is told. */
export async function raiseAlarm(
  { trx, outgoing, nowMs, nameOf }: Pick<CommitWork, 'trx' | 'outgoing' | 'nowMs' | 'nameOf'>,
  { station, epoch, seq, raisedMs, how }: Raised,
): Promise<void> {
  const raised = await trx
    .insertInto('alarm')
    .values({ station, epoch, seq, raised_ms: raisedMs, stored_ms: nowMs })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  const { id } = raised ?? (await alarmOf(trx, { station, epoch, seq }));
  if (raised === undefined) {
    await addAlarmEvent(trx, { alarm: id, at: nowMs, event: 'told-again', detail: how });
    // Its own entry knows when it was; the light that told of it first knew only that it is so.
    await trx
      .updateTable('alarm')
      .set({ raised_ms: raisedMs })
      .where('id', '=', id)
      .where('raised_ms', '>', raisedMs)
      .execute();
    return;
  }
  await addAlarmEvent(trx, { alarm: id, at: raisedMs, event: 'raised', detail: how });
  await addAlarmEvent(trx, { alarm: id, at: nowMs, event: 'stored' });
  const call = { station, stationName: nameOf(station), alarm: { epoch, seq } };
  outgoing.toFeed('alarm', raisedMs, { ...call, alarmId: id, state: 'raised' });
  await tellNeighbours({ trx, outgoing }, call, 'raised');
}

const alarmOf = (
  trx: Trx,
  { station, epoch, seq }: { station: string; epoch: string; seq: number },
) =>
  trx
    .selectFrom('alarm')
    .select('id')
    .where('station', '=', station)
    .where('epoch', '=', epoch)
    .where('seq', '=', seq)
    .executeTakeFirstOrThrow();

/** The mark is for the operator's eyes: the alarm stands until a person resolves it. */
async function markMistake(
  { trx, outgoing, nameOf }: CommitWork,
  { station, epoch }: LaneKey,
  seq: number,
  occurredMs: number,
): Promise<void> {
  const alarm = await trx
    .updateTable('alarm')
    .set({ mistake_ms: occurredMs })
    .where('station', '=', station)
    .where('epoch', '=', epoch)
    .where('seq', '=', seq)
    .where('mistake_ms', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (!alarm) return; // it names no alarm, or one that is marked already; the journal has it
  await addAlarmEvent(trx, { alarm: alarm.id, at: occurredMs, event: 'mistake' });
  outgoing.toFeed('alarm', occurredMs, {
    station,
    stationName: nameOf(station),
    alarm: { epoch, seq },
    alarmId: alarm.id,
    state: 'mistake',
  });
}

/**
 * One more line in an alarm's history; nothing there is ever changed.
 * @param event `at`: when the step happened, in milliseconds
 */
export async function addAlarmEvent(
  trx: Trx,
  event: { alarm: number; at: number; event: string; by?: string; detail?: string },
): Promise<void> {
  await trx
    .insertInto('alarm_event')
    .values({
      alarm_id: event.alarm,
      at: event.at,
      event: event.event,
      by: event.by ?? null,
      detail: event.detail ?? null,
    })
    .execute();
}
