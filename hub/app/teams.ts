import { newTeamId } from '../../shared/ids.ts';
import { loadVolunteers } from '../people/load-volunteers.ts';
import {
  cleanNames,
  type KnownTeam,
  loadTeams,
  type TeamNames,
  teamFaults,
  teamFinder,
} from '../people/teams.ts';
import { languages } from '../people/words.ts';
import type { Store } from '../store/open-store.ts';
import type { Db, Trx } from '../store/schema.ts';
import { refuseStranger } from './known-volunteer.ts';
import { noteAction, Refusal, refuseFaults } from './registry.ts';

type Parts = Pick<Store, 'db'>;

/** @throws Refusal when a name is missing, or one is another team's in any language */
export async function addTeam({ db }: Parts, given: TeamNames, by: string): Promise<string> {
  const name = cleanNames(given);
  refuseFaults(teamFaults(name));
  const id = newTeamId();
  await db.transaction().execute(async (trx) => {
    await refuseTaken(trx, id, name);
    const { zh: name_zh, en: name_en, ko: name_ko } = name;
    const names = { name_zh, name_en, name_ko };
    await trx
      .insertInto('team')
      .values({ id, ...names, created_at: Date.now() })
      .execute();
    await noteAction(trx, by, 'team add', id, { name });
  });
  return id;
}

/** @throws Refusal when the team is unknown, or one of the names is another team's */
export async function renameTeam(
  { db }: Parts,
  id: string,
  change: Partial<TeamNames>,
  by: string,
): Promise<TeamNames> {
  return db.transaction().execute(async (trx) => {
    const team = await findTeam(trx, id);
    const name = cleanNames({ ...team.name, ...change });
    refuseFaults(teamFaults(name));
    await refuseTaken(trx, team.id, name);
    const names = { name_zh: name.zh, name_en: name.en, name_ko: name.ko };
    await trx.updateTable('team').set(names).where('id', '=', team.id).execute();
    await noteAction(trx, by, 'team rename', team.id, { name });
    return name;
  });
}

/** The teams with how many are in them now. */
export async function listTeams({ db }: Parts) {
  const counts = await db
    .selectFrom('team_member')
    .select('team_id')
    .select(({ fn }) => fn.countAll<number>().as('members'))
    .where('until_ms', 'is', null)
    .groupBy('team_id')
    .execute();
  const members = new Map(counts.map((row) => [row.team_id, Number(row.members)]));
  return (await loadTeams(db)).map((team) => ({ ...team, members: members.get(team.id) ?? 0 }));
}

/** @param wanted its id, or its name in any language. @throws Refusal when there is no such team */
export async function showTeam({ db }: Parts, wanted: string) {
  const team = await findTeam(db, wanted);
  const all = [...(await loadVolunteers(db)).values()];
  const members = all
    .filter(({ teams }) => teams.includes(team.id))
    .map(({ id, name, state }) => ({ id, name, state }));
  return { ...team, members };
}

/** @throws Refusal when one of them is unknown, or the volunteer is a member already */
export async function addMember(
  { db }: Parts,
  { team: wanted, volunteer }: { team: string; volunteer: string },
  by: string,
  atMs = Date.now(),
): Promise<KnownTeam> {
  return db.transaction().execute(async (trx) => {
    const team = await findTeam(trx, wanted);
    await refuseStranger(trx, volunteer);
    if (await isMember(trx, team.id, volunteer)) {
      throw new Refusal(`${volunteer} is in ${team.id} already`);
    }
    const row = { team_id: team.id, volunteer_id: volunteer, from_ms: atMs, until_ms: null };
    await trx.insertInto('team_member').values(row).execute();
    await noteAction(trx, by, 'team add-member', team.id, { volunteer });
    return team;
  });
}

/** That somebody was in it until now stays. @throws Refusal when the volunteer is no member of it */
export async function removeMember(
  { db }: Parts,
  { team: wanted, volunteer }: { team: string; volunteer: string },
  by: string,
): Promise<KnownTeam> {
  return db.transaction().execute(async (trx) => {
    const team = await findTeam(trx, wanted);
    if (!(await isMember(trx, team.id, volunteer))) {
      throw new Refusal(`${volunteer} is not in ${team.id}`);
    }
    await trx
      .updateTable('team_member')
      .set({ until_ms: Date.now() })
      .where('team_id', '=', team.id)
      .where('volunteer_id', '=', volunteer)
      .where('until_ms', 'is', null)
      .execute();
    await noteAction(trx, by, 'team remove-member', team.id, { volunteer });
    return team;
  });
}

/** @param wanted ids or names in any language. @throws Refusal naming one that is unknown */
export async function findTeams({ db }: Parts, wanted: readonly string[]): Promise<string[]> {
  const find = teamFinder(await loadTeams(db));
  return wanted.map((one) => (find(one) ?? refuseTeam(one)).id);
}

async function findTeam(db: Db, wanted: string): Promise<KnownTeam> {
  return teamFinder(await loadTeams(db))(wanted) ?? refuseTeam(wanted);
}

function refuseTeam(wanted: string): never {
  throw new Refusal(`there is no team ${wanted}`);
}

async function isMember(trx: Trx, team: string, volunteer: string): Promise<boolean> {
  const row = await trx
    .selectFrom('team_member')
    .select('id')
    .where('team_id', '=', team)
    .where('volunteer_id', '=', volunteer)
    .where('until_ms', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** A list of volunteers names teams in any language: each name is one team's alone. */
async function refuseTaken(trx: Trx, id: string, name: TeamNames): Promise<void> {
  const find = teamFinder((await loadTeams(trx)).filter((team) => team.id !== id));
  for (const language of languages) {
    const other = find(name[language]);
    if (other) throw new Refusal(`${other.id} has the name ${name[language]} already`);
  }
}
