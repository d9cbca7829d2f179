import type { Command } from 'commander';
import { count } from '../../shared/command-line.ts';
import { localDay } from '../domain/dating.ts';
import { addDays } from '../domain/local-time.ts';
import type { SuspicionKind } from '../domain/suspicion.ts';
import {
  decideSuspicion,
  type KeptSuspicion,
  listSuspicions,
  lookForFraud,
  showSuspicion,
} from '../fraud/look.ts';
import { readTimeZone } from '../settings.ts';
import { table } from './columns.ts';
import { localDate } from './options.ts';
import { withProgress } from './progress.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';

const words: Readonly<Record<SuspicionKind, string>> = {
  'impossible-walk': 'too far for the time between',
  'two-places': 'one card at two places',
  together: 'cards always shown together',
  'machine-like': 'intervals like a machine',
  burst: 'many taps in a short time',
};

/** A month and a bit: what was late has come by then. */
const daysDefault = 35;

export function addFraudCommands(program: Command): void {
  const group = program
    .command('fraud')
    .description('What looks odd, for a person to look at. Nothing follows from it by itself.');
  group.addCommand(
    command('look', 'Looks through the check-ins of some days, and keeps what is new.')
      .option('--from <day>', `first day (default: ${daysDefault} days ago)`, localDate)
      .option('--to <day>', 'last day (default: today)', localDate)
      .requiredOption('--by <name>', 'who looks')
      .action(look),
  );
  group.addCommand(
    command('list', 'Lists what waits for a decision.')
      .option('--all', 'also what somebody has decided on')
      .action(async (flags: Common & { all?: true }) => {
        const found = await withStore(flags, (store) => listSuspicions(store, flags));
        const lines = table(headings, found.map(line));
        answer(flags, found, lines.length === 0 ? 'nothing waits' : lines.join('\n'));
      }),
  );
  group.addCommand(
    command('show', 'Shows one with the check-ins that it was seen in.')
      .argument('<id>', 'number in the list', count)
      .action(show),
  );
  for (const [name, decision, text] of [
    [
      'confirm',
      'confirmed',
      'Says that it is what it looks like. Check-ins are voided apart: review void.',
    ],
    ['dismiss', 'dismissed', 'Says that it is harmless; it is not told again.'],
  ] as const) {
    group.addCommand(
      command(name, text)
        .argument('<id>', 'number in the list', count)
        .requiredOption('--by <name>', 'who decides')
        .requiredOption('--reason <text>', 'why')
        .action(async (id: number, flags: Common & { by: string; reason: string }) => {
          const decided = { decision, by: flags.by, note: flags.reason, atMs: Date.now() };
          await withStore(flags, (store) => decideSuspicion(store, id, decided));
          answer(flags, { id, decision }, `${id} ${decision}`);
        }),
    );
  }
}

async function look(flags: Common & { from?: string; to?: string; by: string }): Promise<void> {
  const atMs = Date.now();
  const to = flags.to ?? localDay(readTimeZone(fromHere(flags.data)))(atMs);
  const from = flags.from ?? addDays(to, -daysDefault);
  const fresh = await withStore(flags, (store) =>
    withProgress((say) => {
      say(`check-ins from ${from} to ${to}`);
      return lookForFraud(store, { from, to }, { by: flags.by, atMs }, say);
    }),
  );
  const lines = Object.entries(fresh).map(([kind, n]) => `${n}  ${kind}`);
  const text = lines.length === 0 ? 'nothing new' : `new:\n${lines.join('\n')}\nsee fraud list`;
  answer(flags, { from, to, fresh }, text);
}

async function show(id: number, flags: Common): Promise<void> {
  const shown = await withStore(flags, (store) => showSuspicion(store, id));
  const timeZone = readTimeZone(fromHere(flags.data));
  const clock = new Intl.DateTimeFormat('sv-SE', {
    ...{ dateStyle: 'short', timeStyle: 'medium', timeZone },
  });
  const rows = shown.evidence.map(({ checkIn, occurredMs, station, volunteer, points }) => [
    ...[`${checkIn}`, clock.format(occurredMs), station, volunteer ?? '', `${points}`],
  ]);
  const evidence = table(['check-in', 'time', 'station', 'volunteer', 'points'], rows);
  const text = [...table(headings, [line(shown)]), '', ...evidence, `Times: ${timeZone}`];
  answer(flags, shown, text.join('\n'));
}

const headings = ['id', 'kind', 'what', 'volunteers', 'figures', 'decision'];

const line = ({ id, kind, volunteers, figures, decision, decidedBy }: KeptSuspicion): string[] => [
  ...[`${id}`, kind, words[kind], volunteers.join(' ')],
  Object.entries(figures)
    .map(([name, value]) => `${name} ${value}`)
    .join(', '),
  decision === null ? '' : `${decision} by ${decidedBy}`,
];
