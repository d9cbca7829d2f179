import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Help, Option } from 'commander';
import { exitUsage, mendable } from '../../shared/command-line.ts';
import { Refusal } from '../app/registry.ts';
import { openStore, type Store, storeFileName } from '../store/open-store.ts';
import { inLocalTime } from './local-times.ts';

/** Who acted, for the audit log, until operators have accounts of their own. */
export const operator = 'command line';

export interface Common {
  readonly data: string;
  readonly json?: true;
}

/** @param name is put down where nobody says another */
export const byOrDefault = (description: string, name = operator): Option =>
  new Option('--by <name>', description).default(name, `the name "${name}"`);

/** Help says of an option what there is to say, and whether it can be left out. */
const optionDescription = (option: Option): string => {
  const text = new Help().optionDescription(option);
  return option.mandatory ? `${text} (required)` : text;
};

/** A command with the options that all of them have. */
export const command = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .configureHelp({ optionDescription })
    .option('--data <dir>', 'data folder of the hub', './data')
    .option('--json', 'answer in JSON');

/** A path as whoever called means it: npm runs its scripts in the folder of the package (npm-run, "INIT_CWD"). */
export const fromHere = (path: string): string => resolve(process.env['INIT_CWD'] ?? '.', path);

/** @returns whether there is a hub's data in the folder */
export const hasStore = ({ data }: Common): boolean =>
  existsSync(join(fromHere(data), storeFileName));

/**
 * Opens the hub's store for one piece of work; the hub may be running beside it.
 * @param create makes a new store where there is none; without it, a mistyped folder is a refusal
 */
export async function withStore<T>(
  common: Common,
  work: (store: Store) => Promise<T>,
  { create = false } = {},
): Promise<T> {
  const folder = fromHere(common.data);
  if (!create && !hasStore(common)) {
    throw new Refusal(`there is no hub's data in ${folder}: say where with --data`);
  }
  const store = openStore(folder);
  try {
    return await work(store);
  } catch (error) {
    throw error instanceof Refusal ? new Refusal(refusalText(common, error.message)) : error;
  } finally {
    await store.close();
  }
}

const warn = (lines: string): void => {
  process.stderr.write(lines);
};

/** A refusal is one line, and says the zone in it. */
const refusalText = ({ data, json }: Common, message: string): string =>
  json ? message : inLocalTime(message, fromHere(data), (text, zone) => `${text} (${zone})`, warn);

/**
 * Prints an answer: as JSON for scripts, or as the text for people. Moments in the text, which are
 * ISO 8601 and UTC, are shown as clocks say them where the scheme is.
 */
export function answer(common: Common, value: unknown, text: string): void {
  const named = (local: string, zone: string): string => `${local}\nTimes: ${zone}`;
  const shown = common.json
    ? JSON.stringify(value)
    : inLocalTime(text, fromHere(common.data), named, warn);
  process.stdout.write(`${shown}\n`);
}

/** One clear line for what the caller can mend; everything else is a fault of ours, with its stack. */
export function fail(error: unknown): never {
  const known = error instanceof Refusal ? error.message : mendable(error);
  const text = known ?? (error instanceof Error ? error.stack : String(error));
  process.stderr.write(`${text}\n`);
  process.exit(known === undefined ? 1 : exitUsage);
}
