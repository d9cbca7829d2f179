import { healthMessageSchema } from '../../shared/wire/messages.ts';
import type { Store } from '../store/open-store.ts';
import { tappedOutOfUse } from './card-reports.ts';
import { listReviews, listSetAside } from './decisions.ts';
import { lastTests } from './station-tests.ts';
import { countRefusedMessages } from './sun.ts';
import { countOpenTroubles, listTroubles, openTroubles } from './troubles.ts';

/** Every station, without its keys, and how it stands: `never` for one that was never heard of. */
export async function listStations({ db }: Store) {
  const rows = await db
    .selectFrom('station')
    .leftJoin('station_presence as presence', 'presence.station', 'station.id')
    .select(['id', 'name', 'revoked_at', 'state', 'since_ms', 'heard_ms', 'health'])
    .select('silent_after_ms')
    .orderBy('name')
    .execute();
  const [tested, troubles] = [await lastTests(db), await openTroubles(db)];
  return rows.map(
    ({ id, name, revoked_at, state, since_ms, heard_ms, health, silent_after_ms }) => ({
      id,
      name,
      state: revoked_at === null ? (state ?? 'never') : 'revoked',
      since: revoked_at === null ? timeText(since_ms) : timeText(revoked_at),
      heard: timeText(heard_ms),
      silentAfterMs: silent_after_ms,
      /** The last test of the alarm's way that was delivered in time. */
      lastTest: timeText(tested.get(id) ?? null),
      troubles: [
        ...new Set(troubles.filter(({ station }) => station === id).map(({ kind }) => kind)),
      ],
      health: health === null ? null : healthMessageSchema.parse(JSON.parse(health)),
    }),
  );
}

const timeText = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString();

/** Alarms that nobody has resolved. */
export async function countOpenAlarms({ db }: Store): Promise<number> {
  const { n } = await db
    .selectFrom('alarm')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('resolved_ms', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Messages that are committed and not yet published. */
export async function countOutbox({ db }: Store): Promise<number> {
  const { n } = await db
    .selectFrom('outbox')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** What an operator should know at a glance: open alarms, how stations stand, and what was refused and why. */
export async function status(store: Store) {
  const { db } = store;
  const countOf = async (table: 'volunteer' | 'journal' | 'transfer') =>
    Number(
      (await db.selectFrom(table).select(db.fn.countAll().as('n')).executeTakeFirstOrThrow()).n,
    );
  const refusals = await db
    .selectFrom('refusal')
    .select(['reason', 'station', 'count', 'last_at'])
    .orderBy('reason')
    .execute();
  return {
    openAlarms: await countOpenAlarms(store),
    openTroubles: await countOpenTroubles(store),
    /** Those of the hub itself, such as a broker or a notifier that is not reached. */
    hubTroubles: await listTroubles(store, { ofHub: true }),
    volunteers: await countOf('volunteer'),
    entries: await countOf('journal'),
    transfers: await countOf('transfer'),
    waitingToBePublished: await countOutbox(store),
    stations: await listStations(store),
    setAside: await listSetAside(store),
    /** Lost or blocked cards that were tapped all the same. */
    tappedCards: await tappedOutOfUse(store),
    /** Taps whose message proved nothing. */
    refusedMessages: await countRefusedMessages(store),
    toReview: (await listReviews(store)).length,
    refusals,
  };
}
