import type { Command } from 'commander';
import { addMember, addTeam, listTeams, removeMember, renameTeam, showTeam } from '../app/teams.ts';
import type { TeamNames } from '../people/teams.ts';
import { table } from './columns.ts';
import { answer, byOrDefault, type Common, command, withStore } from './run.ts';

interface NameFlags extends Common, TeamNames {
  readonly by: string;
}

interface RenameFlags extends Common, Partial<TeamNames> {
  readonly by: string;
}

interface MemberFlags extends Common {
  readonly by: string;
}

/** A team as a command takes it. */
const teamArgument = ['<team>', 'tm-…, or its name in any language'] as const;

export function addTeamCommands(program: Command): void {
  const team = program
    .command('team')
    .description('Teams of volunteers: add, rename, list, show, add-member, remove-member.');
  team.addCommand(
    command('add', 'Adds a team.')
      .requiredOption('--zh <name>', 'its name in Chinese')
      .requiredOption('--en <name>', 'in English')
      .requiredOption('--ko <name>', 'in Korean')
      .addOption(byOrDefault('who does it'))
      .action(async ({ zh, en, ko, by, ...common }: NameFlags) => {
        const id = await withStore(common, (store) => addTeam(store, { zh, en, ko }, by));
        answer(common, { id }, id);
      }),
  );
  team.addCommand(
    command('rename', 'Changes what is given of the names of a team.')
      .argument(...teamArgument)
      .option('--zh <name>', 'its name in Chinese')
      .option('--en <name>', 'in English')
      .option('--ko <name>', 'in Korean')
      .addOption(byOrDefault('who does it'))
      .action(rename),
  );
  team.addCommand(
    command('list', 'Lists the teams.').action(async (common: Common) => {
      const teams = await withStore(common, listTeams);
      const lines = table(
        ['id', 'in zh', 'in en', 'in ko', 'members'],
        teams.map(({ id, name: { zh, en, ko }, members }) => [id, zh, en, ko, `${members}`]),
      );
      answer(common, teams, lines.length === 0 ? 'no teams' : lines.join('\n'));
    }),
  );
  team.addCommand(
    command('show', 'Shows who is in a team.')
      .argument(...teamArgument)
      .action(show),
  );
  addMemberCommands(team);
}

function addMemberCommands(team: Command): void {
  team.addCommand(
    command('add-member', 'Takes a volunteer into a team.')
      .argument(...teamArgument)
      .argument('<volunteer>', 'vo-…')
      .addOption(byOrDefault('who does it'))
      .action(async (wanted: string, volunteer: string, flags: MemberFlags) => {
        const pair = { team: wanted, volunteer };
        const { id } = await withStore(flags, (store) => addMember(store, pair, flags.by));
        answer(flags, { team: id, volunteer }, `${volunteer} is in ${id}`);
      }),
  );
  team.addCommand(
    command('remove-member', 'Takes a volunteer out of a team; that they were in it stays.')
      .argument(...teamArgument)
      .argument('<volunteer>', 'vo-…')
      .addOption(byOrDefault('who does it'))
      .action(async (wanted: string, volunteer: string, flags: MemberFlags) => {
        const pair = { team: wanted, volunteer };
        const { id } = await withStore(flags, (store) => removeMember(store, pair, flags.by));
        answer(flags, { team: id, volunteer }, `${volunteer} is in ${id} no more`);
      }),
  );
}

async function rename(wanted: string, { zh, en, ko, by, ...common }: RenameFlags): Promise<void> {
  const change = {
    ...(zh === undefined ? {} : { zh }),
    ...(en === undefined ? {} : { en }),
    ...(ko === undefined ? {} : { ko }),
  };
  const name = await withStore(common, (store) => renameTeam(store, wanted, change, by));
  answer(common, { name }, [name.zh, name.en, name.ko].join('  '));
}

async function show(wanted: string, common: Common): Promise<void> {
  const team = await withStore(common, (store) => showTeam(store, wanted));
  const { zh, en, ko } = team.name;
  const lines = table(
    ['id', 'name', 'state'],
    team.members.map(({ id, name, state }) => [id, name, state]),
  );
  const members = lines.length === 0 ? ['nobody is in it'] : lines;
  answer(common, team, [[team.id, zh, en, ko].join('  '), ...members].join('\n'));
}
