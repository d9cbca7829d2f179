import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import { volunteerAccount } from '../../hub/domain/ledger.ts';
import { storeOn } from '../../hub/store/open-store.ts';
import { allRules, type Rules } from './rules.ts';

/** Keys and tokens that are the same in every world. */
const digest = (text: string, encoding: 'base64url' | 'hex'): string =>
  createHash('sha256').update(text).digest(encoding);
export const macKeyOf = (station: string): string => digest(`mac key of ${station}`, 'base64url');
const tokenOf = (name: string): string => digest(`card of ${name}`, 'hex').slice(0, 32);

export const stationIds = ['st-00000001', 'st-00000002', 'st-00000003', 'st-00000004'];
const volunteers = ['vo-00000001', 'vo-00000002', 'vo-00000003', 'vo-00000004'];
export const cards = volunteers.map(tokenOf);
export const blockedCard = tokenOf('vo-blocked0');
export const unknownCard = tokenOf('nobody');

/** Who is told of whose calls: both ways, one way, and nobody. */
const neighbours = [
  ['st-00000001', 'st-00000002'],
  ['st-00000001', 'st-00000003'],
  ['st-00000002', 'st-00000001'],
  ['st-00000004', 'st-00000001'],
] as const;
/** One of those that are in every run. */
export const silentStations: readonly string[] = ['st-00000002'];

/** A hub's database as it is before anything happens, and the rules that stand in it. */
export interface Beginning {
  readonly image: Buffer;
  readonly rules: Rules;
}
/** One for each set of rules. */
export type Template = readonly Beginning[];

export const makeTemplate = (): Promise<Template> => Promise.all(allRules.map(makeBeginning));

async function makeBeginning(rules: Rules): Promise<Beginning> {
  const sqlite = new Database(':memory:');
  const store = storeOn(sqlite, () => digest('scheme key', 'base64url'));
  const { db } = store;
  for (const id of stationIds) {
    const row = { id, name: `Station ${id.slice(-1)}`, mac_key: macKeyOf(id), created_at: 0 };
    const account = { mqtt_password_hash: '', revoked_at: null };
    await db
      .insertInto('station')
      .values({ ...row, ...account })
      .execute();
  }
  for (const [station, neighbour] of neighbours) {
    await db.insertInto('station_neighbour').values({ station, neighbour }).execute();
  }
  for (const id of volunteers) {
    await db.insertInto('volunteer').values({ id, name: id, created_at: 0 }).execute();
    const account = { id: volunteerAccount(id), volunteer_id: id, balance: 0 };
    await db.insertInto('account').values(account).execute();
    const card = { token: tokenOf(id), volunteer_id: id, status: 'active' as const };
    await db.insertInto('card').values(card).execute();
  }
  const [first = ''] = volunteers;
  const lost = { token: blockedCard, volunteer_id: first, status: 'lost' as const };
  await db.insertInto('card').values(lost).execute();
  for (const [index, { from, policy }] of rules.entries()) {
    const row = { version: index + 2, effective_from: from, body: JSON.stringify(policy) };
    await db.insertInto('policy').values(row).execute();
  }
  const image = sqlite.serialize();
  await store.close();
  return { image, rules };
}
