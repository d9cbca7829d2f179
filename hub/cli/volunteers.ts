import type { Command } from 'commander';
import { pauseVolunteer, resumeVolunteer } from '../app/pauses.ts';
import { addVolunteer, Refusal } from '../app/registry.ts';
import { findTeams } from '../app/teams.ts';
import {
  changeVolunteer,
  listVolunteers,
  showVolunteer,
  type VolunteerFilter,
} from '../app/volunteers.ts';
import type { VolunteerFields } from '../people/volunteer-fields.ts';
import {
  findLanguage,
  findRole,
  findState,
  type Language,
  languageWords,
  type Role,
  roleWords,
  stateWords,
  type VolunteerState,
} from '../people/words.ts';
import type { Store } from '../store/open-store.ts';
import { columns, table } from './columns.ts';
import { answer, byOrDefault, type Common, command, withStore } from './run.ts';
import { addVolunteerFileCommands } from './volunteer-files.ts';
import { listOf, wordOf, wordsOf } from './words.ts';

interface FieldFlags extends Common {
  readonly name?: string;
  readonly displayName?: string;
  readonly externalId?: string;
  readonly language?: Language;
  readonly roles?: readonly Role[];
  readonly teams?: readonly string[];
  readonly by: string;
}

interface ListFlags extends Common {
  readonly team?: string;
  readonly role?: Role;
  readonly state?: VolunteerState;
}

interface ByFlags extends Common {
  readonly by: string;
}

const withFields = (one: Command): Command =>
  one
    .option('--display-name <alias>', 'how the feed may call them; "" for by the id alone')
    .option('--external-id <id>', 'what another list calls them, such as a staff number')
    .option('--language <code>', 'zh, en or ko', wordOf(languageWords, findLanguage))
    .option('--roles <words>', Object.keys(roleWords).join(', '), wordsOf(roleWords, findRole))
    .option('--teams <names>', 'ids, or names in any language; "" for none', listOf)
    .addOption(byOrDefault('who does it'));

export function addVolunteerCommands(program: Command): void {
  const volunteer = program
    .command('volunteer')
    .description('Volunteers: add, show, change, pause, resume, list, import, export.');
  volunteer.addCommand(
    withFields(command('add', 'Adds a volunteer.').argument('<name>', 'name or alias')).action(add),
  );
  volunteer.addCommand(
    withFields(
      command('change', 'Changes what is given of a volunteer, and nothing else.')
        .argument('<id>', 'vo-…')
        .option('--name <name>', 'name or alias'),
    ).action(change),
  );
  volunteer.addCommand(
    command('show', 'Shows what is held on a volunteer: fields, teams, pauses, cards.')
      .argument('<id>', 'vo-…')
      .action(show),
  );
  volunteer.addCommand(
    command('list', 'Lists the volunteers with their points and how many cards they have.')
      .option('--team <name>', 'those in this team')
      .option('--role <word>', 'those with this role', wordOf(roleWords, findRole))
      .option('--state <word>', Object.keys(stateWords).join(', '), wordOf(stateWords, findState))
      .action(list),
  );
  addPauseCommands(volunteer);
  addVolunteerFileCommands(volunteer);
}

function addPauseCommands(volunteer: Command): void {
  volunteer.addCommand(
    command('pause', 'From now on their taps are recorded, and earn nothing.')
      .argument('<id>', 'vo-…')
      .requiredOption('--by <name>', 'who decides it')
      .action(async (id: string, flags: ByFlags) => {
        const now = { by: flags.by, atMs: Date.now() };
        await withStore(flags, (store) => pauseVolunteer(store, id, now));
        answer(flags, { id, state: 'paused' }, `${id} is paused: taps from now on earn nothing`);
      }),
  );
  volunteer.addCommand(
    command('resume', 'From now on their taps earn again; those of the pause do not.')
      .argument('<id>', 'vo-…')
      .requiredOption('--by <name>', 'who decides it')
      .option('--undo', 'the pause was a mistake: what was tapped meanwhile earns too')
      .action(async (id: string, flags: ByFlags & { undo?: true }) => {
        const now = { by: flags.by, atMs: Date.now(), undo: flags.undo ?? false };
        await withStore(flags, (store) => resumeVolunteer(store, id, now));
        answer(flags, { id, state: 'active' }, `${id} is active: taps from now on earn`);
      }),
  );
}

async function fieldsOf(store: Store, flags: FieldFlags): Promise<Partial<VolunteerFields>> {
  const { name, displayName, externalId, language, roles, teams } = flags;
  return {
    ...(name === undefined ? {} : { name }),
    ...(displayName === undefined ? {} : { displayName }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(language === undefined ? {} : { language }),
    ...(roles === undefined ? {} : { roles }),
    ...(teams === undefined ? {} : { teams: await findTeams(store, teams) }),
  };
}

async function add(name: string, flags: FieldFlags): Promise<void> {
  const make = async (store: Store) =>
    addVolunteer(store, name, flags.by, await fieldsOf(store, flags));
  const id = await withStore(flags, make, { create: true });
  answer(flags, { id }, id);
}

async function change(id: string, flags: FieldFlags): Promise<void> {
  const changed = await withStore(flags, async (store) => {
    const fields = await fieldsOf(store, flags);
    if (Object.keys(fields).length === 0) throw new Refusal('say what to change');
    return changeVolunteer(store, id, fields, flags.by);
  });
  const text = changed.length === 0 ? 'nothing is other than before' : changed.join(', ');
  answer(flags, { id, changed }, `${id}: ${text}`);
}

async function show(id: string, flags: Common): Promise<void> {
  const one = await withStore(flags, (store) => showVolunteer(store, id));
  const lines = [
    ['name', one.name],
    ['display name', one.displayName ?? 'none: the feed names the id alone'],
    ['external id', one.externalId ?? 'none'],
    ['language', languageWords[one.language][one.language]],
    ['roles', one.roles.map((role) => roleWords[role].en).join(', ') || 'none'],
    ['state', one.state],
    ['points', String(one.balance)],
    ...one.teams.map(({ id: team, name, since }) => [
      ...['team', `${team}  ${name.zh}  ${name.en}  ${name.ko}  since ${since}`],
    ]),
    ...one.pauses.map(({ from, until, pausedBy }) => [
      ...['paused', `${from} to ${until ?? 'now'} by ${pausedBy}`],
    ]),
    ...one.cards.map(({ card, status }) => ['card', `${card}  ${status}`]),
  ];
  answer(flags, one, [one.id, ...columns(lines)].join('\n'));
}

async function list(flags: ListFlags): Promise<void> {
  const rows = await withStore(flags, async (store) => {
    const [team] = flags.team === undefined ? [] : await findTeams(store, [flags.team]);
    const filter: VolunteerFilter = { team, role: flags.role, state: flags.state };
    return listVolunteers(store, filter);
  });
  const lines = table(
    ['id', 'name', 'points', 'cards', 'roles', 'state'],
    rows.map(({ id, name, balance, cards, roles, state }) => [
      ...[id, name, `${balance}`, `${cards}`, roles.join(', '), state],
    ]),
  );
  answer(flags, rows, lines.length === 0 ? 'no volunteers' : lines.join('\n'));
}
