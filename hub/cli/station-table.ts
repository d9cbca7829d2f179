import { isInUse } from '../../shared/process-lock.ts';
import type { listStations } from '../app/reports.ts';
import { table } from './columns.ts';
import { type Common, fromHere } from './run.ts';

export type ListedStation = Awaited<ReturnType<typeof listStations>>[number];

const headings = [
  ...['id', 'name', 'state', 'since', 'tested', 'trouble'],
  ...['reader', 'panel', 'journal', 'waiting'],
];

/** @returns how each station stands; its parts, and the entries that wait there, as it last said. */
export const stationTable = (stations: readonly ListedStation[]): string[] =>
  table(
    headings,
    stations.map(({ id, name, state, since, lastTest, troubles, health }) => [
      ...[id, name, state, since ?? '', lastTest ?? 'never', troubles.join(', ')],
      ...(health === null
        ? []
        : [health.reader, health.panel, health.journal, `${health.backlog}`]),
    ]),
  );

/** What is stored is as old as the hub's last moment. */
export const hubLine = ({ data }: Common): string =>
  isInUse(fromHere(data), 'hub') ? '' : 'The hub is not running. This is how things stood:\n';
