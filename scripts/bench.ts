import { Command } from 'commander';
import { count } from '../shared/command-line.ts';
import { type AlarmFigures, benchAlarm } from './bench/alarm.ts';
import { benchIngest, type IngestFigures } from './bench/ingest.ts';
import type { Percentiles } from './bench/percentiles.ts';
import { benchTap, type TapFigures } from './bench/tap.ts';

const program = new Command('bench').description(
  'Measures this machine: rates as ratios within one run, because absolute ones are its own affair.',
);

interface IngestFlags {
  readonly stations: number;
  readonly entries: number;
  readonly batch: number;
  readonly rounds: number;
  readonly rows: readonly number[];
  readonly json?: true;
}

const collect = (text: string, before: readonly number[] = []): number[] => [
  ...before,
  count(text),
];

program
  .command('ingest')
  .description('Entries committed, credited and receipted, beside the rate of the bare broker.')
  .option('--stations <n>', 'stations that send at once', count, 50)
  .option('--entries <n>', 'entries in each timed part', count, 50_000)
  .option('--batch <n>', 'entries in a batch', count, 100)
  .option('--rounds <n>', 'rounds; the figures are their medians', count, 3)
  .option('--rows <n>', 'journal rows that are there before; may be given again', collect)
  .option('--json', 'print the figures as JSON')
  .action(async ({ rows = [10_000], json, ...options }: IngestFlags) => {
    const figures: IngestFigures[] = [];
    for (const before of rows) {
      figures.push(await benchIngest({ ...options, rows: before, say }));
    }
    if (json) process.stdout.write(`${JSON.stringify(figures)}\n`);
    else for (const one of figures) process.stdout.write(`${ingestText(one)}\n`);
  });

interface TapFlags {
  readonly taps: number;
  readonly json?: true;
}

program
  .command('tap')
  .description(
    'From the card to "on disk" and to the outcome: virtual reader, and pcscd made fast.',
  )
  .option('--taps <n>', 'taps on each reader', count, 200)
  .option('--json', 'print the figures as JSON')
  .action(async ({ taps, json }: TapFlags) => {
    const figures = await benchTap(taps, say);
    process.stdout.write(`${json ? JSON.stringify(figures) : tapText(figures)}\n`);
  });

interface AlarmFlags {
  readonly alarms: number;
  readonly backlog: number;
  readonly json?: true;
}

program
  .command('alarm')
  .description(
    'From the gesture to the journal, to the hub and to the light, on a simulated board: at rest, ' +
      'and while the station drains a backlog and a follower of the feed is frozen.',
  )
  .option('--alarms <n>', 'alarms in each of the two', count, 100)
  .option('--backlog <n>', 'check-ins to drain meanwhile', count, 100_000)
  .option('--json', 'print the figures as JSON')
  .action(async ({ alarms, backlog, json }: AlarmFlags) => {
    const figures: AlarmFigures[] = [];
    for (const one of [0, backlog]) figures.push(await benchAlarm({ alarms, backlog: one, say }));
    process.stdout.write(`${json ? JSON.stringify(figures) : figures.map(alarmText).join('\n')}\n`);
  });

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});

/** Progress goes to standard error, so that standard output holds the figures only. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;

const ingestText = (figures: IngestFigures): string => `
with ${figures.rows} journal rows before:
  raw broker to an empty subscriber   ${figures.rawPerSecond} messages/s
  single-entry messages               ${figures.singlesPerSecond} entries/s   ${figures.singlesToRaw} of raw
  batches                             ${figures.batchesPerSecond} entries/s   ${figures.batchesToRaw} of raw
  start to ready                      ${figures.startToReadyMs} ms
  memory at start, after              ${megabytes(figures.residentBeforeBytes)}, ${megabytes(figures.residentAfterBytes)}
  credited                            ${figures.credited}`;

const tapText = (figures: readonly TapFigures[]): string =>
  figures
    .flatMap(({ reader, toDisk, toOutcome }) => [
      `${reader}, to "on disk"`.padEnd(36) + percentilesText(toDisk),
      `${reader}, to the outcome`.padEnd(36) + percentilesText(toOutcome),
    ])
    .join('\n');

const alarmText = (figures: AlarmFigures): string =>
  `${figures.alarms} alarms, ${figures.backlog} check-ins to drain (${figures.drainedPerSecond}/s), ` +
  `${figures.frozenSubscribers} frozen followers, from the gesture:
  on disk, being sent    ${percentilesText(figures.toJournal)}
  stored by the hub      ${percentilesText(figures.toStored)}
  light says "stored"    ${percentilesText(figures.toLight)}`;

const percentilesText = ({ p50, p95, p99, max }: Percentiles): string =>
  `p50 ${p50} ms   p95 ${p95} ms   p99 ${p99} ms   max ${max} ms`;
