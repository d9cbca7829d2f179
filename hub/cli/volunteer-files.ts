import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { exitUsage } from '../../shared/command-line.ts';
import { counted } from '../../shared/counted.ts';
import { exportVolunteers } from '../app/export-volunteers.ts';
import { type ImportReport, importVolunteers } from '../app/import-volunteers.ts';
import { Refusal } from '../app/registry.ts';
import {
  type ReadEncoding,
  readEncodings,
  type WrittenEncoding,
  writtenEncodings,
} from '../csv/encodings.ts';
import { findLanguage, type Language, languageWords } from '../people/words.ts';
import { withProgress } from './progress.ts';
import { answer, byOrDefault, type Common, command, fromHere, operator, withStore } from './run.ts';
import { choiceOf, wordOf } from './words.ts';

interface ImportFlags extends Common {
  readonly by?: string;
  readonly dryRun?: true;
  readonly skipBad?: true;
  readonly encoding?: ReadEncoding;
}

interface ExportFlags extends Common {
  readonly out: string;
  readonly encoding: WrittenEncoding;
  readonly language: Language;
  readonly by: string;
}

/** @param volunteer the command that these go below */
export function addVolunteerFileCommands(volunteer: Command): void {
  volunteer.addCommand(
    command('import', 'Reads volunteers, and their cards, from a CSV file of office software.')
      .argument('<file>', 'UTF-8 or GB18030; commas, semicolons or tabs; headings in zh, en or ko')
      .option('--dry-run', 'says what would be done and what is wrong, and changes nothing')
      .option('--skip-bad', 'takes the good rows; without it one bad row is enough for none')
      .option('--encoding <name>', `${readEncodings.join(', ')}`, choiceOf(readEncodings))
      .option('--by <name>', 'who does it; needed unless --dry-run')
      .action(importFile),
  );
  volunteer.addCommand(
    command('export', 'Writes the volunteers to a CSV file (mode 0600), which can be imported.')
      .requiredOption('--out <file>', 'where to; a file that is there is not written over')
      .option(
        '--encoding <name>',
        `${writtenEncodings.join(', ')}`,
        choiceOf(writtenEncodings),
        'utf-8-bom',
      )
      .option(
        '--language <code>',
        'of headings and words',
        wordOf(languageWords, findLanguage),
        'en',
      )
      .addOption(byOrDefault('who does it'))
      .action(exportFile),
  );
}

/** A bad row ends the program with exit code 2, unless bad rows were to be skipped. */
async function importFile(file: string, flags: ImportFlags): Promise<void> {
  const { by, dryRun = false, skipBad = false, encoding } = flags;
  if (by === undefined && !dryRun) throw new Refusal('say who does it with --by');
  const bytes = bytesOf(fromHere(file));
  const report = await withProgress((say) =>
    withStore(flags, (store) =>
      importVolunteers(store, bytes, {
        ...{ by: by ?? operator, atMs: Date.now(), dryRun, skipBad, encoding },
        onProgress: (what, rows, of) => say(`${rows} of ${of} rows ${what}`),
      }),
    ),
  );
  answer(flags, report, reportText(report, dryRun));
  if (report.bad.length > 0 && !skipBad) process.exitCode = exitUsage;
}

/** @throws Refusal that names the file: Node's own message does not, of a folder. */
function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Refusal(`${file} cannot be read: ${code === 'EISDIR' ? 'it is a folder' : message}`);
  }
}

function reportText(report: ImportReport, dryRun: boolean): string {
  const { rows, added, changed, unchanged, cards, bad, notTaken, applied } = report;
  const separator = { ',': 'commas', ';': 'semicolons', '\t': 'tabs' }[report.separator];
  const would = applied ? '' : 'would be ';
  return [
    ...bad.map(({ line, faults }) => `line ${line}: ${faults.join('; ')}`),
    `${counted(rows, 'row')}, read as ${report.encoding} with ${separator}`,
    ...(notTaken.length === 0 ? [] : [`columns that are not taken: ${notTaken.join(', ')}`]),
    `${would}added: ${added}, ${would}changed: ${changed}, unchanged: ${unchanged}, cards: ${cards}`,
    ...(applied ? [] : [dryRun ? 'nothing was changed (--dry-run)' : 'nothing was changed']),
    ...(bad.length > 0 ? [`${counted(bad.length, 'bad row')}${applied ? ', skipped' : ''}`] : []),
  ].join('\n');
}

async function exportFile(flags: ExportFlags): Promise<void> {
  const file = fromHere(flags.out);
  const rows = await withStore(flags, async (store) => {
    const made = await exportVolunteers(store, flags);
    writeFileSync(file, made.bytes, { mode: 0o600, flag: 'wx' });
    return made.rows;
  });
  answer(flags, { file, rows }, `${counted(rows, 'volunteer')} written to ${file}`);
}
