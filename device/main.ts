import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { exitUsage, mendable, port, runCommand, takenPort } from '../shared/command-line.ts';
import { createLog } from '../shared/log.ts';
import { readSettings } from '../shared/settings/settings-file.ts';
import { stationSettingsSchema } from './settings/station-settings.ts';
import { startStation } from './station.ts';
import { type DemoCard, demoCardsSchema } from './virtual-unit/unit.ts';

interface Flags {
  settings: string;
  virtual?: boolean;
  stationPort: number;
  cards?: string;
}

const command = new Command('station')
  .description('Runs a relay station: card reader, panic button, light and buzzer.')
  .requiredOption('--settings <file>', 'station.json, as `npm run hub -- station add` writes it')
  .option('--virtual', 'draw the unit on a local web page instead of using real hardware')
  .option('--station-port <port>', 'port of that page, on 127.0.0.1', port, 8100)
  .option('--cards <file>', 'JSON list of { uid, label }: cards to offer on that page')
  .action(run);

/** As whoever called means it: npm runs its scripts in the folder of the package (npm-run, "INIT_CWD"). */
const fromHere = (path: string): string => resolve(process.env['INIT_CWD'] ?? '.', path);

async function run(flags: Flags): Promise<void> {
  const file = fromHere(flags.settings);
  const read = readSettings(file, stationSettingsSchema);
  // Relative to the file, so that a unit finds its journal wherever it is started from.
  const settings = { ...read, dataDir: resolve(dirname(file), read.dataDir) };
  const station = await startStation({
    settings,
    log: createLog('station'),
    ...(flags.virtual === true
      ? { virtual: { port: flags.stationPort, cards: readCards(flags.cards) } }
      : {}),
  });
  if (station.url !== undefined) process.stdout.write(`virtual station: ${station.url}\n`);
  const stop = (): void => {
    for (const signal of signals) process.removeListener(signal, stop);
    station.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  for (const signal of signals) process.on(signal, stop);
}

const signals = ['SIGINT', 'SIGTERM'] as const;

function readCards(file: string | undefined): DemoCard[] {
  if (file === undefined) return [];
  const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return demoCardsSchema.parse(json);
}

/** One clear line for what the caller can mend; everything else is a fault of ours, with its stack. */
function fail(error: unknown): never {
  const known = mendable(error);
  if (known !== undefined) {
    process.stderr.write(`${known}\n`);
    process.exit(exitUsage);
  }
  const taken = takenPort(error);
  if (taken !== undefined) {
    process.stderr.write(`Station port ${taken} is taken: choose another with --station-port.\n`);
    process.exit(exitUsage);
  }
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}

runCommand(command).catch(fail);
