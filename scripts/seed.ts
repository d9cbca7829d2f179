import { existsSync, readdirSync } from 'node:fs';
import { Command } from 'commander';
import { Refusal } from '../hub/app/registry.ts';
import { localDate } from '../hub/cli/options.ts';
import { fail, fromHere } from '../hub/cli/run.ts';
import { addDays } from '../hub/domain/local-time.ts';
import { count, runCommand } from '../shared/command-line.ts';
import { seedDays } from './seed/year.ts';

interface Flags {
  readonly year?: true;
  readonly days: number;
  readonly from?: string;
  readonly data: string;
  readonly seed: number;
  readonly stations: number;
  readonly volunteers: number;
  readonly json?: true;
}

const daysPerYear = 365;

const program = new Command('seed')
  .description(
    'Makes up a district and lets it live, through the real ingest: to try things out on.',
  )
  .option('--year', `a whole year, ${daysPerYear} days`)
  .option('--days <n>', 'days', count, 30)
  .option('--from <day>', 'first day (default: so many days ago)', localDate)
  .option('--data <dir>', 'data folder of the hub; a new one', './data-seeded')
  .option('--seed <n>', 'the same number makes the same district', count, 1)
  .option('--stations <n>', 'stations', count, 60)
  .option('--volunteers <n>', 'volunteers', count, 852)
  .option('--json', 'print the figures as JSON')
  .action(seed);

async function seed({ year, json, data, from, ...flags }: Flags): Promise<void> {
  const dataDir = fromHere(data);
  // Made-up points among real ones could never be told apart again.
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0) {
    throw new Refusal(`${dataDir} is not empty: choose a new folder with --data`);
  }
  const days = year ? daysPerYear : flags.days;
  const first = from ?? addDays(new Date().toISOString().slice(0, 10), -days);
  const say = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  };
  const figures = await seedDays({ ...flags, dataDir, days, from: first, say });
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  const { seconds, ...counts } = figures;
  const lines = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  const next = `npm run hub -- report ${first.slice(0, 7)} --data ${data}`;
  const text = `${days} days from ${first}, in ${seconds} s: ${lines.join(', ')}\nLook at it: ${next}`;
  process.stdout.write(`${json ? JSON.stringify(figures) : text}\n`);
}

runCommand(program).catch(fail);
