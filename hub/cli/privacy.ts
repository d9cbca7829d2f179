import type { Command } from 'commander';
import { counted } from '../../shared/counted.ts';
import { writeDurably } from '../../shared/settings/durable-file.ts';
import { localDay } from '../domain/dating.ts';
import { Pace } from '../nightly/pace.ts';
import { erasePerson } from '../privacy/erase-person.ts';
import { exportPerson } from '../privacy/export-person.ts';
import { readTimeZone } from '../settings.ts';
import { withProgress } from './progress.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';

interface Decided extends Common {
  readonly by: string;
  readonly reason: string;
}

const decided = (one: Command, why: string): Command =>
  one
    .argument('<volunteer>', 'vo-…')
    .requiredOption('--by <name>', 'who does it')
    .requiredOption('--reason <text>', why);

export function addPrivacyCommands(program: Command): void {
  const group = program
    .command('privacy')
    .description('What is held on a person: export all of it, or erase it.');
  group.addCommand(
    decided(
      command('export', 'Writes everything that is held on a volunteer to a file.'),
      'why, such as that they asked for it',
    )
      .requiredOption(
        '--out <file>',
        'JSON; what stands there is replaced, and only you can read it',
      )
      .action(exportTo),
  );
  group.addCommand(
    decided(
      command(
        'erase',
        'Removes for good all that tells who a volunteer is. The account stays, under its number.',
      ),
      'why; it stays for good, so name nobody',
    ).action(erase),
  );
}

async function exportTo(volunteer: string, flags: Decided & { out: string }): Promise<void> {
  const timeZone = readTimeZone(fromHere(flags.data));
  const { by, reason } = flags;
  const asked = { volunteer, by, reason, atMs: Date.now(), timeZone };
  const exported = await withStore(flags, (store) =>
    withProgress(() => exportPerson(store, asked), `what is held on ${volunteer}`),
  );
  const file = fromHere(flags.out);
  writeDurably(file, `${JSON.stringify(exported, null, 2)}\n`);
  answer(flags, { volunteer, file }, `all that is held on ${volunteer} is in ${file}`);
}

async function erase(volunteer: string, flags: Decided): Promise<void> {
  const dayOf = localDay(readTimeZone(fromHere(flags.data)));
  const { by, reason } = flags;
  const asked = { volunteer, by, reason, atMs: Date.now(), dayOf };
  const report = await withStore(flags, (store) =>
    withProgress(
      (say) => erasePerson(store, asked, new Pace(undefined, (step) => say(`step ${step}`))),
      `check-ins of ${volunteer}`,
    ),
  );
  const text = [
    `${volunteer} is erased; the details of ${counted(report.checkIns, 'check-in')} are removed.`,
    'Those of the last months go in the night in which nothing can come for them any more.',
    ...report.faults.map((fault) => `Left as it was: ${fault}`),
  ];
  answer(flags, { volunteer, ...report }, text.join('\n'));
}
