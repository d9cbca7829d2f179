import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import { count } from '../shared/command-line.ts';
import { type TortureOptions, type TortureReport, torture } from './torture/run.ts';

interface Flags extends Pick<TortureOptions, 'seconds' | 'stations' | 'broker'> {
  readonly seed: string;
  readonly json?: true;
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

const command = new Command('torture')
  .description(
    'Cuts, freezes and falsifies the connections of real stations to a real hub, kills both without ' +
      'notice, puts an old backup in the place of the hub, keeps everybody from the broker for a ' +
      'quarter of the time, in which calls must get through by HTTPS, and then counts: what was signalled as taken must be at the hub, exactly once.',
  )
  .option('--seconds <s>', 'how long things go wrong', count, 60)
  .option('--seed <text>', 'repeats the faults of another run', randomBytes(4).toString('hex'))
  .option('--stations <k>', 'stations', count, 3)
  .addOption(
    new Option('--broker <kind>', "the hub's own broker, or Mosquitto, which is then killed too")
      .choices(['embedded', 'mosquitto'])
      .default('embedded'),
  )
  .option('--json', 'print the report as JSON')
  .action(async ({ json, ...options }: Flags) => {
    say(`seed ${options.seed}, ${options.broker} broker, ${options.stations} stations`);
    const report = await torture({ ...options, say, signal: stop.signal });
    process.stdout.write(`${json ? JSON.stringify(report) : reportText(report)}\n`);
    if (report.violations.length > 0) {
      say(
        `${report.violations.length} violations with --seed ${report.seed}; see ${report.folder}`,
      );
      process.exitCode = 1;
    }
  });

command.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});

/** Progress goes to standard error, so that standard output holds the report only. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

const listOf = (counts: Readonly<Record<string, number | undefined>>): string =>
  Object.entries(counts)
    .map(([name, number]) => `${name} ${number}`)
    .join(', ');

const reportText = (report: TortureReport): string =>
  [
    `seed ${report.seed}: ${report.seconds} s on the ${report.broker} broker, ` +
      `${report.stations} stations; ${report.drainSeconds} s until all had come to rest`,
    `taps signalled     ${report.tapsSignalled} (and ${report.tapsUnanswered} without an answer)`,
    `alarms signalled   ${report.alarmsSignalled}, in the journals ${report.alarmsInJournals}, at the hub ${report.alarmsAtHub}`,
    `  by which path    ${listOf(report.alarmPaths)}; one may have come by both`,
    `  by the operator  acknowledged ${report.acknowledged}, resolved ${report.resolved}`,
    `in the journals    ${report.entriesInJournals} entries`,
    `at the hub         ${report.entriesAtHub} entries`,
    `lost               ${report.lost}`,
    `doubled            ${report.doubled}`,
    `faults             ${listOf(report.faults)}`,
    `killed             ${listOf(report.kills)}`,
    `broker outages     ${report.outages}, a quarter of the run; ` +
      `stored before its end: a call from ${report.storedWithoutBroker} of ${report.stations} stations`,
    `at the hub's door  ${listOf(report.doorFaults)}`,
    `refused by the hub ${listOf(report.refusals) || 'nothing'}`,
    `ledger             ${report.ledger === 'adds up' ? report.ledger : report.ledger.join('; ')}`,
    ...report.violations.map((text) => `VIOLATION  ${text}`),
  ].join('\n');
