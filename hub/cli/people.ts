import type { Command } from 'commander';
import { addCard } from '../app/registry.ts';
import { listVolunteers } from '../app/volunteers.ts';
import { answer, type Common, command, operator, withStore } from './run.ts';

export function addPeopleCommands(program: Command): void {
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
