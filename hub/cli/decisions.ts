import type { Command } from 'commander';
import { count } from '../../shared/command-line.ts';
import { counted } from '../../shared/counted.ts';
import {
  decideReview,
  decideSetAside,
  listReviews,
  listSetAside,
  voidCheckIn,
} from '../app/decisions.ts';
import { localDay } from '../domain/dating.ts';
import { readTimeZone } from '../settings.ts';
import { table } from './columns.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';

interface DecisionFlags extends Common {
  readonly by: string;
  readonly reason: string;
}

const decision = (name: string, description: string): Command =>
  command(name, description)
    .requiredOption('--by <name>', 'who decides')
    .requiredOption('--reason <text>', 'why');

const made = ({ data, by, reason }: DecisionFlags) => ({
  ...{ by, reason, atMs: Date.now() },
  dayOf: localDay(readTimeZone(fromHere(data))),
});

export function addDecisionCommands(program: Command): void {
  addSetAside(program.command('set-aside').description('Entries of a copied or restored card.'));
  addReview(
    program
      .command('review')
      .description('Check-ins whose date is doubtful, or that are to be voided.'),
  );
}

function addSetAside(group: Command): void {
  group.addCommand(
    command('list', 'Lists the forked epochs whose entries wait for a decision.').action(
      async (flags: Common) => {
        const forks = await withStore(flags, listSetAside);
        const lines = table(
          ['station', 'epoch', 'name', 'entries'],
          forks.map(({ station, stationName, epoch, entries }) => [
            ...[station, epoch, stationName, `${entries}`],
          ]),
        );
        answer(flags, forks, lines.length === 0 ? 'nothing is set aside' : lines.join('\n'));
      },
    ),
  );
  for (const [name, verb, text] of [
    ['accept', 'accepted', 'Lets the entries of a forked epoch count.'],
    ['discard', 'discarded', 'Leaves the entries of a forked epoch out; they are kept.'],
  ] as const) {
    group.addCommand(
      decision(name, text)
        .argument('<station>', 'st-…')
        .argument('<epoch>', 'ep-…')
        .action(async (station: string, epoch: string, flags: DecisionFlags) => {
          const entries = await withStore(flags, (store) =>
            decideSetAside(store, { station, epoch }, verb, made(flags)),
          );
          answer(
            flags,
            { station, epoch, entries, decision: verb },
            `${counted(entries, 'entry', 'entries')} ${verb}`,
          );
        }),
    );
  }
}

function addReview(group: Command): void {
  group.addCommand(
    command('list', 'Lists the check-ins that wait for a decision.').action(
      async (flags: Common) => {
        const held = await withStore(flags, listReviews);
        const lines = table(
          ['id', 'why', 'day', 'station', 'volunteer'],
          held.map(({ id, review, day, stationName, volunteer }) => [
            ...[`${id}`, review ?? '', day, stationName, volunteer ?? 'unknown card'],
          ]),
        );
        answer(flags, held, lines.length === 0 ? 'nothing waits' : lines.join('\n'));
      },
    ),
  );
  for (const [name, verb, text] of [
    ['accept', 'accepted', 'Lets a check-in count on the day that it is dated.'],
    ['refuse', 'refused', 'Lets a check-in earn nothing.'],
  ] as const) {
    group.addCommand(
      decision(name, text)
        .argument('<id>', 'number of the check-in', count)
        .action(async (id: number, flags: DecisionFlags) => {
          await withStore(flags, (store) => decideReview(store, id, verb, made(flags)));
          answer(flags, { id, decision: verb }, `check-in ${id} ${verb}`);
        }),
    );
  }
  group.addCommand(
    decision('void', 'Takes a check-in back that counts or waits, with what it earned; for good.')
      .argument('<id>', 'number of the check-in', count)
      .action(async (id: number, flags: DecisionFlags) => {
        await withStore(flags, (store) => voidCheckIn(store, id, made(flags)));
        answer(flags, { id, decision: 'voided' }, `check-in ${id} voided`);
      }),
  );
}
