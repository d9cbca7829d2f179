import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { count } from '../../shared/command-line.ts';
import { isInUse } from '../../shared/process-lock.ts';
import { Refusal } from '../app/registry.ts';
import {
  askForTest,
  listTests,
  type TestedPath,
  testOf,
  watchStation,
} from '../app/station-tests.ts';
import { endTrouble, listTroubles } from '../app/troubles.ts';
import { silentAfterMaxMs, silentAfterMinMs } from '../domain/presence.ts';
import { testAwaitedMs } from '../domain/trouble.ts';
import { readHubSettings } from '../settings.ts';
import { table } from './columns.ts';
import { answer, byOrDefault, type Common, command, fromHere, operator, withStore } from './run.ts';

/** The hub gives a test up by its own clock, and looks now and then. */
const recordedWithinMs = 3_000;
/** The receipt's way back to the light, and the way here of the station's word that it shone. */
const lightAwaitedMs = testAwaitedMs;
/** Two attempts by each other path, at its own time-out, and the way here: see the station's trial. */
const pathsAwaitedMs = 25_000;
const lookEveryMs = 100;
/** Of the latest tests: a screenful or two. */
const testsMax = 50;

/** Adds what looks after stations. @param station the command "station", with its other subcommands */
export function addSupervisionCommands(program: Command, station: Command): void {
  station.addCommand(
    command('test', "Tries the alarm's whole way from a station to here; alarms nobody.")
      .argument('<id>', 'st-…')
      .addOption(byOrDefault('who asks for it'))
      .action(test),
  );
  station.addCommand(
    command('tests', 'Lists the latest tests, and what came of them by each path.')
      .argument('[id]', 'st-…; all stations without')
      .action(listAllTests),
  );
  station.addCommand(
    command('watch', 'Says after how long a station that is not heard of is trouble.')
      .argument('<id>', 'st-…')
      .option('--silent-after <seconds>', 'from 20 to 600', silentSeconds)
      .option('--default', 'the same as for all stations (silentAfterMs in hub.json)')
      .action(watch),
  );
  const trouble = program.command('trouble').description('What is wrong for a while: list, end.');
  trouble.addCommand(
    command('list', 'Lists the troubles that have not ended.')
      .option('--all', 'ended ones too')
      .action(list),
  );
  trouble.addCommand(
    command('end', 'Ends a trouble that may end no other way: entries that never came, a notifier.')
      .argument('<id>', 'number of the trouble', count)
      .requiredOption('--by <name>', 'who looked into it')
      .requiredOption('--note <text>', 'what was found')
      .action(async (id: number, flags: Common & { by: string; note: string }) => {
        const { by, note } = flags;
        await withStore(flags, (store) => endTrouble(store, id, { by, note }));
        answer(flags, { id, state: 'ended' }, `trouble ${id} ended by ${by}`);
      }),
  );
}

/** For commander. @throws InvalidArgumentError */
function silentSeconds(text: string): number {
  const [min, max] = [silentAfterMinMs / 1000, silentAfterMaxMs / 1000];
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= min && seconds <= max) return seconds;
  throw new InvalidArgumentError(`expected whole seconds from ${min} to ${max}.`);
}

/** Waits for what comes of it; a way that does not answer ends the program with exit code 1. */
async function test(id: string, flags: Common & { by: string }): Promise<void> {
  if (!isInUse(fromHere(flags.data), 'hub')) throw new Refusal('the hub is not running');
  const result = await withStore(flags, async (store) => {
    const number = await askForTest(store, { station: id, by: flags.by });
    const stored = await lookUntil(
      () => testOf(store, number),
      ({ storedAt, timedOutAt }) => storedAt !== null || timedOutAt !== null,
      testAwaitedMs + recordedWithinMs,
    );
    if (stored.storedAt === null) return stored;
    await lookUntil(() => testOf(store, number), isShown, lightAwaitedMs);
    return lookUntil(() => testOf(store, number), isTold, pathsAwaitedMs);
  });
  answer(flags, result, testLines(result));
  if (!result.inTime || result.paths.some(({ answered }) => answered !== true)) {
    process.exitCode = 1;
  }
}

type Tested = Awaited<ReturnType<typeof testOf>>;

const isShown = ({ light }: Tested): boolean => light !== null;

const isTold = ({ paths }: Tested): boolean => paths.every(({ answered }) => answered !== null);

/** @returns what was seen last, whether it is what was looked for or the time was up. */
async function lookUntil<T>(
  look: () => Promise<T>,
  isIt: (seen: T) => boolean,
  forMs: number,
): Promise<T> {
  const endMs = performance.now() + forMs;
  for (;;) {
    const seen = await look();
    if (isIt(seen) || performance.now() >= endMs) return seen;
    await sleep(lookEveryMs);
  }
}

const testLines = (result: Tested): string =>
  [resultLine(result), ...result.paths.map((path) => `  ${pathText(path)}`)].join('\n');

function resultLine(tested: Tested): string {
  const { id, station, storedAt, timedOutAt, inTime, tookMs, light, lightTookMs } = tested;
  if (storedAt === null) {
    const record =
      timedOutAt === null
        ? 'The hub has not recorded that yet: is it running?'
        : 'It is recorded as failed; an answer that still comes counts as late.';
    return `test ${id}: ${station} has not answered within ${testAwaitedMs / 1000} s. ${record}`;
  }
  const took = tookMs === null ? '' : `, ${tookMs} ms after it was asked for`;
  if (light === null) {
    return `test ${id}: the hub has the test of ${station}${took}, but its light has not been heard to say so`;
  }
  const has = `test ${id}: the hub has the test of ${station}${took}`;
  const shone = lightTookMs === null ? '' : ` ${lightTookMs} ms after its beginning`;
  if (inTime) return `${has}, and its light said so${shone}; no alarm was raised`;
  if (light === 'undelivered') return `${has}, but its light said "not delivered"${shone}`;
  const late = timedOutAt === null ? `its light said so only${shone}` : 'it had been given up';
  return `${has}, too late for an alarm: ${late}`;
}

/** Such as `relay in 240 ms, st-00000002`, or `https does not answer: ECONNREFUSED`. */
function pathText({ path, answered, tookMs, detail }: TestedPath): string {
  if (answered === null) return `${path}: nothing heard of it`;
  const more = detail === '' ? '' : answered ? `, ${detail}` : `: ${detail}`;
  return answered ? `${path} in ${tookMs} ms${more}` : `${path} does not answer${more}`;
}

function resultWord({ inTime, light }: Pick<Tested, 'inTime' | 'light'>): string {
  if (light === null) return 'not seen on its light';
  if (light === 'undelivered') return '"not delivered" on its light';
  return inTime ? 'on its light in time' : 'too late';
}

async function listAllTests(id: string | undefined, flags: Common): Promise<void> {
  const tests = await withStore(flags, (store) => listTests(store, { station: id, max: testsMax }));
  const lines = table(
    ['test', 'station', 'by', 'asked', 'stored', 'result', 'other paths'],
    tests.map(({ id, station, by, operator, storedAt, requestedAt, inTime, light, paths }) => [
      ...[`${id}`, station, operator ?? by, requestedAt ?? '', storedAt ?? ''],
      storedAt === null ? 'not answered' : resultWord({ inTime, light }),
      paths.map(pathText).join('; '),
    ]),
  );
  answer(flags, tests, lines.length === 0 ? 'no tests' : lines.join('\n'));
}

interface WatchFlags extends Common {
  readonly silentAfter?: number;
  readonly default?: true;
}

async function watch(id: string, flags: WatchFlags): Promise<void> {
  const { silentAfter } = flags;
  if ((silentAfter === undefined) === (flags.default === undefined)) {
    throw new Refusal('say either --silent-after SECONDS or --default');
  }
  const defaultMs = readHubSettings(fromHere(flags.data)).silentAfterMs;
  const silentAfterMs = silentAfter === undefined ? undefined : silentAfter * 1000;
  await withStore(flags, (store) =>
    watchStation(store, id, { silentAfterMs, defaultMs }, operator),
  );
  const nowMs = silentAfterMs ?? defaultMs;
  answer(
    flags,
    { station: id, silentAfterMs: nowMs },
    `${id} is trouble when it is not heard of for ${nowMs / 1000} s`,
  );
}

async function list(flags: Common & { all?: true }): Promise<void> {
  const troubles = await withStore(flags, (store) =>
    listTroubles(store, { all: flags.all ?? false }),
  );
  const lines = table(
    ['id', 'trouble', 'station', 'since', ...(flags.all ? ['until'] : []), 'detail'],
    troubles.map(({ id, kind, part, stationName, begunAt, endedAt, detail }) => [
      ...[`${id}`, part === null ? kind : `${kind} ${part}`, stationName ?? 'hub', begunAt],
      ...(flags.all ? [endedAt ?? ''] : []),
      detail,
    ]),
  );
  answer(flags, troubles, lines.length === 0 ? 'no open troubles' : lines.join('\n'));
}
