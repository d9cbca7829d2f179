import { randomBytes } from 'node:crypto';
import { cardReference } from '../domain/card.ts';
import { sunMasterName } from '../ingest/sun-readings.ts';
import type { Store } from '../store/open-store.ts';
import { noteAction, Refusal } from './registry.ts';

const masterBytes = 16;

/**
 * Gives the hub the key that all keys of NTAG 424 DNA cards are made from. It stands in the hub's store,
 * which its owner alone can read, and nowhere else; from now on what such cards write is verified.
 * @param hex the key that the cards were set up with, 16 bytes; a new one when there is none yet
 * @throws Refusal when there is a key already: with another, every card that is out would be refused
 */
export async function setSunMaster(
  { db }: Pick<Store, 'db'>,
  { by, hex }: { by: string; hex?: string | undefined },
): Promise<void> {
  if (hex !== undefined && !/^[0-9a-f]{32}$/i.test(hex)) {
    throw new Refusal(`the key has ${masterBytes} bytes, in hex`);
  }
  const value = hex ?? randomBytes(masterBytes).toString('hex');
  await db.transaction().execute(async (trx) => {
    const known = trx.selectFrom('meta').select('key').where('key', '=', sunMasterName);
    if (await known.executeTakeFirst()) throw new Refusal('the hub has such a key already');
    await trx.insertInto('meta').values({ key: sunMasterName, value }).execute();
    await noteAction(trx, by, 'sun key', 'hub', { isNew: hex === undefined });
  });
}

/** Taps whose message proved nothing, newest first: which card, where, when and why. */
export async function refusedMessages({ db }: Pick<Store, 'db'>, limit = 100) {
  const rows = await db
    .selectFrom('sun_reading')
    .innerJoin('station', 'station.id', 'sun_reading.station')
    .leftJoin('card', 'card.token', 'sun_reading.card')
    .select(['card', 'station', 'station.name as stationName', 'occurred_ms', 'counter', 'fault'])
    .select('card.volunteer_id as volunteer')
    .where('fault', 'is not', null)
    .orderBy('occurred_ms', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ card, occurred_ms, fault, ...row }) => ({
    card: cardReference(card),
    ...row,
    at: new Date(occurred_ms).toISOString(),
    reason: fault,
  }));
}

/** @returns how many taps came with a message that proved nothing. */
export async function countRefusedMessages({ db }: Pick<Store, 'db'>): Promise<number> {
  const { n } = await db
    .selectFrom('sun_reading')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('fault', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(n);
}
