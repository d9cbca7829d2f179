import type { Command } from 'commander';
import { count } from '../../shared/command-line.ts';
import { counted } from '../../shared/counted.ts';
import { policyOfDay } from '../app/policies.ts';
import { Refusal } from '../app/registry.ts';
import { audit } from '../audit/audit.ts';
import { localDay } from '../domain/dating.ts';
import { addDays, startOfDay } from '../domain/local-time.ts';
import { askCorrection, decideCorrection, waitingCorrections } from '../ledger/corrections.ts';
import { explain, type StatementLine, statementOf } from '../ledger/statement.ts';
import { type Language, languages } from '../notify/texts.ts';
import { readTimeZone } from '../settings.ts';
import { atOneMoment } from '../store/at-one-moment.ts';
import { table } from './columns.ts';
import { languageOption, localDate, points } from './options.ts';
import { withProgress } from './progress.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';

/** Something does not add up. */
const exitUnsound = 1;

interface Correct extends Common {
  readonly volunteer: string;
  readonly points: number;
  readonly reason: string;
  readonly by: string;
}

export function addPointsCommands(program: Command): void {
  const group = program
    .command('points')
    .description('Points: account statements, and what is given or taken by hand.');
  group.addCommand(
    command('statement', "Shows what came to and went from a volunteer's account, and why.")
      .argument('<volunteer>', 'vo-…')
      .option('--from <day>', 'first day, YYYY-MM-DD (default: 30 days ago)', localDate)
      .option('--to <day>', 'last day (default: today)', localDate)
      .addOption(languageOption())
      .action(statement),
  );
  group.addCommand(
    command('correct', 'Gives or takes points by hand; above a limit a second person decides.')
      .requiredOption('--volunteer <id>', 'vo-…')
      .requiredOption('--points <number>', 'such as 20, or -20', points)
      .requiredOption('--reason <text>', 'why; it stands in the ledger for good')
      .requiredOption('--by <name>', 'who does it')
      .action(correct),
  );
  group.addCommand(
    command('waiting', 'Lists the corrections that wait for a second person.').action(
      async (flags: Common) => {
        const waiting = await withStore(flags, waitingCorrections);
        const lines = table(
          ['id', 'volunteer', 'points', 'asked by', 'reason'],
          waiting.map(({ id, name, points, by, reason }) => [
            `${id}`,
            name,
            `${points}`,
            by,
            reason,
          ]),
        );
        answer(flags, waiting, lines.length === 0 ? 'nothing waits' : lines.join('\n'));
      },
    ),
  );
  for (const [name, decision, text] of [
    ['approve', 'approved', 'Books a correction that waits.'],
    ['refuse', 'refused', 'Leaves a correction that waits unbooked.'],
  ] as const) {
    group.addCommand(
      command(name, `${text} Not for who has asked for it.`)
        .argument('<id>', 'number of the correction', count)
        .requiredOption('--by <name>', 'who decides')
        .action(async (id: number, flags: Common & { by: string }) => {
          const decided = { id, decision, by: flags.by, atMs: Date.now() };
          const balance = await withStore(flags, (store) => decideCorrection(store, decided));
          const now = balance === undefined ? '' : `, the balance is now ${balance}`;
          answer(flags, { id, decision, balance }, `correction ${id} ${decision}${now}`);
        }),
    );
  }
  addExplain(program);
  addAudit(program);
}

async function correct({ data, json, ...asked }: Correct): Promise<void> {
  const flags = { data, ...(json && { json }) };
  const today = localDay(readTimeZone(fromHere(data)))(Date.now());
  const result = await withStore(flags, async (store) => {
    const { policy } = await policyOfDay(store, today, today);
    const limits = { aloneMax: policy.correctionAloneMax };
    return askCorrection(store, { ...asked, atMs: Date.now() }, limits);
  });
  const text =
    result.state === 'booked'
      ? `correction ${result.id} is booked, the balance is now ${result.balance}`
      : `correction ${result.id} waits for a second person: points approve ${result.id} --by NAME`;
  answer(flags, result, text);
}

async function statement(
  volunteer: string,
  flags: Common & { from?: string; to?: string; language: Language },
): Promise<void> {
  const timeZone = readTimeZone(fromHere(flags.data));
  const dayOf = localDay(timeZone);
  const to = flags.to ?? dayOf(Date.now());
  const from = flags.from ?? addDays(to, -30);
  if (from > to) throw new Refusal(`the days are in the wrong order: from ${from} to ${to}`);
  const span = { fromMs: startOfDay(from, dayOf), untilMs: startOfDay(addDays(to, 1), dayOf) };
  const { lines, balance } = await withStore(flags, (store) =>
    statementOf(store, volunteer, { ...span, timeZone }),
  );
  const rows = lines.map(({ id, atMs, change, why }) => [
    ...[`${id}`, dayOf(atMs), change > 0 ? `+${change}` : `${change}`, why[flags.language]],
  ]);
  const nothing = `nothing between ${from} and ${to}`;
  const booked = table(['transfer', 'booked', 'points', 'why'], rows);
  const sum =
    balance < 0 ? `owed: ${counted(-balance, 'point')}` : `balance: ${counted(balance, 'point')}`;
  answer(
    flags,
    { volunteer, from, to, lines, balance },
    [...(rows.length === 0 ? [nothing] : booked), sum].join('\n'),
  );
}

function addExplain(program: Command): void {
  program.addCommand(
    command('explain', 'Says in one sentence, in three languages, why a transfer is there.')
      .argument('<transfer>', 'its number in a statement, or its reference')
      .action(async (transfer: string, flags: Common) => {
        const timeZone = readTimeZone(fromHere(flags.data));
        const line = await withStore(flags, (store) => explain(store, transfer, { timeZone }));
        answer(flags, line, explanation(line));
      }),
  );
}

const explanation = ({
  why,
  volunteer,
  checkIn,
}: StatementLine & { volunteer: { name: string } }): string =>
  [
    volunteer.name,
    ...languages.map((language) => why[language]),
    ...(checkIn === null ? [] : [`(check-in ${checkIn})`]),
  ].join('\n');

function addAudit(program: Command): void {
  program.addCommand(
    command(
      'audit',
      'Works everything out anew from the journal and from what people recorded, and compares. Exit code 1: something does not add up.',
    ).action(async (flags: Common) => {
      const report = await withStore(flags, (store) =>
        withProgress((say) =>
          atOneMoment(store.db, (db) => audit({ db, ingest: store.ingest }, say)),
        ),
      );
      const { checks, findings, isSound } = report;
      const lines = checks.map(
        ({ claim, findings, passedOver }) =>
          `${findings === 0 ? 'holds' : 'FAILS'}  ${claim}${passedOver === 0 ? '' : ` (but for ${passedOver} that retention has emptied)`}`,
      );
      const faults = findings.map(({ subject, detail }) => `${subject}: ${detail}`);
      const verdict = isSound ? 'Everything adds up.' : 'Something does not add up.';
      answer(flags, report, [...lines, ...faults, verdict].join('\n'));
      if (!isSound) process.exitCode = exitUnsound;
    }),
  );
}
