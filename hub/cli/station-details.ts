import type { Command } from 'commander';
import { Refusal } from '../app/registry.ts';
import { describeStation, type StationDetails, showStation } from '../app/station-details.ts';
import {
  findHelp,
  findStationKind,
  type Help,
  helpWords,
  type StationKind,
  stationKindWords,
} from '../people/words.ts';
import { columns } from './columns.ts';
import { answer, byOrDefault, type Common, command, withStore } from './run.ts';
import { listOf, wordOf, wordsOf } from './words.ts';

interface DescribeFlags extends Common {
  readonly zh?: string;
  readonly en?: string;
  readonly ko?: string;
  readonly kind?: StationKind;
  readonly address?: string;
  readonly offers?: readonly Help[];
  readonly languages?: readonly string[];
  readonly by: string;
}

/** @param station the command that these go below */
export function addStationDetailCommands(station: Command): void {
  station.addCommand(
    command('describe', 'Says what people want to know of a station; "" takes a text away.')
      .argument('<id>', 'st-…')
      .option('--zh <name>', 'its name in Chinese')
      .option('--en <name>', 'in English')
      .option('--ko <name>', 'in Korean')
      .option(
        '--kind <word>',
        Object.keys(stationKindWords).join(', '),
        wordOf(stationKindWords, findStationKind),
      )
      .option('--address <text>', 'where it is, for people; "station place" says it in degrees')
      .option(
        '--offers <words>',
        `what help is there: ${Object.keys(helpWords).join(', ')}; "" for none`,
        wordsOf(helpWords, findHelp),
      )
      .option('--languages <codes>', 'that are spoken there, such as zh,ko', listOf)
      .addOption(byOrDefault('who does it'))
      .action(describe),
  );
  station.addCommand(
    command('show', 'Shows what is known of a station: names, kind, address, position, help.')
      .argument('<id>', 'st-…')
      .action(async (id: string, common: Common) => {
        const shown = await withStore(common, (store) => showStation(store, id));
        const { position } = shown;
        const at = position === null ? '' : `${position.latitude}, ${position.longitude}`;
        const lines = columns([['name', shown.name], ...linesOf(shown), ['position', at]]);
        answer(common, shown, [id, ...lines].join('\n'));
      }),
  );
}

async function describe(id: string, flags: DescribeFlags): Promise<void> {
  const { zh, en, ko, kind, address, offers, languages } = flags;
  const change: Partial<StationDetails> = {
    ...(zh === undefined ? {} : { nameZh: zh }),
    ...(en === undefined ? {} : { nameEn: en }),
    ...(ko === undefined ? {} : { nameKo: ko }),
    ...(kind === undefined ? {} : { kind }),
    ...(address === undefined ? {} : { address }),
    ...(offers === undefined ? {} : { help: offers }),
    ...(languages === undefined ? {} : { languages }),
  };
  if (Object.keys(change).length === 0) throw new Refusal('say what to describe');
  const now = await withStore(flags, (store) => describeStation(store, id, change, flags.by));
  answer(flags, { station: id, ...now }, [id, ...columns(linesOf(now))].join('\n'));
}

const linesOf = (details: StationDetails): string[][] => [
  ['in zh', details.nameZh ?? ''],
  ['in en', details.nameEn ?? ''],
  ['in ko', details.nameKo ?? ''],
  ['kind', details.kind ?? ''],
  ['address', details.address ?? ''],
  ['help', details.help.map((help) => helpWords[help].en).join(', ')],
  ['spoken', details.languages.join(', ')],
];
