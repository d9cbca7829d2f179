import { counted } from '../../shared/counted.ts';
import type { ListedPolicy } from '../app/policies.ts';
import type { ReplayReport } from '../app/policy-replay.ts';
import { contributionNames } from '../domain/contribution-kinds.ts';
import { addDays } from '../domain/local-time.ts';
import type { Policy } from '../domain/policy.ts';
import type { BountyReport } from '../ledger/bounty-plan.ts';
import { table } from './columns.ts';

const stateWords = {
  past: 'past',
  'in-force': 'in force',
  'to-come': 'to come',
  replaced: 'replaced before it began',
} as const;

/** What a policy says, a line for each rule. */
export function policyLines(policy: Policy): string[] {
  const { round, night, bounty, expiry, redemptionWindows } = policy;
  const month = policy.pointsPerMonthMax;
  return [
    `${counted(policy.pointsPerCheckIn, 'point')} for a check-in; at one station again after ${policy.pausePerStationMin} min`,
    `a day: at most ${counted(policy.pointsPerDayMax, 'point')} for check-ins, bonuses on top`,
    month === undefined
      ? 'a month: no limit'
      : `a month: at most ${counted(month, 'point')} from check-ins, bonuses included`,
    round === undefined
      ? 'no bonus for a round'
      : `a round of ${round.stations} different stations in a day: ${counted(round.points, 'point')} more`,
    night === undefined
      ? 'no night hours'
      : `nights (夜巡) from ${night.from} to ${night.to}: ${counted(night.points, 'point')} more for each credited check-in`,
    bounty === undefined
      ? 'no bounty'
      : `bounty: ${counted(bounty.points, 'point')} at a station with fewer than ${counted(bounty.fewerThan, 'check-in')} in the month before, ${counted(bounty.budgetPerMonth, 'point')} a month in all`,
    ...Object.entries(policy.contributions).map(([kind, { pointsMin, pointsMax, names }]) => {
      const { zh, en, ko } = names ?? contributionNames[kind] ?? { zh: kind, en: kind, ko: kind };
      return `contribution ${kind} (${zh} / ${en} / ${ko}): ${pointsMin} to ${counted(pointsMax, 'point')}`;
    }),
    expiryLine(expiry),
    redemptionWindows.length === 0
      ? 'points can be redeemed at any time'
      : `points can be redeemed ${redemptionWindows.map(windowText).join(', ')}`,
    `a correction of more than ${counted(policy.correctionAloneMax, 'point')} needs a second person`,
    `a check-in that comes after more than ${counted(policy.acceptDays, 'day')} is held for review`,
  ];
}

function expiryLine(expiry: Policy['expiry']): string {
  switch (expiry.kind) {
    case 'none':
      return 'points never expire';
    case 'end-of-year':
      return 'points expire at the end of the year';
    case 'after-months':
      return `points expire after ${counted(expiry.months, 'month')}`;
    default:
      return expiry satisfies never;
  }
}

const windowText = (window: Policy['redemptionWindows'][number]): string =>
  window.kind === 'dates'
    ? `from ${window.from} to ${window.to}`
    : `from the ${window.from}. to the ${window.to}. of a month`;

export const shownPolicy = (listed: ListedPolicy): string =>
  [headOf(listed).join(', '), ...policyLines(listed.policy)].join('\n');

export const policyTable = (list: readonly ListedPolicy[]): string =>
  table(
    ['version', 'from', 'until', 'state', 'published by', 'published at'],
    list.map(({ version, effectiveFrom, until, state, publishedMs, publishedBy }) => [
      ...[`${version}`, effectiveFrom],
      until === null || state === 'replaced' ? '' : addDays(until, -1),
      stateWords[state],
      ...(publishedMs === null
        ? ['came with the program']
        : [publishedBy ?? '', new Date(publishedMs).toISOString()]),
    ]),
  ).join('\n');

function headOf({ version, effectiveFrom, until, state, ...published }: ListedPolicy): string[] {
  const end = until === null ? 'from' : `until ${addDays(until, -1)}, from`;
  const { publishedMs, publishedBy } = published;
  return [
    `version ${version}`,
    state === 'replaced' ? `for ${effectiveFrom}` : `${end} ${effectiveFrom}`,
    stateWords[state],
    publishedMs === null
      ? 'came with the program'
      : `published by ${publishedBy} at ${new Date(publishedMs).toISOString()}`,
  ];
}

const signed = (points: number): string => (points > 0 ? `+${points}` : `${points}`);

/** Who would gain or lose, and what it comes to. */
export function replayText(report: ReplayReport): string {
  const { from, to, checkIns, volunteers, gaining, losing, was, wouldBe, byRule, leftOut } = report;
  const { people: erased, months } = report.erased;
  const changed = volunteers.filter(({ change }) => change !== 0);
  const rules = (['check-in', 'night', 'round'] as const).map((rule) => [
    ...[rule, `${byRule.was[rule]}`, `${byRule.wouldBe[rule]}`],
    signed(byRule.wouldBe[rule] - byRule.was[rule]),
  ]);
  const people = changed.map((one) => [
    ...[one.volunteer, one.name, `${one.was}`, `${one.wouldBe}`, signed(one.change)],
  ]);
  return [
    ...table(['volunteer', 'name', 'was', 'would be', 'change'], people),
    `${from} to ${to}: ${counted(checkIns, 'check-in')} of ${counted(volunteers.length, 'volunteer')}`,
    `${gaining} would gain, ${losing} would lose, ${volunteers.length - changed.length} would have the same`,
    ...table(
      ['rule', 'was', 'would be', 'change'],
      [...rules, ['all', `${was}`, `${wouldBe}`, signed(wouldBe - was)]],
    ),
    ...leftOut.map(
      (name) =>
        `${name} is another, and was not replayed: which check-ins count was left as it was.`,
    ),
    ...(erased === 0
      ? []
      : [
          `Check-ins of ${counted(erased, 'person', 'people')} in ${months.join(', ')} were removed by erasure, and are no part of this.`,
        ]),
    'Bounties and contributions are no part of this; nothing was changed.',
  ].join('\n');
}

export function bountyText(report: BountyReport, isDryRun: boolean): string {
  const { month, stations, bounties, points, changes } = report;
  const places = stations.map(({ station, name, visits, bounties: paid }) => [
    ...[station, name, `${visits}`, `${paid}`],
  ]);
  const people = changes.map(({ volunteer, change }) => [volunteer, signed(change)]);
  const nothing = isDryRun ? 'nothing would change' : 'nothing has changed';
  return [
    ...table(['station', 'name', 'check-ins the month before', 'bounties'], places),
    ...(people.length === 0 ? [nothing] : table(['volunteer', 'points'], people)),
    `${month}: ${counted(bounties, 'bounty', 'bounties')}, ${counted(points, 'point')}${isDryRun ? '; nothing was transferred' : ''}`,
  ].join('\n');
}
