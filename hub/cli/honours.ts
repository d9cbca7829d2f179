import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { count } from '../../shared/command-line.ts';
import { Refusal } from '../app/registry.ts';
import { localDay } from '../domain/dating.ts';
import { type Honour, type HonourFigures, honours } from '../domain/honours.ts';
import { awardHonour, listHonours, proposeHonour } from '../honours/candidates.ts';
import { certificatePage } from '../honours/certificate.ts';
import { type Language, languages } from '../notify/texts.ts';
import { readTimeZone } from '../settings.ts';
import { table } from './columns.ts';
import { withProgress } from './progress.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';

interface AwardFlags extends Common {
  readonly month: string;
  readonly volunteer: string;
  readonly by: string;
  readonly reason: string;
}

const figureWords: Readonly<Record<keyof HonourFigures, string>> = {
  checkIns: 'check-ins',
  days: 'days',
  stations: 'stations',
  nightCheckIns: 'at night',
  contributions: 'contributions',
  contributionPoints: 'points for them',
};

const figureCells = (figures: HonourFigures): string[] =>
  Object.keys(figureWords).map((name) => `${figures[name as keyof HonourFigures]}`);

export function addHonourCommands(program: Command): void {
  const group = program
    .command('honour')
    .description(
      '平安之星 and 巡逻标兵: whom the rules propose, and whom a person has awarded them.',
    );
  const honourArgument = `one of ${honours.join(', ')}`;
  group.addCommand(
    command('propose', 'Shows whom the rules of the policy propose for a month, and why.')
      .argument('<honour>', honourArgument, knownHonour)
      .requiredOption('--month <month>', 'YYYY-MM')
      .action(propose),
  );
  group.addCommand(
    command('award', 'Awards an honour; also to somebody whom the rules did not propose.')
      .argument('<honour>', honourArgument, knownHonour)
      .requiredOption('--month <month>', 'YYYY-MM, once it is over')
      .requiredOption('--volunteer <id>', 'vo-…')
      .requiredOption('--by <name>', 'who decides; it stands on the certificate')
      .requiredOption('--reason <text>', 'why')
      .action(award),
  );
  group.addCommand(
    command('list', 'Lists the honours that were awarded.').action(async (flags: Common) => {
      const rows = await withStore(flags, listHonours);
      const lines = table(
        ['id', 'month', 'honour', 'volunteer', 'awarded by'],
        rows.map(({ id, month, honour, name, by }) => [`${id}`, month, honour, name, by]),
      );
      answer(flags, rows, lines.length === 0 ? 'none yet' : lines.join('\n'));
    }),
  );
  group.addCommand(
    command(
      'certificate',
      'Writes a certificate as a page that any browser prints, or saves as PDF.',
    )
      .argument('<id>', 'number in the list', count)
      .requiredOption('--out <file>', 'HTML')
      .addOption(
        new Option('--language <language>', 'the large one on it').choices(languages).default('zh'),
      )
      .action(certificate),
  );
}

function knownHonour(text: string): Honour {
  const known = honours.find((one) => one === text);
  if (known) return known;
  throw new Refusal(`${text} is no honour: there are ${honours.join(' and ')}`);
}

async function propose(honour: Honour, flags: Common & { month: string }): Promise<void> {
  const dayOf = localDay(readTimeZone(fromHere(flags.data)));
  const proposed = await withStore(flags, (store) =>
    withProgress(
      () => proposeHonour(store, flags.month, honour, dayOf),
      `check-ins of ${flags.month}`,
    ),
  );
  const lines = table(
    ['rank', 'volunteer', 'name', ...Object.values(figureWords)],
    proposed.map(({ rank, volunteer, name, figures }) => [
      ...[`${rank}`, volunteer, name, ...figureCells(figures)],
    ]),
  );
  const nobody = 'nobody reaches what the policy asks for';
  answer(flags, proposed, lines.length === 0 ? nobody : lines.join('\n'));
}

async function award(honour: Honour, flags: AwardFlags): Promise<void> {
  const { month, volunteer, by, reason } = flags;
  const dayOf = localDay(readTimeZone(fromHere(flags.data)));
  const id = await withStore(flags, (store) =>
    awardHonour(store, { month, honour, volunteer }, { by, reason, atMs: Date.now(), dayOf }),
  );
  answer(flags, { id }, `awarded: honour certificate ${id} --out FILE`);
}

async function certificate(
  id: number,
  flags: Common & { out: string; language: Language },
): Promise<void> {
  const all = await withStore(flags, listHonours);
  const awarded = all.find((one) => one.id === id);
  if (!awarded) throw new Refusal(`there is no honour ${id}: see honour list`);
  const { honour, month, name, by, atMs } = awarded;
  const day = localDay(readTimeZone(fromHere(flags.data)))(atMs);
  const page = certificatePage({ honour, month, name, by, day }, flags.language);
  const file = fromHere(flags.out);
  writeFileSync(file, page, { mode: 0o600 });
  answer(flags, { id, file }, `${file}: open it in a browser and print it, A4 across`);
}
