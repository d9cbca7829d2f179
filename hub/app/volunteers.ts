import { cardReference } from '../domain/card.ts';
import { loadVolunteers } from '../people/load-volunteers.ts';
import { actionOn, saveVolunteers } from '../people/save-volunteers.ts';
import {
  changedFields,
  cleanFields,
  fieldFaults,
  type VolunteerFields,
} from '../people/volunteer-fields.ts';
import type { Role, VolunteerState } from '../people/words.ts';
import { atOneMoment } from '../store/at-one-moment.ts';
import type { Store } from '../store/open-store.ts';
import type { Db } from '../store/schema.ts';
import { noteActions, Refusal, refuseFaults, refuseForeign } from './registry.ts';

/** Whom to list; nobody is left out where nothing is said. */
export interface VolunteerFilter {
  readonly team?: string | undefined;
  readonly role?: Role | undefined;
  readonly state?: VolunteerState | undefined;
}

/** The volunteers with what is known of them, their points and how many cards they have, by name. */
export const listVolunteers = ({ db }: Pick<Store, 'db'>, filter: VolunteerFilter = {}) =>
  atOneMoment(db, (reader) => readList(reader, filter));

async function readList(db: Db, filter: VolunteerFilter) {
  const known = await loadVolunteers(db);
  const [balances, cards] = [await balancesOf(db), await cardCounts(db)];
  return [...known.values()]
    .filter(
      ({ teams, roles, state }) =>
        (filter.team === undefined || teams.includes(filter.team)) &&
        (filter.role === undefined || roles.includes(filter.role)) &&
        (filter.state === undefined || state === filter.state),
    )
    .map((one) => ({
      ...one,
      balance: balances.get(one.id) ?? 0,
      cards: cards.get(one.id) ?? 0,
    }));
}

/**
 * All that the register holds on one volunteer: fields, teams by name, every pause, and the cards, as
 * operators call them.
 * @throws Refusal when there is no such volunteer
 */
export const showVolunteer = ({ db }: Pick<Store, 'db'>, id: string) =>
  atOneMoment(db, (reader) => readOne(reader, id));

async function readOne(db: Db, id: string) {
  const one = (await loadVolunteers(db, id)).get(id);
  if (!one) throw new Refusal(`there is no volunteer ${id}`);
  const pauses = await db
    .selectFrom('volunteer_pause')
    .select(['from_ms', 'until_ms', 'paused_by as pausedBy', 'resumed_by as resumedBy'])
    .where('volunteer_id', '=', id)
    .orderBy('id')
    .execute();
  const teams = await db
    .selectFrom('team_member')
    .innerJoin('team', 'team.id', 'team_id')
    .select(['team.id', 'name_zh', 'name_en', 'name_ko', 'from_ms'])
    .where('volunteer_id', '=', id)
    .where('until_ms', 'is', null)
    .orderBy('name_zh')
    .execute();
  const cards = await db
    .selectFrom('card')
    .select(['token', 'status'])
    .where('volunteer_id', '=', id)
    .orderBy('token')
    .execute();
  return {
    ...one,
    balance: (await balancesOf(db, id)).get(id) ?? 0,
    teams: teams.map(({ id: team, name_zh: zh, name_en: en, name_ko: ko, from_ms }) => ({
      ...{ id: team, name: { zh, en, ko }, since: timeText(from_ms) },
    })),
    pauses: pauses.map(({ from_ms, until_ms, ...who }) => ({
      from: timeText(from_ms),
      until: until_ms === null ? null : timeText(until_ms),
      ...who,
    })),
    cards: cards.map(({ token, status }) => ({ card: cardReference(token), status })),
  };
}

/**
 * Changes what is given, and nothing else.
 * @returns which fields are other than before
 * @throws Refusal when the volunteer is unknown or something of it cannot be taken; all faults at once
 */
export function changeVolunteer(
  { db }: Pick<Store, 'db'>,
  id: string,
  change: Partial<VolunteerFields>,
  by: string,
): Promise<readonly (keyof VolunteerFields)[]> {
  return db.transaction().execute(async (trx) => {
    const before = (await loadVolunteers(trx, id)).get(id);
    if (!before) throw new Refusal(`there is no volunteer ${id}`);
    if (before.state === 'erased') throw new Refusal(`${id} was erased, and stays so`);
    const after = cleanFields({ ...before, ...change });
    refuseFaults(fieldFaults(after));
    const changed = changedFields(before, after);
    if (changed.length === 0) return changed;
    const saved = { ...after, id, before };
    await refuseForeign(trx, saved);
    const atMs = Date.now();
    await saveVolunteers(trx, [saved], atMs);
    await noteActions(trx, by, [actionOn(saved)], atMs);
    return changed;
  });
}

const timeText = (ms: number): string => new Date(ms).toISOString();

async function balancesOf(db: Db, only?: string): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('account')
    .select(['volunteer_id', 'balance'])
    .where('volunteer_id', 'is not', null)
    .$if(only !== undefined, (query) => query.where('volunteer_id', '=', only ?? ''))
    .execute();
  return new Map(rows.map(({ volunteer_id, balance }) => [volunteer_id ?? '', balance]));
}

async function cardCounts(db: Db): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('card')
    .select('volunteer_id')
    .select(({ fn }) => fn.countAll<number>().as('cards'))
    .groupBy('volunteer_id')
    .execute();
  return new Map(rows.map(({ volunteer_id, cards }) => [volunteer_id, Number(cards)]));
}
