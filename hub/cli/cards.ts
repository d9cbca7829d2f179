import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { listCards, showCard, unknownCards } from '../app/card-reports.ts';
import { addCard, assignCard, changeCard, replaceCard } from '../app/cards.ts';
import { Refusal } from '../app/registry.ts';
import { type CardChange, type CardStatus, cardStatuses } from '../domain/card.ts';
import { addEnrolling } from './card-enrolment.ts';
import { table } from './columns.ts';
import { answer, byOrDefault, type Common, command, withStore } from './run.ts';

interface ChangeFlags extends Common {
  readonly by: string;
  readonly reason?: string;
  readonly since?: number;
}

const changes: readonly [Exclude<CardChange, 'replace'>, string][] = [
  ['lost', 'Takes a card that was reported lost out of use.'],
  ['block', 'Takes a card out of use until it is unblocked.'],
  ['unblock', 'Lets a card that was lost or blocked count again.'],
  ['return', 'Takes a card back: somebody else may be given it.'],
];

export function addCardCommands(program: Command): void {
  const card = program
    .command('card')
    .description('Points cards: enrol, add, list, show, lost, block, unblock, replace, return.');
  card.addCommand(
    command('add', 'Gives a volunteer a card. Only a token made from the UID is stored.')
      .requiredOption('--volunteer <id>', 'vo-…')
      .requiredOption('--uid <hex>', 'UID of the card: 4, 7 or 10 bytes')
      .addOption(byOrDefault('who gives it'))
      .action(async (flags: Common & { volunteer: string; uid: string; by: string }) => {
        const { volunteer, uid, by } = flags;
        const added = await withStore(flags, (store) => addCard(store, volunteer, uid, by));
        answer(flags, { volunteer, card: added }, `card ${added} added for ${volunteer}`);
      }),
  );
  addLookingUp(card);
  addUnknown(card);
  addEnrolling(card);
  for (const [name, text] of changes) {
    card.addCommand(
      changing(name, text).action(async (subject: string, flags: ChangeFlags) => {
        const changed = await withStore(flags, (store) =>
          changeCard(store, name, { subject, ...said(flags) }),
        );
        const { status } = await withStore(flags, (store) => showCard(store, changed));
        answer(flags, { card: changed, status }, `card ${changed} is ${status}`);
      }),
    );
  }
  card.addCommand(
    changing('replace', 'Gives another card for one that is out of use from now on.')
      .option('--uid <hex>', 'UID of the new card')
      .option('--with <card>', 'ca-… of a card that was tapped and is nobody’s')
      .action(async (subject: string, flags: ChangeFlags & { uid?: string; with?: string }) => {
        const { uid, with: reference } = flags;
        if ((uid === undefined) === (reference === undefined)) {
          throw new Refusal('say either --uid HEX or --with CARD; or see "card enrol --replaces"');
        }
        const next = uid === undefined ? { reference: reference ?? '' } : { uid };
        const made = await withStore(flags, (store) =>
          replaceCard(store, { subject, ...said(flags) }, next),
        );
        answer(flags, made, `card ${made.before} is replaced by ${made.card}`);
      }),
  );
}

function addLookingUp(card: Command): void {
  card.addCommand(
    command('list', 'Lists the cards: what each is since when, and who said so.')
      .option('--volunteer <id>', 'only those of vo-…')
      .addOption(new Option('--status <status>', 'only those').choices(cardStatuses))
      .action(async (flags: Common & { volunteer?: string; status?: CardStatus }) => {
        const cards = await withStore(flags, (store) => listCards(store, flags));
        const lines = table(
          ['card', 'status', 'volunteer', 'name', 'since', 'by', 'tapped all the same'],
          cards.map(({ card, status, volunteer, volunteerName, since, by, refusedTap }) => [
            ...[card, status, volunteer, volunteerName, since ?? '', by ?? ''],
            refusedTap ? `${refusedTap.at} ${refusedTap.stationName}` : '',
          ]),
        );
        answer(flags, cards, lines.length === 0 ? 'no cards' : lines.join('\n'));
      }),
  );
  card.addCommand(
    command('show', 'Shows what became of a card, and where it was tapped last.')
      .argument('<card>', 'ca-…, or vo-… for who has just one')
      .action(async (reference: string, flags: Common) => {
        const shown = await withStore(flags, (store) => showCard(store, reference));
        const { card, volunteer, status, lastTap, events } = shown;
        const tap = lastTap
          ? `last tapped at ${lastTap.stationName} ${lastTap.at}: ${lastTap.outcome}`
          : 'never tapped';
        const lines = table(
          ['time', 'status', 'volunteer', 'by', 'since', 'reason'],
          events.map((event) => [
            ...[event.at ?? '', event.status, event.volunteer, event.by],
            ...[event.since === event.at ? '' : (event.since ?? 'the beginning')],
            event.reason ?? '',
          ]),
        );
        answer(flags, shown, [`${card}  ${status}  ${volunteer}`, tap, ...lines].join('\n'));
      }),
  );
}

function addUnknown(card: Command): void {
  card.addCommand(
    command('unknown', 'Lists the cards that were tapped and are nobody’s.').action(
      async (flags: Common) => {
        const cards = await withStore(flags, unknownCards);
        const lines = table(
          ['card', 'taps', 'first', 'last', 'last at'],
          cards.map(({ card, taps, firstAt, last }) => [
            ...[card, `${taps}`, firstAt ?? '', last.at ?? '', last.stationName],
          ]),
        );
        answer(flags, cards, lines.length === 0 ? 'no unknown cards' : lines.join('\n'));
      },
    ),
  );
  card.addCommand(
    command(
      'assign',
      'Gives a volunteer a card that was tapped; what was tapped before it was ever anyone’s counts.',
    )
      .argument('<card>', 'ca-…')
      .requiredOption('--volunteer <id>', 'vo-…')
      .requiredOption('--by <name>', 'who gives it')
      .action(async (reference: string, flags: Common & { volunteer: string; by: string }) => {
        const { volunteer, by } = flags;
        const assigned = await withStore(flags, (store) =>
          assignCard(store, { reference, volunteer, by }),
        );
        answer(flags, { volunteer, card: assigned }, `card ${assigned} added for ${volunteer}`);
      }),
  );
}

const changing = (name: string, text: string): Command =>
  command(name, text)
    .argument('<card>', 'ca-…, or vo-… of a volunteer who has just one')
    .requiredOption('--by <name>', 'who says so')
    .option('--reason <text>', 'why')
    .option('--since <time>', 'from when it holds, such as 2026-03-02T18:00+08:00', moment);

const said = ({ by, reason, since }: ChangeFlags) => ({ by, reason, sinceMs: since });

const momentSchema = z.iso
  .datetime({ offset: true, precision: null })
  .or(z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(Z|[+-]\d\d:\d\d)$/));

/** For commander: a moment that is the same everywhere, in ms since 1970 UTC. @throws InvalidArgumentError */
function moment(text: string): number {
  const ms = momentSchema.safeParse(text).success ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new InvalidArgumentError('expected a time with its zone, as 2026-03-02T18:00+08:00.');
  }
  return ms;
}
