import { type Selectable, sql } from 'kysely';
import { type CardStatus, cardReference } from '../domain/card.ts';
import type { Store } from '../store/open-store.ts';
import type { Db, Schema } from '../store/schema.ts';
import { anyCardMeant } from './find-card.ts';

/** With the value written out: SQLite uses a partial index only where it can see that it fits. */
const isRefused = sql<boolean>`outcome = 'blocked-card'`;
const isOutOfUse = sql<boolean>`status <> 'active'`;

export interface CardQuery {
  readonly volunteer?: string | undefined;
  readonly status?: CardStatus | undefined;
}

/** When and where a card was tapped. */
export interface TapPlace {
  readonly station: string;
  readonly stationName: string;
  readonly at: string;
}

/** Every card that was somebody's, by volunteer: what it is since when, who said so, and whether it was tapped since. */
export async function listCards({ db }: Pick<Store, 'db'>, { volunteer, status }: CardQuery = {}) {
  let query = db
    .selectFrom('card')
    .innerJoin('volunteer', 'volunteer.id', 'card.volunteer_id')
    .leftJoin('card_event', (join) =>
      join.on('card_event.id', '=', (eb) =>
        eb
          .selectFrom('card_event as later')
          .select(({ fn }) => fn.max('later.id').as('id'))
          .whereRef('later.card', '=', 'card.token'),
      ),
    )
    .select(['token', 'card.status', 'since_ms', 'volunteer.id as volunteer'])
    .select(['volunteer.name as volunteerName', 'by', 'at', 'reason'])
    .orderBy('volunteer.name')
    .orderBy('token');
  if (volunteer !== undefined) query = query.where('volunteer.id', '=', volunteer);
  if (status !== undefined) query = query.where('card.status', '=', status);
  const refused = await lastRefused(db);
  return (await query.execute()).map(({ token, since_ms, at, ...card }) => ({
    card: cardReference(token),
    ...card,
    since: timeText(since_ms),
    saidAt: timeText(at ?? 0),
    /** The last tap that was refused because of what the card was then. */
    refusedTap: refused.get(token) ?? null,
  }));
}

/** Cards that are lost or blocked and were tapped all the same, last tapped first. */
export async function tappedOutOfUse(store: Pick<Store, 'db'>) {
  const taps = await lastRefused(store.db);
  if (taps.size === 0) return [];
  const cards = await store.db
    .selectFrom('card')
    .select(['token', 'status', 'volunteer_id as volunteer'])
    .where(isOutOfUse)
    .where('status', 'in', ['lost', 'blocked'])
    .execute();
  return cards
    .flatMap(({ token, status, volunteer }) => {
      const tap = taps.get(token);
      return tap ? [{ card: cardReference(token), status, volunteer, ...tap }] : [];
    })
    .sort((a, b) => (a.at < b.at ? 1 : -1));
}

/** @returns where and when each card that was refused was tapped last, by token. */
async function lastRefused(db: Db): Promise<Map<string, TapPlace>> {
  const rows = await db
    .selectFrom('check_in')
    .innerJoin('station', 'station.id', 'check_in.station')
    .select(['card', 'station', 'station.name as stationName'])
    .select(({ fn }) => fn.max<number>('occurred_ms').as('ms'))
    .where(isRefused)
    .groupBy(['card', 'station', 'station.name'])
    .orderBy('ms')
    .execute();
  return new Map(rows.map(({ card, ...tap }) => [card, placeOf(tap)]));
}

/** Cards that are nobody's and were tapped all the same, last tapped first: how often, and where last. */
export async function unknownCards({ db }: Pick<Store, 'db'>) {
  const rows = await db
    .selectFrom('check_in')
    .innerJoin('station', 'station.id', 'check_in.station')
    .select(['card', 'station', 'station.name as stationName'])
    .select(({ fn }) => [
      fn.countAll<number>().as('taps'),
      fn.min<number>('occurred_ms').as('firstMs'),
      fn.max<number>('occurred_ms').as('ms'),
    ])
    .where('volunteer_id', 'is', null)
    .groupBy(['card', 'station', 'station.name'])
    .orderBy('ms', 'desc')
    .execute();
  const byCard = new Map<string, UnknownCard>();
  for (const { card, taps, firstMs, ...place } of rows) {
    const known = byCard.get(card);
    if (known) {
      known.taps += Number(taps);
      known.firstMs = Math.min(known.firstMs, firstMs);
    } else byCard.set(card, { taps: Number(taps), firstMs, last: placeOf(place) });
  }
  return [...byCard].map(([card, { taps, firstMs, last }]) => ({
    ...{ card: cardReference(card), taps, last },
    firstAt: timeText(firstMs),
  }));
}

interface UnknownCard {
  taps: number;
  firstMs: number;
  readonly last: TapPlace;
}

/**
 * One card with all that was said of it, oldest first.
 * @throws Refusal when no volunteer has it
 */
export async function showCard(store: Pick<Store, 'db'>, subject: string) {
  const { token, volunteer_id: volunteer, status } = await anyCardMeant(store.db, subject);
  const events = await store.db
    .selectFrom('card_event')
    .selectAll()
    .where('card', '=', token)
    .orderBy('id')
    .execute();
  const last = await store.db
    .selectFrom('check_in')
    .innerJoin('station', 'station.id', 'check_in.station')
    .leftJoin('sun_reading', 'sun_reading.journal_id', 'check_in.journal_id')
    .select(['check_in.station', 'station.name as stationName', 'check_in.occurred_ms as ms'])
    .select(['outcome', 'counter', 'fault'])
    .where('check_in.card', '=', token)
    .orderBy('day', 'desc')
    .orderBy('check_in.occurred_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  return {
    card: cardReference(token),
    ...{ volunteer, status },
    lastTap: last ? { ...placeOf(last), outcome: last.outcome, trust: trustOf(last) } : null,
    events: events.map(eventLine),
  };
}

/** What it is known by that the card was there; `refused` for a message that proved nothing. */
function trustOf({ counter, fault }: { counter: number | null; fault: string | null }) {
  if (fault !== null) return 'refused';
  return counter === null ? 'uid' : 'sun';
}

const eventLine = (event: Selectable<Schema['card_event']>) => ({
  status: event.status,
  volunteer: event.volunteer_id,
  since: timeText(event.from_ms),
  at: timeText(event.at),
  by: event.by,
  reason: event.reason,
});

const placeOf = ({
  station,
  stationName,
  ms,
}: Omit<TapPlace, 'at'> & { ms: number }): TapPlace => ({
  ...{ station, stationName },
  at: new Date(ms).toISOString(),
});

/** @returns null for what holds from the beginning. */
const timeText = (ms: number): string | null => (ms === 0 ? null : new Date(ms).toISOString());
