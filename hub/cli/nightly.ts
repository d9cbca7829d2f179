import type { Command } from 'commander';
import { localDay } from '../domain/dating.ts';
import { type JobReport, runNightly } from '../nightly/run-nightly.ts';
import { readNightSettings } from '../settings.ts';
import { withProgress } from './progress.ts';
import { answer, byOrDefault, type Common, command, fromHere, withStore } from './run.ts';

/** Something could not be done. */
const exitFailed = 1;

export function addNightly(program: Command): void {
  program.addCommand(
    command(
      'nightly',
      'Does what the hub does each night: looks for oddities, lets points expire, removes what was kept long enough. Exit code 1: something could not be done.',
    )
      .addOption(byOrDefault('who does it', 'nightly'))
      .action(nightly),
  );
}

async function nightly(flags: Common & { by: string }): Promise<void> {
  const { privacy, timeZone } = readNightSettings(fromHere(flags.data));
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, end);
  const report = await withStore(flags, (store) =>
    withProgress((say) =>
      runNightly({
        ...{ store, privacy, dayOf: localDay(timeZone), by: flags.by, atMs: Date.now() },
        ...{ signal: ending.signal, say },
      }),
    ),
  );
  for (const signal of signals) process.removeListener(signal, end);
  const lines = report.jobs.map(line);
  if (report.isInterrupted) lines.push('interrupted: the rest waits for the next time');
  answer(flags, report, lines.join('\n'));
  if (report.jobs.some(({ failed }) => failed !== undefined)) process.exitCode = exitFailed;
}

const line = ({ job, did, failed }: JobReport): string =>
  `${job}: ${failed === undefined ? (did === undefined ? 'nothing asked for' : figures(did)) : `FAILED, ${failed}`}`;

function figures(did: object): string {
  const all = Object.entries(did).map(([name, value]) => `${name} ${value}`);
  return all.length === 0 ? 'nothing new' : all.join(', ');
}
