import { newEnrolRequest } from '../../shared/ids.ts';
import { healthMessageSchema } from '../../shared/wire/messages.ts';
import { cardChanges, cardReference } from '../domain/card.ts';
import { Outgoing } from '../feed/outgoing.ts';
import { enrolmentGraceMs } from '../ingest/enrolment-rows.ts';
import type { Store } from '../store/open-store.ts';
import type { Db, Trx } from '../store/schema.ts';
import { cardMeant } from './find-card.ts';
import { refuseStranger } from './known-volunteer.ts';
import { noteAction, Refusal } from './registry.ts';

/** How long an operator waits when nothing else is said: a person stands there with the card. */
export const enrolForDefaultMs = 60_000;

export interface EnrolmentRequest {
  readonly volunteer: string;
  readonly station: string;
  readonly by: string;
  /** The card (or the volunteer who has just one) that is out of use once the new one is here. */
  readonly replaces?: string | undefined;
  readonly atMs?: number | undefined;
  readonly forMs?: number | undefined;
  readonly newRequest?: () => string;
}

/**
 * Asks a station for a card: the next one that is nobody's and comes twice alike is the volunteer's.
 * @returns the enrolment's number
 * @throws Refusal when there is no such volunteer or card (or no more), the station is not connected, or somebody
 * waits for a card there already
 */
export function askForCard({ db }: Pick<Store, 'db'>, request: EnrolmentRequest): Promise<number> {
  const { volunteer, station, by, atMs = Date.now(), forMs = enrolForDefaultMs } = request;
  return db.transaction().execute(async (trx) => {
    await refuseStrangers(trx, request, atMs);
    const replaces = await replacedBy(trx, request);
    const id = request.newRequest?.() ?? newEnrolRequest();
    const asked = { request: id, station, volunteer_id: volunteer, by, asked_ms: atMs };
    const { id: number } = await trx
      .insertInto('enrolment')
      .values({ ...asked, until_ms: atMs + forMs, replaces })
      .returning('id')
      .executeTakeFirstOrThrow();
    await noteAction(trx, by, 'card enrol begin', volunteer, { station, enrolment: number }, atMs);
    const outgoing = new Outgoing();
    outgoing.command(station, { name: 'enrol', request: id, forMs });
    await outgoing.store(trx);
    return number;
  });
}

async function refuseStrangers(
  trx: Trx,
  { volunteer, station }: EnrolmentRequest,
  atMs: number,
): Promise<void> {
  await refuseStranger(trx, volunteer);
  const known = await trx
    .selectFrom('station')
    .leftJoin('station_presence', 'station_presence.station', 'station.id')
    .select(['revoked_at', 'state'])
    .where('id', '=', station)
    .executeTakeFirst();
  if (!known) throw new Refusal(`there is no station ${station}`);
  if (known.revoked_at !== null) throw new Refusal(`station ${station} was revoked`);
  if (known.state !== 'online') {
    throw new Refusal(`station ${station} is ${known.state ?? 'not heard of yet'}`);
  }
  const open = await openAt(trx, station, atMs);
  if (open) {
    throw new Refusal(`${open.by} waits for a card of ${open.volunteer_id} at ${station} already`);
  }
}

const openAt = (db: Db | Trx, station: string, atMs: number) =>
  db
    .selectFrom('enrolment')
    .selectAll()
    .where('station', '=', station)
    .where('ended_ms', 'is', null)
    .where('until_ms', '>=', atMs)
    .orderBy('id', 'desc')
    .executeTakeFirst();

async function replacedBy(
  trx: Trx,
  { volunteer, replaces }: EnrolmentRequest,
): Promise<string | null> {
  if (replaces === undefined) return null;
  const card = await cardMeant(trx, replaces, cardChanges.replace.from);
  if (card.volunteer_id === volunteer) return card.token;
  throw new Refusal(`the card ${cardReference(card.token)} is ${card.volunteer_id}'s`);
}

/**
 * Waits for a card at a station no more.
 * @throws Refusal when nobody waits for one there
 */
export async function cancelEnrolment(
  { db }: Pick<Store, 'db'>,
  station: string,
  { by, atMs = Date.now() }: { by: string; atMs?: number },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const open = await openAt(trx, station, atMs);
    if (!open) throw new Refusal(`nobody waits for a card at ${station}`);
    const ended = { ended_ms: atMs, result: 'cancelled' } as const;
    await trx.updateTable('enrolment').set(ended).where('id', '=', open.id).execute();
    const detail = { station, enrolment: open.id };
    await noteAction(trx, by, 'card enrol cancel', open.volunteer_id, detail, atMs);
    const outgoing = new Outgoing();
    outgoing.command(station, { name: 'enrol-over', request: open.request });
    await outgoing.store(trx);
  });
}

/** What the station says of it in its health. `unheard` also of one that runs a program without it. */
export type StationWord = 'unheard' | 'waiting' | 'again' | 'phone';

/** @returns how an enrolment stands. */
export async function enrolmentOf({ db }: Pick<Store, 'db'>, id: number, atMs = Date.now()) {
  const row = await db
    .selectFrom('enrolment')
    .leftJoin('station_presence', 'station_presence.station', 'enrolment.station')
    .selectAll('enrolment')
    .select('health')
    .where('enrolment.id', '=', id)
    .executeTakeFirstOrThrow();
  const { station, volunteer_id: volunteer, read, refused, result } = row;
  const isOver = atMs > row.until_ms + enrolmentGraceMs;
  const state = result ?? (isOver ? ('expired' as const) : ('waiting' as const));
  const health = healthMessageSchema.safeParse(JSON.parse(row.health ?? 'null')).data;
  const said = health?.enrolment;
  const stationSays: StationWord = said?.request === row.request ? said.state : 'unheard';
  return {
    ...{ id, station, volunteer, state, stationSays },
    card: read === null ? null : cardReference(read),
    /** Whose card was tapped meanwhile. */
    refused,
  };
}
