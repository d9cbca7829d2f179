import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { count } from '../../shared/command-line.ts';
import { isInUse } from '../../shared/process-lock.ts';
import { Refusal } from '../app/registry.ts';
import { askForTest, testOf, watchStation } from '../app/station-tests.ts';
import { endTrouble, listTroubles } from '../app/troubles.ts';
import { silentAfterMaxMs, silentAfterMinMs } from '../domain/presence.ts';
import { testAwaitedMs } from '../domain/trouble.ts';
import { readHubSettings } from '../settings.ts';
import { answer, type Common, command, fromHere, operator, withStore } from './run.ts';

/** The hub gives a test up by its own clock, and looks now and then. */
const recordedWithinMs = 3_000;
const lookEveryMs = 100;

/** Adds what looks after stations. @param station the command "station", with its other subcommands */
export function addSupervisionCommands(program: Command, station: Command): void {
  station.addCommand(
    command('test', "Tries the alarm's whole way from a station to here; alarms nobody.")
      .argument('<id>', 'st-…')
      .option('--by <name>', 'who asks for it', operator)
      .action(test),
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

/** Waits for what comes of it; a test without an answer ends the program with exit code 1. */
async function test(id: string, flags: Common & { by: string }): Promise<void> {
  if (!isInUse(fromHere(flags.data), 'hub')) throw new Refusal('the hub is not running');
  const result = await withStore(flags, async (store) => {
    const number = await askForTest(store, { station: id, by: flags.by });
    const endMs = performance.now() + testAwaitedMs + recordedWithinMs;
    for (;;) {
      const now = await testOf(store, number);
      const isEnded = now.storedAt !== null || now.timedOutAt !== null;
      if (isEnded || performance.now() >= endMs) return now;
      await sleep(lookEveryMs);
    }
  });
  answer(flags, result, resultLine(result));
  if (!result.inTime) process.exitCode = 1;
}

function resultLine(result: Awaited<ReturnType<typeof testOf>>): string {
  const { id, station, storedAt, timedOutAt, inTime, tookMs } = result;
  if (storedAt === null) {
    const record =
      timedOutAt === null
        ? 'The hub has not recorded that yet: is it running?'
        : 'It is recorded as failed; an answer that still comes counts as late.';
    return `test ${id}: ${station} has not answered within ${testAwaitedMs / 1000} s. ${record}`;
  }
  const took = tookMs === null ? '' : `, ${tookMs} ms after it was asked for`;
  return inTime
    ? `test ${id}: the hub has the test of ${station}${took}; no alarm was raised`
    : `test ${id}: the test of ${station} came too late for an alarm${took}`;
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
  const lines = troubles.map(({ id, kind, part, stationName, begunAt, endedAt, detail }) =>
    [
      `${id}  ${part === null ? kind : `${kind} ${part}`}`,
      stationName ?? 'hub',
      endedAt === null ? `since ${begunAt}` : `${begunAt} to ${endedAt}`,
      detail,
    ].join('  '),
  );
  answer(flags, troubles, lines.length === 0 ? 'no open troubles' : lines.join('\n'));
}
