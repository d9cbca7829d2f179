import type { Command } from 'commander';
import { addCard, addVolunteer } from '../app/registry.ts';
import { listVolunteers } from '../app/reports.ts';
import type { Store } from '../store/open-store.ts';
import { answer, type Common, command, operator, withStore } from './run.ts';

export function addPeopleCommands(program: Command): void {
  const volunteer = program.command('volunteer').description('Volunteers: add, list.');
  volunteer.addCommand(
    command('add', 'Adds a volunteer.')
      .argument('<name>', 'name or alias')
      .action(async (name: string, common: Common) => {
        const add = (store: Store) => addVolunteer(store, name, operator);
        const id = await withStore(common, add, { create: true });
        answer(common, { id }, id);
      }),
  );
  volunteer.addCommand(
    command('list', 'Lists the volunteers with their points and how many cards they have.').action(
      async (common: Common) => {
        const rows = await withStore(common, listVolunteers);
        const lines = rows.map(
          ({ id, name, balance, cards }) => `${id}  ${name}  ${balance} points  cards: ${cards}`,
        );
        answer(common, rows, lines.length === 0 ? 'no volunteers' : lines.join('\n'));
      },
    ),
  );
  program
    .command('card')
    .description('Points cards: add.')
    .addCommand(
      command('add', 'Gives a volunteer a card. Only a token made from the UID is stored.')
        .requiredOption('--volunteer <id>', 'vo-…')
        .requiredOption('--uid <hex>', 'UID of the card: 4, 7 or 10 bytes')
        .action(async (flags: Common & { volunteer: string; uid: string }) => {
          await withStore(flags, (store) => addCard(store, flags.volunteer, flags.uid, operator));
          answer(flags, { volunteer: flags.volunteer }, `card added for ${flags.volunteer}`);
        }),
    );
  program.addCommand(
    command('balance', 'Shows how many points each volunteer has.').action(
      async (common: Common) => {
        const rows = await withStore(common, listVolunteers);
        const balances = rows.map(({ id, name, balance }) => ({ id, name, balance }));
        const lines = balances.map(({ id, name, balance }) => `${id}  ${name}  ${balance}`);
        answer(common, balances, lines.join('\n'));
      },
    ),
  );
}
