import { stationNameMax } from '../../shared/wire/limits.ts';
import type { AlarmKey, HubMessage, NeighbourAlarmState } from '../../shared/wire/messages.ts';
import type { Outgoing } from '../feed/outgoing.ts';
import type { Trx } from '../store/schema.ts';

/**
 * A station that comes back is told what became of its neighbours' calls of so long ago: as long as a
 * station shows one. An older call is no news for who is next door; operators have it all the same.
 */
export const neighbourToldMs = 900_000;

export interface NeighbourCall {
  readonly station: string;
  readonly stationName: string;
  readonly alarm: AlarmKey;
}

const commandOf = (
  { stationName, alarm }: Pick<NeighbourCall, 'stationName' | 'alarm'>,
  state: NeighbourAlarmState,
) =>
  ({
    name: 'neighbour-alarm',
    alarm,
    // A name of any length must not keep an alarm from being stored.
    stationName: stationName.slice(0, stationNameMax),
    state,
  }) as const;

/** Tells those whom the operator chose what became of a station's alarm, together with the change itself. */
export async function tellNeighbours(
  { trx, outgoing }: { readonly trx: Trx; readonly outgoing: Outgoing },
  call: NeighbourCall,
  state: NeighbourAlarmState,
): Promise<void> {
  const chosen = await trx
    .selectFrom('station_neighbour')
    .innerJoin('station', 'station.id', 'station_neighbour.neighbour')
    .select('neighbour')
    .where('station_neighbour.station', '=', call.station)
    .where('station.revoked_at', 'is', null)
    .orderBy('neighbour')
    .execute();
  for (const { neighbour } of chosen) outgoing.command(neighbour, commandOf(call, state));
}

/**
 * A call is on a neighbour's light for so long at most after the hub stored it: it may hear of it so
 * late, and then shows it as long again.
 */
const neighbourStandsMs = 2 * neighbourToldMs;

/**
 * Whoever is no longer a neighbour hears nothing more of a station's calls: those that are open end
 * for them now, or their light would go on asking them to hurry to a place that is no longer theirs.
 * Who is not connected now hears it when it comes back.
 * @param removed stations that were neighbours until this transaction
 */
export async function endCallsFor(
  { trx, outgoing }: { readonly trx: Trx; readonly outgoing: Outgoing },
  station: string,
  removed: readonly string[],
): Promise<void> {
  if (removed.length === 0) return;
  const open = await trx
    .selectFrom('alarm')
    .innerJoin('station', 'station.id', 'alarm.station')
    .select(['epoch', 'seq', 'station.name as stationName'])
    .where('alarm.station', '=', station)
    .where('resolved_ms', 'is', null)
    .orderBy('alarm.id')
    .execute();
  const listening = await trx
    .selectFrom('station')
    .select('id')
    .where('id', 'in', removed)
    .where('revoked_at', 'is', null)
    .orderBy('id')
    .execute();
  for (const { epoch, seq, stationName } of open) {
    const command = commandOf({ stationName, alarm: { epoch, seq } }, 'resolved');
    for (const { id } of listening) outgoing.command(id, command);
  }
  await rememberLeft(trx, station, removed);
}

async function rememberLeft(trx: Trx, station: string, removed: readonly string[]): Promise<void> {
  const { latest } = await trx
    .selectFrom('alarm')
    .select(({ fn }) => fn.max<number | null>('id').as('latest'))
    .where('station', '=', station)
    .executeTakeFirstOrThrow();
  if (latest === null) return; // it never called
  const left = { station, through_alarm: latest };
  await trx
    .insertInto('left_neighbour')
    .values(removed.map((neighbour) => ({ ...left, neighbour })))
    .onConflict((conflict) => conflict.columns(['station', 'neighbour']).doUpdateSet(left))
    .execute();
}

/**
 * @returns what became of the recent calls of a station's neighbours, oldest first. Resolved ones too,
 * for as long as they may be on its light: who was away when they were resolved still shows them. Calls of those who are its neighbours no more
 * are over for it, whatever became of them.
 */
export async function neighbourCallsFor(
  trx: Trx,
  station: string,
  nowMs: number,
): Promise<HubMessage[]> {
  const rows = await trx
    .selectFrom('alarm')
    .innerJoin('station_neighbour', 'station_neighbour.station', 'alarm.station')
    .innerJoin('station', 'station.id', 'alarm.station')
    .select(['epoch', 'seq', 'acknowledged_ms', 'resolved_ms', 'station.name as stationName'])
    .where('station_neighbour.neighbour', '=', station)
    .where((eb) =>
      eb.or([
        eb('alarm.stored_ms', '>', nowMs - neighbourToldMs),
        eb.and([
          eb('resolved_ms', 'is not', null),
          eb('alarm.stored_ms', '>', nowMs - neighbourStandsMs),
        ]),
      ]),
    )
    .orderBy('alarm.id')
    .execute();
  const left = await callsOfLeft(trx, station, nowMs);
  return [
    ...left.map((call) => commandOf(call, 'resolved')),
    ...rows.map(({ epoch, seq, acknowledged_ms, resolved_ms, stationName }) => {
      const open = acknowledged_ms === null ? 'raised' : 'acknowledged';
      const state = resolved_ms === null ? open : 'resolved';
      return commandOf({ stationName, alarm: { epoch, seq } }, state);
    }),
  ].map((command) => ({ v: 1, station, kind: 'command', command }));
}

/** What it may still show of stations whose neighbour it was; calls of later were never told to it. */
async function callsOfLeft(trx: Trx, neighbour: string, nowMs: number) {
  const rows = await trx
    .selectFrom('left_neighbour as left')
    .innerJoin('alarm', 'alarm.station', 'left.station')
    .innerJoin('station', 'station.id', 'alarm.station')
    .select(['epoch', 'seq', 'station.name as stationName'])
    .where('left.neighbour', '=', neighbour)
    .whereRef('alarm.id', '<=', 'left.through_alarm')
    .where('alarm.stored_ms', '>', nowMs - neighbourStandsMs)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('station_neighbour as now')
            .select('now.station')
            .whereRef('now.station', '=', 'left.station')
            .where('now.neighbour', '=', neighbour),
        ),
      ),
    )
    .orderBy('alarm.id')
    .execute();
  return rows.map(({ epoch, seq, stationName }) => ({ stationName, alarm: { epoch, seq } }));
}
