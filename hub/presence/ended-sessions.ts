import type { EndedSession } from '../domain/presence.ts';
import type { Db, Trx } from '../store/schema.ts';

/** Per station. Nobody can fill it but the station itself, by connecting so often. */
const endedSessionsMax = 500;

/** @returns what is remembered of a session that the station is no longer on. */
export async function endedSession(
  db: Db,
  station: string,
  session: string,
): Promise<EndedSession | undefined> {
  const row = await db
    .selectFrom('ended_session')
    .select('closed')
    .where('station', '=', station)
    .where('session', '=', session)
    .executeTakeFirst();
  return row && { isClosed: row.closed === 1 };
}

/** Remembers a session that is over, and forgets the oldest beyond the limit. */
export async function endSession(
  db: Db | Trx,
  station: string,
  session: string,
  { isClosed }: EndedSession,
): Promise<void> {
  const closed = isClosed ? 1 : 0;
  await db
    .insertInto('ended_session')
    .values({ station, session, closed })
    .onConflict((conflict) => conflict.columns(['station', 'session']).doUpdateSet({ closed }))
    .execute();
  await db
    .deleteFrom('ended_session')
    .where('station', '=', station)
    .where('id', '<=', (eb) =>
      eb
        .selectFrom('ended_session')
        .select('id')
        .where('station', '=', station)
        .orderBy('id', 'desc')
        .limit(1)
        .offset(endedSessionsMax),
    )
    .execute();
}
