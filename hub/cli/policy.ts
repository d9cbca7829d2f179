import { type Command, InvalidArgumentError } from 'commander';
import { readSettings, SettingsError } from '../../shared/settings/settings-file.ts';
import { doubtsAbout, listPolicies, policyOfDay, publishPolicy } from '../app/policies.ts';
import { replayPolicy } from '../app/policy-replay.ts';
import { Refusal } from '../app/registry.ts';
import { type LocalDay, localDay } from '../domain/dating.ts';
import { type Policy, policySchema, policyWarnings } from '../domain/policy.ts';
import { previewBounties, settleBounties } from '../ledger/bounties.ts';
import { Pace } from '../nightly/pace.ts';
import { readTimeZone } from '../settings.ts';
import { atOneMoment } from '../store/at-one-moment.ts';
import { localDate } from './options.ts';
import { bountyText, policyLines, policyTable, replayText, shownPolicy } from './policy-text.ts';
import { withProgress } from './progress.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';

/** The policy has faults. */
const exitFaulty = 1;

export function addPolicyCommands(program: Command): void {
  const policy = program
    .command('policy')
    .description('The rules by which points are earned, kept and spent.');
  policy.addCommand(
    command('show', 'Shows the rules of a day.')
      .option('--day <day>', 'YYYY-MM-DD (default: today)', localDate)
      .action(show),
  );
  policy.addCommand(command('list', 'Lists all versions, and when each holds.').action(list));
  policy.addCommand(
    command('check', 'Says what is wrong with a policy, all at once. Exit code 1: it has faults.')
      .argument('<file>', 'the policy, as JSON')
      .option('--from <day>', 'the day from which it would hold', localDate)
      .action(check),
  );
  policy.addCommand(
    command('publish', 'Puts a policy in force from a day to come. Old days keep theirs.')
      .argument('<file>', 'the policy, as JSON')
      .requiredOption('--from <day>', 'the first day that it holds for, YYYY-MM-DD', localDate)
      .requiredOption('--by <name>', 'who publishes it')
      .action(publish),
  );
  policy.addCommand(
    command('replay', 'Shows what past days would have earned by a policy. Changes nothing.')
      .argument('<file>', 'the policy, as JSON')
      .requiredOption('--from <day>', 'first day, YYYY-MM-DD', localDate)
      .requiredOption('--to <day>', 'last day', localDate)
      .action(replay),
  );
  policy.addCommand(
    command('bounty', 'Pays the bounties of a month that is over; again: what has changed since.')
      .requiredOption('--month <month>', 'YYYY-MM', month)
      .option('--dry-run', 'shows what it comes to, and transfers nothing')
      .option('--by <name>', 'who settles it; needed unless --dry-run')
      .action(bounty),
  );
}

const dayOfHere = ({ data }: Common): LocalDay => localDay(readTimeZone(fromHere(data)));

/** @throws SettingsError with all that is wrong with it */
const readPolicy = (file: string): Policy => readSettings(fromHere(file), policySchema);

async function show(flags: Common & { day?: string }): Promise<void> {
  const today = dayOfHere(flags)(Date.now());
  const found = await withStore(flags, (store) => policyOfDay(store, flags.day ?? today, today));
  answer(flags, found, shownPolicy(found));
}

async function list(flags: Common): Promise<void> {
  const today = dayOfHere(flags)(Date.now());
  const policies = await withStore(flags, (store) => listPolicies(store, today));
  answer(flags, policies, policyTable(policies));
}

async function check(file: string, flags: Common & { from?: string }): Promise<void> {
  let policy: Policy;
  try {
    policy = readPolicy(file);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    answer(flags, { faults: error.faults, warnings: [] }, error.message);
    process.exitCode = exitFaulty;
    return;
  }
  const { from } = flags;
  const span = { from, today: dayOfHere(flags)(Date.now()) };
  // Without a day there is nothing to hold it against, and no hub's data is needed.
  const warnings =
    from === undefined
      ? policyWarnings(policy)
      : await withStore(flags, (store) => doubtsAbout(store, policy, span));
  const said = warnings.map((warning) => `warning: ${warning}`);
  const text = ['The policy can be used. It says:', ...policyLines(policy), ...said].join('\n');
  answer(flags, { faults: [], warnings, policy }, text);
}

async function publish(file: string, flags: Common & { from: string; by: string }): Promise<void> {
  const policy = readPolicy(file);
  const { from, by } = flags;
  const dayOf = dayOfHere(flags);
  const atMs = Date.now();
  const { version, warnings } = await withStore(flags, async (store) => {
    const doubts = await doubtsAbout(store, policy, { from, today: dayOf(atMs) });
    const published = await publishPolicy(store, { policy, from, by, atMs, dayOf });
    return { version: published, warnings: doubts };
  });
  const said = warnings.map((warning) => `warning: ${warning}`);
  const text = [`version ${version} is in force from ${from} on`, ...said].join('\n');
  answer(flags, { version, from, warnings }, text);
}

async function replay(file: string, flags: Common & { from: string; to: string }): Promise<void> {
  const { from, to } = flags;
  const { minuteOf } = dayOfHere(flags);
  const asked = { policy: readPolicy(file), from, to, minuteOf };
  const report = await withStore(flags, (store) =>
    withProgress((say) => atOneMoment(store.db, (db) => replayPolicy(db, asked, say))),
  );
  answer(flags, report, replayText(report));
}

async function bounty(
  flags: Common & { month: string; dryRun?: true; by?: string },
): Promise<void> {
  const { month: asked, dryRun, by } = flags;
  const dayOf = dayOfHere(flags);
  if (dryRun) {
    const months = { month: asked, thisMonth: dayOf(Date.now()).slice(0, 7) };
    const report = await withStore(flags, (store) =>
      withProgress(() => previewBounties(store, months), `check-ins of ${asked}`),
    );
    answer(flags, { ...report, dryRun }, bountyText(report, true));
    return;
  }
  if (by === undefined) throw new Refusal('say who settles it with --by, or use --dry-run');
  const run = { month: asked, by, atMs: Date.now(), dayOf };
  const report = await withStore(flags, (store) =>
    withProgress(
      (say) =>
        settleBounties(store, run, new Pace(undefined, (step) => say(`transfers, step ${step}`))),
      `check-ins of ${asked}`,
    ),
  );
  answer(flags, { ...report, dryRun: false }, bountyText(report, false));
}

/** For commander: YYYY-MM. @throws InvalidArgumentError */
function month(text: string): string {
  if (/^\d{4}-(?:0[1-9]|1[0-2])$/.test(text)) return text;
  throw new InvalidArgumentError('expected a month as YYYY-MM.');
}
