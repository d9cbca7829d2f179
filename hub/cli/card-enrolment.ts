import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { isInUse } from '../../shared/process-lock.ts';
import { askForCard, cancelEnrolment, enrolmentOf } from '../app/enrolments.ts';
import { Refusal } from '../app/registry.ts';
import type { Store } from '../store/open-store.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';

const lookEveryMs = 200;
/** A station says what it knows of at once, and the hub writes that down within seconds. */
const unheardAfterMs = 15_000;

interface EnrolFlags extends Common {
  readonly volunteer: string;
  readonly station: string;
  readonly by: string;
  readonly replaces?: string;
  readonly progress?: true;
}

type Standing = Awaited<ReturnType<typeof enrolmentOf>>;

export function addEnrolling(card: Command): void {
  card.addCommand(
    command('enrol', 'Waits for a card at a station: the next that nobody has, tapped twice.')
      .requiredOption('--volunteer <id>', 'whose it is to be: vo-…')
      .requiredOption('--station <id>', 'where it is tapped: st-…')
      .requiredOption('--by <name>', 'who gives it')
      .option('--replaces <card>', 'ca-… of the card that is out of use then')
      .option('--progress', 'tell how it stands, also where no terminal is')
      .action(enrol),
  );
  card.addCommand(
    command('enrol-cancel', 'Waits for a card at a station no more.')
      .argument('<station>', 'st-…')
      .requiredOption('--by <name>', 'who says so')
      .action(async (station: string, flags: Common & { by: string }) => {
        await withStore(flags, (store) => cancelEnrolment(store, station, flags));
        answer(flags, { station, state: 'cancelled' }, `no card is awaited at ${station} any more`);
      }),
  );
}

/** Ctrl-C cancels. Without a card in the end the program ends with exit code 1. */
async function enrol(flags: EnrolFlags): Promise<void> {
  if (!isInUse(fromHere(flags.data), 'hub')) throw new Refusal('the hub is not running');
  const ended = await withStore(flags, async (store) => {
    const id = await askForCard(store, flags);
    const cancel = (): void => void cancelEnrolment(store, flags.station, flags).catch(noMatter);
    process.once('SIGINT', cancel);
    try {
      return await waitFor(store, id, flags);
    } finally {
      process.removeListener('SIGINT', cancel);
    }
  });
  answer(flags, ended, resultLine(ended));
  if (ended.state !== 'enrolled') process.exitCode = 1;
}

/** It was over in that moment: what it came to is shown in any case. */
const noMatter = (error: unknown): void => {
  if (!(error instanceof Refusal)) throw error;
};

async function waitFor(store: Store, id: number, flags: EnrolFlags): Promise<Standing> {
  const askedMs = performance.now();
  let told = '';
  for (;;) {
    const now = await enrolmentOf(store, id);
    if (now.state !== 'waiting') return now;
    const line = progressLine(now, performance.now() - askedMs);
    const isShown = flags.progress ?? (process.stderr.isTTY && !flags.json);
    if (isShown && line !== told) process.stderr.write(`${line}\n`);
    told = line;
    await sleep(lookEveryMs);
  }
}

function progressLine({ station, card, refused, stationSays }: Standing, waitedMs: number): string {
  if (refused !== null) return `that card is ${refused}'s already: tap another`;
  if (stationSays === 'phone') return 'that was a phone, whose number is another each time';
  if (card !== null) return `card ${card} was read: tap the same card once more`;
  if (stationSays === 'unheard' && waitedMs > unheardAfterMs) {
    return `${station} has not said that it waits for a card: its program may be older than this`;
  }
  return `tap the card twice at ${station} (Ctrl-C cancels)`;
}

function resultLine(ended: Standing): string {
  const { state, card, volunteer } = ended;
  if (state === 'enrolled') return `card ${card} added for ${volunteer}`;
  const why =
    ended.refused === null && ended.stationSays !== 'phone' && card === null
      ? ''
      : ` (${progressLine(ended, 0)})`;
  return state === 'cancelled'
    ? `cancelled: no card was added${why}`
    : `no card came in time${why}`;
}
