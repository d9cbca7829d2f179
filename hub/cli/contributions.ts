import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { count } from '../../shared/command-line.ts';
import { Refusal } from '../app/registry.ts';
import { localDay } from '../domain/dating.ts';
import {
  decideContribution,
  listContributions,
  readContributionText,
  recordContribution,
} from '../ledger/contributions.ts';
import { readContributionReaders, readTimeZone } from '../settings.ts';
import { table } from './columns.ts';
import { localDate } from './options.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';

interface RecordFlags extends Common {
  readonly volunteer: string;
  readonly kind: string;
  readonly points: number;
  readonly day?: string;
  readonly text?: string;
  readonly textFile?: string;
  readonly by: string;
}

/** Standard input, as commands take it by the name of a file. */
const standardInput = '-';

export function addContributionCommands(program: Command): void {
  const group = program
    .command('contribution')
    .description(
      '贡献: information, mediation, hazards removed. One records it, another approves.',
    );
  group.addCommand(
    command('record', 'Records a contribution; another person has to approve it.')
      .requiredOption('--volunteer <id>', 'vo-…')
      .requiredOption(
        '--kind <kind>',
        'one of the policy: information, mediation, hazard-removed …',
      )
      .requiredOption('--points <number>', 'within the range of the policy', count)
      .option('--day <day>', 'when it was done, YYYY-MM-DD (default: today)', localDate)
      .option('--text <text>', 'what it was; kept apart, since it may name people')
      .option('--text-file <file>', 'the same from a file, or from standard input with -')
      .requiredOption('--by <name>', 'who records it')
      .action(record),
  );
  addDecisions(group);
  group.addCommand(
    command('list', 'Lists contributions, without what they were.')
      .option('--waiting', 'only those that nobody has decided on')
      .option('--volunteer <id>', 'only of this one')
      .action(list),
  );
  group.addCommand(
    command('read', 'Shows what a contribution was. Who read it and why is kept.')
      .argument('<id>', 'number of the contribution', count)
      .requiredOption('--by <name>', 'who reads it')
      .requiredOption('--reason <text>', 'what for')
      .action(async (id: number, flags: Common & { by: string; reason: string }) => {
        const { by, reason } = flags;
        const readers = readContributionReaders(fromHere(flags.data));
        const text = await withStore(flags, (store) =>
          readContributionText(store, { id, by, reason, atMs: Date.now(), readers }),
        );
        answer(flags, { id, text }, text);
      }),
  );
}

function addDecisions(group: Command): void {
  for (const [name, decision, text] of [
    ['approve', 'approved', 'Credits a contribution that waits.'],
    ['refuse', 'refused', 'Credits nothing for a contribution that waits.'],
  ] as const) {
    const sub = command(name, `${text} Not for who has recorded it.`)
      .argument('<id>', 'number of the contribution', count)
      .requiredOption('--by <name>', 'who decides');
    if (decision === 'refused') sub.requiredOption('--reason <text>', 'why');
    group.addCommand(
      sub.action(async (id: number, flags: Common & { by: string; reason?: string }) => {
        const { by, reason: note } = flags;
        const decided = { id, decision, note, by, atMs: Date.now() };
        const balance = await withStore(flags, (store) => decideContribution(store, decided));
        const now = balance === undefined ? '' : `, the balance is now ${balance}`;
        answer(flags, { id, decision, balance }, `contribution ${id} ${decision}${now}`);
      }),
    );
  }
}

async function record(flags: RecordFlags): Promise<void> {
  const { volunteer, kind, points, by } = flags;
  const atMs = Date.now();
  const today = localDay(readTimeZone(fromHere(flags.data)))(atMs);
  const recorded = { volunteer, kind, points, by, atMs, today, day: flags.day ?? today };
  const text = textOf(flags);
  const id = await withStore(flags, (store) => recordContribution(store, { ...recorded, text }));
  const next = `another person approves it: contribution approve ${id} --by NAME`;
  answer(flags, { id }, `contribution ${id} is recorded; ${next}`);
}

function textOf({ text, textFile }: Pick<RecordFlags, 'text' | 'textFile'>): string {
  if (text !== undefined && textFile === undefined) return text;
  if (text !== undefined || textFile === undefined) {
    throw new Refusal('say what it was with --text or --text-file, one of them');
  }
  return readFileSync(textFile === standardInput ? 0 : fromHere(textFile), 'utf8').trim();
}

async function list(flags: Common & { waiting?: true; volunteer?: string }): Promise<void> {
  const rows = await withStore(flags, (store) => listContributions(store, flags));
  const lines = table(
    ['id', 'day', 'volunteer', 'kind', 'points', 'state', 'recorded by', 'decided by'],
    rows.map(({ id, day, name, kind, points, decision, recordedBy, decidedBy }) => [
      ...[`${id}`, day, name, kind, `${points}`, decision ?? 'waits', recordedBy, decidedBy ?? ''],
    ]),
  );
  answer(flags, rows, lines.length === 0 ? 'none' : lines.join('\n'));
}
