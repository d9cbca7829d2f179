import { type Command, InvalidArgumentError, Option } from 'commander';
import { count } from '../../shared/command-line.ts';
import { Refusal } from '../app/registry.ts';
import { type RewardPeriod, type RewardTerms, rewardPeriods } from '../domain/reward.ts';
import type { Language } from '../notify/texts.ts';
import {
  addReward,
  type ChangedTerms,
  changeReward,
  listRewards,
  restockReward,
  retireReward,
} from '../rewards/catalogue.ts';
import { table } from './columns.ts';
import { languageOption, localDate, points } from './options.ts';
import { answer, type Common, command, withStore } from './run.ts';

interface TermsFlags extends Common {
  readonly zh?: string;
  readonly en?: string;
  readonly ko?: string;
  readonly cost?: number;
  readonly personMax?: number;
  readonly per?: RewardPeriod;
  readonly from?: string;
  readonly to?: string;
  readonly by: string;
}

type AddFlags = TermsFlags &
  Required<Pick<TermsFlags, 'zh' | 'en' | 'ko' | 'cost'>> & { readonly stock: number };

type ChangeFlags = TermsFlags & { readonly anyNumber?: true; readonly anyDay?: true };

interface StockFlags extends Common {
  readonly pieces: number;
  readonly reason: string;
  readonly by: string;
}

export function addRewardCommands(program: Command): void {
  const group = program
    .command('reward')
    .description('The catalogue of what points can be redeemed for.');
  addAdd(group);
  addChange(group);
  addStock(group);
  group.addCommand(
    command('list', 'Lists the rewards, with what is in stock, reserved and handed out.')
      .option('--all', 'the retired ones, too')
      .addOption(languageOption())
      .action(list),
  );
}

const by = () => new Option('--by <name>', 'who does it').makeOptionMandatory();
const per = () =>
  new Option('--per <period>', 'what --person-max is counted in (default: ever)').choices(
    rewardPeriods,
  );

/** For commander: pieces, of which there may be none. @throws InvalidArgumentError */
function pieces(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('expected a whole number.');
}

function addAdd(group: Command): void {
  group.addCommand(
    command('add', 'Puts a reward into the catalogue.')
      .requiredOption('--zh <name>', 'name in Chinese')
      .requiredOption('--en <name>', 'name in English')
      .requiredOption('--ko <name>', 'name in Korean')
      .requiredOption('--cost <points>', 'what a piece costs', count)
      .requiredOption('--stock <pieces>', 'how many there are', pieces)
      .option('--person-max <pieces>', 'one person redeems no more (default: any number)', count)
      .addOption(per())
      .option('--from <day>', 'first day on which it can be redeemed, YYYY-MM-DD', localDate)
      .option('--to <day>', 'last day', localDate)
      .addOption(by())
      .action(async (flags: AddFlags) => {
        const { zh, en, ko, cost, stock } = flags;
        const window = { from: flags.from ?? null, to: flags.to ?? null };
        const terms: RewardTerms = { name: { zh, en, ko }, cost, limit: null, ...window };
        const asked = { ...terms, ...limitOf(flags) };
        const change = { by: flags.by, atMs: Date.now() };
        const id = await withStore(flags, (store) => addReward(store, asked, stock, change));
        answer(flags, { id, ...asked, stock }, `reward ${id}`);
      }),
  );
}

function addChange(group: Command): void {
  group.addCommand(
    command('change', 'Changes a reward. What is reserved stays as it was agreed.')
      .argument('<reward>', 'its number', count)
      .option('--zh <name>', 'name in Chinese')
      .option('--en <name>', 'name in English')
      .option('--ko <name>', 'name in Korean')
      .option('--cost <points>', 'what a piece costs', count)
      .option('--person-max <pieces>', 'one person redeems no more', count)
      .addOption(per())
      .addOption(
        new Option('--any-number', 'one person may redeem').conflicts(['personMax', 'per']),
      )
      .option('--from <day>', 'first day on which it can be redeemed, YYYY-MM-DD', localDate)
      .option('--to <day>', 'last day', localDate)
      .addOption(new Option('--any-day', 'no first and no last day').conflicts(['from', 'to']))
      .addOption(by())
      .action(async (id: number, flags: ChangeFlags) => {
        const change = { by: flags.by, atMs: Date.now() };
        const asked = changedTerms(flags);
        const terms = await withStore(flags, (store) => changeReward(store, id, asked, change));
        answer(flags, { id, ...terms }, `reward ${id} changed`);
      }),
  );
}

function changedTerms(flags: ChangeFlags): ChangedTerms {
  const { zh, en, ko, cost, from, to, anyNumber, anyDay } = flags;
  return {
    name: {
      ...(zh !== undefined && { zh }),
      ...(en !== undefined && { en }),
      ...(ko !== undefined && { ko }),
    },
    ...(cost !== undefined && { cost }),
    ...limitOf(flags),
    ...(anyNumber && { limit: null }),
    ...(anyDay && { from: null, to: null }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

function limitOf({ personMax, per }: TermsFlags): Pick<ChangedTerms, 'limit'> {
  if (personMax !== undefined) return { limit: { max: personMax, per: per ?? 'ever' } };
  if (per !== undefined) throw new Refusal('--per is the period of --person-max: say both');
  return {};
}

function addStock(group: Command): void {
  group.addCommand(
    command('restock', 'Says that pieces came, or with a minus that some are gone.')
      .argument('<reward>', 'its number', count)
      .requiredOption('--pieces <number>', 'such as 20, or -2', points)
      .option('--reason <text>', 'why; needed where pieces are gone', '')
      .addOption(by())
      .action(async (id: number, flags: StockFlags) => {
        const change = { by: flags.by, atMs: Date.now() };
        const stock = await withStore(flags, (store) => restockReward(store, id, flags, change));
        answer(flags, { id, stock }, `reward ${id}: ${stock} in stock`);
      }),
  );
  group.addCommand(
    command('retire', 'Takes a reward out of the catalogue; what is reserved can be picked up.')
      .argument('<reward>', 'its number', count)
      .addOption(by())
      .action(async (id: number, flags: Common & { by: string }) => {
        const change = { by: flags.by, atMs: Date.now() };
        await withStore(flags, (store) => retireReward(store, id, change));
        answer(flags, { id }, `reward ${id} retired`);
      }),
  );
}

async function list(flags: Common & { all?: true; language: Language }): Promise<void> {
  const rewards = await withStore(flags, (store) =>
    listRewards(store, { all: flags.all ?? false }),
  );
  const rows = rewards.map(({ id, name, cost, stock, reserved, handedOut, retired, ...terms }) => [
    ...[`${id}`, name[flags.language], `${cost}`, `${stock}`],
    ...[`${reserved}`, `${handedOut}`, conditions(terms)],
    retired === null ? 'offered' : 'retired',
  ]);
  const headings = [
    ...['id', 'reward', 'points', 'in stock', 'reserved', 'handed out', 'conditions', 'state'],
  ];
  const lines = table(headings, rows);
  answer(flags, rewards, lines.length === 0 ? 'no rewards' : lines.join('\n'));
}

function conditions({ limit, from, to }: Pick<RewardTerms, 'limit' | 'from' | 'to'>): string {
  const most = limit === null ? [] : [`${limit.max} a person${spans[limit.per]}`];
  const since = from === null ? [] : [`from ${from}`];
  const until = to === null ? [] : [`to ${to}`];
  return [...most, ...since, ...until].join(' ');
}
const spans: Readonly<Record<RewardPeriod, string>> = {
  ever: '',
  month: ' and month',
  year: ' and year',
};
