import type { Command } from 'commander';
import { count } from '../../shared/command-line.ts';
import { counted } from '../../shared/counted.ts';
import { localDay } from '../domain/dating.ts';
import type { Language } from '../notify/texts.ts';
import { cancelRedemption, handOut } from '../rewards/close-redemption.ts';
import { redeem } from '../rewards/redeem.ts';
import { schemeRules } from '../rewards/redemption-rules.ts';
import { listRedemptions, redemptionsDefault } from '../rewards/redemptions.ts';
import { readTimeZone } from '../settings.ts';
import { table } from './columns.ts';
import { languageOption } from './options.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';

interface ListFlags extends Common {
  readonly open?: true;
  readonly volunteer?: string;
  readonly limit: number;
  readonly language: Language;
}

export function addRedemptionCommands(program: Command): void {
  program.addCommand(
    command('redeem', 'Reserves a reward for a volunteer, and prints the code to pick it up with.')
      .argument('<reward>', 'its number in "reward list"', count)
      .requiredOption('--volunteer <id>', 'vo-…')
      .requiredOption('--by <name>', 'who does it')
      .action(async (reward: number, flags: Common & { volunteer: string; by: string }) => {
        const { volunteer, by } = flags;
        const dayOf = localDay(readTimeZone(fromHere(flags.data)));
        const asked = { reward, volunteer, by, atMs: Date.now() };
        const made = await withStore(flags, (store) =>
          redeem(store, asked, { rules: schemeRules(store), dayOf }),
        );
        const left = `${counted(made.points, 'point')} set aside, the balance is now ${made.balance}`;
        answer(flags, made, `redemption ${made.id}: ${left}\npick-up code: ${made.code}`);
      }),
  );
  const group = program.command('redemption').description('Rewards that were redeemed.');
  addClosing(group);
  group.addCommand(
    command('list', 'Lists redemptions, newest first. Pick-up codes are in no list.')
      .option('--open', 'only those that wait to be picked up')
      .option('--volunteer <id>', 'only those of one volunteer')
      .option('--limit <number>', 'at most so many', count, redemptionsDefault)
      .addOption(languageOption())
      .action(list),
  );
}

function addClosing(group: Command): void {
  group.addCommand(
    command('hand-out', 'The reward is handed to whoever says the code.')
      .argument('<code>', 'pick-up code')
      .requiredOption('--by <name>', 'who hands it out')
      .action(async (code: string, flags: Common & { by: string }) => {
        const closing = { by: flags.by, atMs: Date.now() };
        const closed = await withStore(flags, (store) => handOut(store, code, closing));
        const { id, reward, volunteer, name } = closed;
        const what = `hand ${volunteer} reward ${reward}: ${name.zh} / ${name.en} / ${name.ko}`;
        answer(flags, closed, `redemption ${id} handed out\n${what}`);
      }),
  );
  group.addCommand(
    command('cancel', 'Puts the reward back in stock and gives the points back.')
      .argument('<code>', 'pick-up code, or the number of the redemption where it is lost')
      .requiredOption('--by <name>', 'who does it')
      .requiredOption('--reason <text>', 'why; it stands in the ledger for good')
      .action(async (which: string, flags: Common & { by: string; reason: string }) => {
        const closing = { by: flags.by, reason: flags.reason, atMs: Date.now() };
        const closed = await withStore(flags, (store) => cancelRedemption(store, which, closing));
        const back = `${counted(closed.points, 'point')} back, the balance is now ${closed.balance}`;
        answer(flags, closed, `redemption ${closed.id} cancelled: ${back}`);
      }),
  );
}

async function list(flags: ListFlags): Promise<void> {
  const found = await withStore(flags, (store) => listRedemptions(store, flags));
  const rows = found.redemptions.map(
    ({ id, day, state, volunteer, volunteerName, name, points, reservedBy, closedBy }) => [
      ...[`${id}`, day, state, volunteer, volunteerName, name[flags.language], `${points}`],
      ...[reservedBy, closedBy ?? ''],
    ],
  );
  const more = found.isAll ? [] : ['there are more: see --limit'];
  const headings = [
    ...['id', 'day', 'state', 'volunteer', 'name', 'reward', 'points', 'reserved by', 'closed by'],
  ];
  const lines = [...table(headings, rows), ...more];
  answer(flags, found, lines.length === 0 ? 'no redemptions' : lines.join('\n'));
}
