import { volunteerAccount } from '../domain/ledger.ts';
import type { Trx } from '../store/schema.ts';
import { changedFields, type VolunteerFields } from './volunteer-fields.ts';

/** A volunteer as it is to be, with what was known before; undefined for a new one. */
export interface SavedVolunteer extends VolunteerFields {
  readonly id: string;
  readonly before: VolunteerFields | undefined;
}

/** SQLite takes 32,766 values in one statement; a volunteer's row has six. */
const rowsPerStatement = 500;

/** Parts of a list that are not too long for one statement. */
export function* parts<T>(all: readonly T[]): Generator<T[]> {
  for (let from = 0; from < all.length; from += rowsPerStatement) {
    yield all.slice(from, from + rowsPerStatement);
  }
}

/**
 * Writes volunteers, many in one statement: while it lasts, nothing else of the hub is committed, so a
 * long list must not take long.
 */
export async function saveVolunteers(
  trx: Trx,
  saved: readonly SavedVolunteer[],
  atMs: number,
): Promise<void> {
  await saveRows(trx, saved, atMs);
  await saveRoles(trx, saved);
  await saveTeams(trx, saved, atMs);
}

async function saveRows(trx: Trx, saved: readonly SavedVolunteer[], atMs: number): Promise<void> {
  for (const some of parts(saved)) {
    const rows = some.map(({ id, name, displayName, externalId, language }) => ({
      ...{ id, name, created_at: atMs, language },
      ...{ display_name: displayName, external_id: externalId },
    }));
    await trx
      .insertInto('volunteer')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet(({ ref }) => ({
          name: ref('excluded.name'),
          display_name: ref('excluded.display_name'),
          external_id: ref('excluded.external_id'),
          language: ref('excluded.language'),
        })),
      )
      .execute();
  }
  for (const some of parts(saved.filter(({ before }) => before === undefined))) {
    const accounts = some.map(({ id }) => ({
      ...{ id: volunteerAccount(id), volunteer_id: id, balance: 0 },
    }));
    await trx.insertInto('account').values(accounts).execute();
  }
}

async function saveRoles(trx: Trx, saved: readonly SavedVolunteer[]): Promise<void> {
  const others = saved.filter(
    ({ before, roles }) => before !== undefined && String(before.roles) !== String(roles),
  );
  for (const some of parts(others)) {
    const ids = some.map(({ id }) => id);
    await trx.deleteFrom('volunteer_role').where('volunteer_id', 'in', ids).execute();
  }
  const changed = saved.filter(({ before }) => before === undefined).concat(others);
  const rows = changed.flatMap(({ id, roles }) =>
    roles.map((role) => ({ volunteer_id: id, role })),
  );
  for (const some of parts(rows)) await trx.insertInto('volunteer_role').values(some).execute();
}

/** Who leaves a team was in it until now; nothing of that is forgotten. */
async function saveTeams(trx: Trx, saved: readonly SavedVolunteer[], atMs: number): Promise<void> {
  const leavers = new Map<string, string[]>();
  const joins: { team_id: string; volunteer_id: string; from_ms: number; until_ms: null }[] = [];
  for (const { id, teams, before } of saved) {
    for (const team of before?.teams ?? []) {
      if (!teams.includes(team)) leavers.set(team, [...(leavers.get(team) ?? []), id]);
    }
    for (const team of teams) {
      if (before?.teams.includes(team)) continue;
      joins.push({ team_id: team, volunteer_id: id, from_ms: atMs, until_ms: null });
    }
  }
  for (const [team, ids] of leavers) {
    for (const some of parts(ids)) {
      await trx
        .updateTable('team_member')
        .set({ until_ms: atMs })
        .where('team_id', '=', team)
        .where('volunteer_id', 'in', some)
        .where('until_ms', 'is', null)
        .execute();
    }
  }
  for (const some of parts(joins)) await trx.insertInto('team_member').values(some).execute();
}

/**
 * What is noted of it for good. Actions are never erased, so they say that a name was changed, and
 * neither the old nor the new one.
 */
export function actionOn(saved: SavedVolunteer) {
  const { id, before, language, roles, teams } = saved;
  const open = { language, roles, teams };
  if (before === undefined) return { action: 'volunteer add', subject: id, detail: open };
  const changed = changedFields(before, saved);
  const values = Object.fromEntries(
    Object.entries(open).filter(([field]) => changed.some((one) => one === field)),
  );
  return { action: 'volunteer change', subject: id, detail: { changed, ...values } };
}
