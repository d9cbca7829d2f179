import { newKey, newStationId, newVolunteerId } from '../../shared/ids.ts';
import { Outgoing } from '../feed/outgoing.ts';
import { actionOn, type SavedVolunteer, saveVolunteers } from '../people/save-volunteers.ts';
import {
  cleanFields,
  fieldFaults,
  newVolunteer,
  type VolunteerFields,
} from '../people/volunteer-fields.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';
import { hashPassword } from './passwords.ts';
import { TroubleBook } from './trouble-book.ts';

/**
 * Who did what: append-only. It stands in the transaction of what was done.
 * @throws Refusal when nobody says who: every change has a name on it
 */
export async function noteAction(
  trx: Trx,
  by: string,
  action: string,
  subject: string,
  detail: object = {},
  at = Date.now(),
): Promise<void> {
  await noteActions(trx, by, [{ action, subject, detail }], at);
}

/** SQLite takes 32,766 values in one statement (SQLite, "Maximum Number Of Host Parameters"). */
const actionsPerStatement = 1000;

/** The same for what was done to many at once: each is an action of its own. @throws Refusal likewise */
export async function noteActions(
  trx: Trx,
  by: string,
  actions: readonly { action: string; subject: string; detail: object }[],
  at = Date.now(),
): Promise<void> {
  refuseBlank(by, 'the name of who does it');
  for (let from = 0; from < actions.length; from += actionsPerStatement) {
    const rows = actions
      .slice(from, from + actionsPerStatement)
      .map(({ detail, ...action }) => ({ at, by, ...action, detail: JSON.stringify(detail) }));
    await trx.insertInto('operator_action').values(rows).execute();
  }
}

/** @throws Refusal: without a name nobody knows whom a line is about, without a reason nobody knows why */
export function refuseBlank(text: string, what = 'a name'): void {
  if (text.trim() === '') throw new Refusal(`${what} must not be blank`);
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
    const atMs = Date.now();
    const outgoing = new Outgoing();
    const book = new TroubleBook(trx, outgoing, atMs);
    await book.endAll(station, atMs, { by, note: 'the station was revoked' });
    await outgoing.store(trx);
    await trx.updateTable('station').set({ revoked_at: atMs }).where('id', '=', station).execute();
    await noteAction(trx, by, 'station revoke', station);
  });
}

/** @throws Refusal when the name is blank, or anything else of it cannot be taken; all faults at once */
export async function addVolunteer(
  { db }: Pick<Store, 'db'>,
  name: string,
  by: string,
  more: Partial<VolunteerFields> = {},
): Promise<string> {
  const fields = cleanFields({ ...newVolunteer, ...more, name });
  refuseFaults(fieldFaults(fields));
  const saved = { ...fields, id: newVolunteerId(), before: undefined };
  await db.transaction().execute(async (trx) => {
    await refuseForeign(trx, saved);
    const atMs = Date.now();
    await saveVolunteers(trx, [saved], atMs);
    await noteActions(trx, by, [actionOn(saved)], atMs);
  });
  return saved.id;
}

/** @throws Refusal with all of them in one line, when there are any */
export function refuseFaults(faults: readonly string[]): void {
  if (faults.length > 0) throw new Refusal(faults.join('; '));
}

/** @throws Refusal when a team is unknown, or another volunteer has this external id */
export async function refuseForeign(
  trx: Trx,
  { id, externalId, teams }: Pick<SavedVolunteer, 'id' | 'externalId' | 'teams'>,
): Promise<void> {
  const known = await trx.selectFrom('team').select('id').execute();
  for (const team of teams) {
    if (!known.some((one) => one.id === team)) throw new Refusal(`there is no team ${team}`);
  }
  if (externalId === null) return;
  const other = await trx
    .selectFrom('volunteer')
    .select('id')
    .where('external_id', '=', externalId)
    .where('id', '<>', id)
    .executeTakeFirst();
  if (other) throw new Refusal(`the external id is ${other.id}'s already`);
}
