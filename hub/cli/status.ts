import type { Command } from 'commander';
import { counted } from '../../shared/counted.ts';
import { isInUse } from '../../shared/process-lock.ts';
import { status } from '../app/reports.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';
import { hubLine, type ListedStation, stationTable } from './station-table.ts';

/** Of each kind: all of it has to fit on a screen, and the lists have the rest. */
const linesMax = 10;

type Status = Awaited<ReturnType<typeof status>>;

export function addStatus(program: Command): void {
  program.addCommand(
    command(
      'status',
      `Shows open alarms, how stations stand, and what was refused and why; ${linesMax} lines of a kind, with --json all.`,
    ).action(showStatus),
  );
}

async function showStatus(common: Common): Promise<void> {
  const now = await withStore(common, status);
  const hub = isInUse(fromHere(common.data), 'hub') ? 'running' : 'stopped';
  answer(common, { hub, ...now }, `${hubLine(common)}${statusLines(now).join('\n')}`);
}

/** What is counted comes first: a glance at it has to do. */
export const statusLines = (now: Status): string[] => [
  ...totals(now),
  ...matters(now),
  ...stations(now),
];

/** @param list the command that has them all, to be named where there are any */
const seeWhere = (count: number, list: string): string => (count > 0 ? `: see "${list}"` : '');

const totals = (now: Status): string[] => [
  `${counted(now.openAlarms, 'open alarm')}${seeWhere(now.openAlarms, 'alarm list')}`,
  `${counted(now.openTroubles, 'open trouble')}${seeWhere(now.openTroubles, 'trouble list')}`,
  `${counted(now.stations.length, 'station')}${byState(now.stations)}`,
  `${counted(now.toReview, 'check-in')} to review${seeWhere(now.toReview, 'review list')}`,
  ...(now.refusedMessages > 0
    ? [
        `${counted(now.refusedMessages, 'tap')} with a message that proves nothing: see "sun refused"`,
      ]
    : []),
  [
    counted(now.entries, 'entry', 'entries'),
    counted(now.transfers, 'transfer'),
    counted(now.volunteers, 'volunteer'),
    `${counted(now.waitingToBePublished, 'commit')} to be published`,
  ].join(', '),
];

/** Such as ": 57 online, 2 offline, 1 never heard of; 5 with trouble" */
function byState(stations: readonly ListedStation[]): string {
  if (stations.length === 0) return '';
  const counts = new Map<string, number>();
  for (const { state } of stations) counts.set(state, (counts.get(state) ?? 0) + 1);
  const states = [...counts]
    .map(([state, count]) => `${count} ${state === 'never' ? 'never heard of' : state}`)
    .join(', ');
  const troubled = stations.filter(({ troubles }) => troubles.length > 0).length;
  return `: ${states}${troubled > 0 ? `; ${troubled} with trouble` : ''}`;
}

const matters = (now: Status): string[] => [
  ...atMost(
    now.hubTroubles.map(
      ({ kind, part, begunAt, detail }) =>
        `trouble of the hub: ${part === null ? kind : `${kind} ${part}`} since ${begunAt}: ${detail}`,
    ),
    'trouble list',
  ),
  ...atMost(
    now.setAside.map(
      ({ station, stationName, entries }) =>
        `set aside: ${counted(entries, 'entry', 'entries')} of ${station} ${stationName} (a copied or restored card?)`,
    ),
    'set-aside list',
  ),
  ...atMost(
    now.tappedCards.map(
      ({ card, status, volunteer, stationName, at }) =>
        `${status} card ${card} of ${volunteer} was tapped at ${stationName} ${at}`,
    ),
    'card list',
  ),
  ...atMost(
    now.refusals
      .toSorted((a, b) => b.count - a.count)
      .map(({ reason, station, count }) => `refused, ${reason}: ${count} ${station}`),
    'status --json',
  ),
];

/** Those that somebody should look at come first. */
function stations(now: Status): string[] {
  const amiss = now.stations.filter(isAmiss);
  const others = now.stations.filter((station) => !isAmiss(station));
  const [headings, ...lines] = stationTable([...amiss, ...others]);
  return headings === undefined ? [] : ['', headings, ...atMost(lines, 'station list')];
}

const isAmiss = ({ state, troubles, health }: ListedStation): boolean =>
  state !== 'revoked' &&
  (state !== 'online' ||
    troubles.length > 0 ||
    [health?.reader, health?.panel, health?.journal].includes('fault'));

/** @param list the command that has the rest */
function atMost(lines: readonly string[], list: string): string[] {
  const more = lines.length - linesMax;
  const tail = more > 0 ? [`… and ${more} more: see "${list}"`] : [];
  return [...lines.slice(0, linesMax), ...tail];
}
