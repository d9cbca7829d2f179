import type { Command } from 'commander';
import { listVolunteers } from '../app/volunteers.ts';
import { table } from './columns.ts';
import { answer, type Common, command, withStore } from './run.ts';

export function addPeopleCommands(program: Command): void {
  program.addCommand(
    command('balance', 'Shows how many points each volunteer has.').action(
      async (common: Common) => {
        const rows = await withStore(common, listVolunteers);
        const balances = rows.map(({ id, name, balance }) => ({ id, name, balance }));
        const lines = table(
          ['id', 'name', 'points'],
          balances.map(({ id, name, balance }) => [id, name, `${balance}`]),
        );
        answer(common, balances, lines.length === 0 ? 'no volunteers' : lines.join('\n'));
      },
    ),
  );
}
