import { groupBy } from '../domain/group-by.ts';
import type { Db } from '../store/schema.ts';
import type { VolunteerFields } from './volunteer-fields.ts';
import { keysOf, roleWords, type VolunteerState } from './words.ts';

export interface KnownVolunteer extends VolunteerFields {
  readonly id: string;
  readonly state: VolunteerState;
}

/** Of all volunteers, or of one. @returns them by id, in the order of their names */
export async function loadVolunteers(
  db: Db,
  only?: string,
): Promise<ReadonlyMap<string, KnownVolunteer>> {
  const volunteers = await db
    .selectFrom('volunteer')
    .select(['id', 'name', 'language', 'erased_ms'])
    .select(['display_name as displayName', 'external_id as externalId'])
    .$if(only !== undefined, (query) => query.where('id', '=', only ?? ''))
    .orderBy('name')
    .orderBy('id')
    .execute();
  const roles = await db
    .selectFrom('volunteer_role')
    .select(['volunteer_id', 'role'])
    .$if(only !== undefined, (query) => query.where('volunteer_id', '=', only ?? ''))
    .execute();
  const teams = await db
    .selectFrom('team_member')
    .select(['volunteer_id', 'team_id'])
    .where('until_ms', 'is', null)
    .$if(only !== undefined, (query) => query.where('volunteer_id', '=', only ?? ''))
    .orderBy('team_id')
    .execute();
  const pauses = await db
    .selectFrom('volunteer_pause')
    .select('volunteer_id')
    .where('until_ms', 'is', null)
    .$if(only !== undefined, (query) => query.where('volunteer_id', '=', only ?? ''))
    .execute();
  const rolesOf = groupBy(roles, ({ volunteer_id }) => volunteer_id);
  const teamsOf = groupBy(teams, ({ volunteer_id }) => volunteer_id);
  const paused = new Set(pauses.map(({ volunteer_id }) => volunteer_id));
  return new Map(
    volunteers.map(({ erased_ms, ...volunteer }) => {
      const { id } = volunteer;
      const has = (rolesOf.get(id) ?? []).map(({ role }) => role);
      return [
        id,
        {
          ...volunteer,
          roles: keysOf(roleWords).filter((role) => has.includes(role)),
          teams: (teamsOf.get(id) ?? []).map(({ team_id }) => team_id),
          state: erased_ms !== null ? 'erased' : paused.has(id) ? 'paused' : 'active',
        },
      ];
    }),
  );
}
