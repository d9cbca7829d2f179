import { type Command, InvalidArgumentError } from 'commander';
import { closeDay, showDay } from '../app/daily-clear.ts';
import { Refusal } from '../app/registry.ts';
import type { Carry } from '../domain/day-close.ts';
import { readTimeZone } from '../settings.ts';
import { dayText } from './day-text.ts';
import { localDate } from './options.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';

/** Something of the day stands open. */
const exitOpen = 1;

interface DayFlags extends Common {
  readonly date: string;
  readonly by?: string;
  readonly carry: readonly Carry[];
}

export function addDailyClear(program: Command): void {
  program.addCommand(
    command(
      'daily-clear',
      '每日清: shows what a day has to clear; with --by, closes the day. Exit code 1: something stands open.',
    )
      .requiredOption('--date <day>', 'YYYY-MM-DD, where the scheme is', localDate)
      .option('--by <name>', 'who closes the day, and signs for what is carried over')
      .option('--carry <subject=reason>', 'carries over what is open: alarm:12=REASON', carry, [])
      .action(clear),
  );
}

async function clear(flags: DayFlags): Promise<void> {
  const { date: day, by, carry: carries } = flags;
  if (by === undefined && carries.length > 0) {
    throw new Refusal('--carry needs --by: somebody has to sign for what is carried over');
  }
  const timeZone = readTimeZone(fromHere(flags.data));
  const question = { day, timeZone, nowMs: Date.now() };
  const report = await withStore(flags, (store) =>
    by === undefined ? showDay(store, question) : closeDay(store, question, { by, carries }),
  );
  answer(flags, report, dayText(report));
  if (report.state === 'open') process.exitCode = exitOpen;
}

/** For commander, which gives what came before. @throws InvalidArgumentError */
function carry(text: string, before: readonly Carry[]): Carry[] {
  const [, subject, reason] = /^((?:alarm|trouble):\d+)=(.*\S.*)$/s.exec(text) ?? [];
  if (subject === undefined || reason === undefined) {
    throw new InvalidArgumentError('expected alarm:ID=REASON or trouble:ID=REASON.');
  }
  return [...before, { subject, reason: reason.trim() }];
}
