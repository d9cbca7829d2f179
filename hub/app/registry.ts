import { cardToken } from '../../shared/card-token.ts';
import { newKey, newStationId, newVolunteerId } from '../../shared/ids.ts';
import { volunteerAccount } from '../domain/ledger.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';
import { hashPassword } from './passwords.ts';

/** Who did what: append-only. */
export const noteAction = (
  trx: Trx,
  by: string,
  action: string,
  subject: string,
  detail = {},
  at = Date.now(),
) =>
  trx
    .insertInto('operator_action')
    .values({ at, by, action, subject, detail: JSON.stringify(detail) })
    .execute();

/**
 * A name is what people go by; without one nobody knows whom a line is about.
 * @throws Refusal
 */
export function refuseBlank(name: string): void {
  if (name.trim() === '') throw new Refusal('a name must not be blank');
}

/** @returns what the station needs to know; the password is nowhere else in clear. */
export async function addStation({ db, schemeKey }: Store, name: string, by: string) {
  refuseBlank(name);
  const [station, macKey, password] = [newStationId(), newKey(), newKey()];
  const hash = hashPassword(password);
  await db.transaction().execute(async (trx) => {
    const row = { id: station, name, mac_key: macKey, mqtt_password_hash: hash };
    await trx
      .insertInto('station')
      .values({ ...row, created_at: Date.now(), revoked_at: null })
      .execute();
    await noteAction(trx, by, 'station add', station, { name });
  });
  return { station, password, macKey, schemeKey: await schemeKey() };
}

/** What an operator asked for cannot be done; the message says why. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/**
 * Takes a station's right to speak, for good: its messages are refused from now on.
 * @throws Refusal when there is no such station, or it is revoked already
 */
export async function revokeStation({ db }: Store, station: string, by: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const known = await trx
      .selectFrom('station')
      .select('revoked_at')
      .where('id', '=', station)
      .executeTakeFirst();
    if (!known) throw new Refusal(`there is no station ${station}`);
    if (known.revoked_at !== null) throw new Refusal(`station ${station} was revoked already`);
    await trx
      .updateTable('station')
      .set({ revoked_at: Date.now() })
      .where('id', '=', station)
      .execute();
    await noteAction(trx, by, 'station revoke', station);
  });
}

/** @throws Refusal when the name is blank */
export async function addVolunteer({ db }: Store, name: string, by: string): Promise<string> {
  refuseBlank(name);
  const id = newVolunteerId();
  await db.transaction().execute(async (trx) => {
    await trx.insertInto('volunteer').values({ id, name, created_at: Date.now() }).execute();
    const account = { id: volunteerAccount(id), volunteer_id: id, balance: 0 };
    await trx.insertInto('account').values(account).execute();
    await noteAction(trx, by, 'volunteer add', id);
  });
  return id;
}

/** ISO/IEC 14443-3 §6.5.4: UIDs have 4, 7 or 10 bytes. */
const uidPattern = /^(?:[0-9a-f]{8}|[0-9a-f]{14}|[0-9a-f]{20})$/i;

/**
 * Gives a volunteer a card; only the token made from the UID is stored.
 * @param uid hex digits
 * @throws Refusal (without the UID) when it is none, the volunteer unknown, or the card somebody's already
 */
export async function addCard(store: Store, volunteer: string, uid: string, by: string) {
  if (!uidPattern.test(uid)) throw new Refusal('a card UID has 4, 7 or 10 bytes, in hex');
  const token = cardToken(await store.schemeKey(), uid);
  await store.db.transaction().execute(async (trx) => {
    const known = trx.selectFrom('volunteer').select('id').where('id', '=', volunteer);
    if (!(await known.executeTakeFirst())) throw new Refusal(`no volunteer ${volunteer}`);
    const owner = trx.selectFrom('card').select('volunteer_id').where('token', '=', token);
    const taken = await owner.executeTakeFirst();
    if (taken) throw new Refusal(`the card is ${taken.volunteer_id}'s already`);
    await trx
      .insertInto('card')
      .values({ token, volunteer_id: volunteer, status: 'active' })
      .execute();
    await noteAction(trx, by, 'card add', volunteer);
  });
}
