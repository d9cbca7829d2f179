import { type Command, InvalidArgumentError } from 'commander';
import { count } from '../../shared/command-line.ts';
import {
  listNeighbours,
  type Neighbours,
  placeStation,
  setNeighbours,
  setNeighboursWithin,
} from '../app/neighbours.ts';
import { Refusal } from '../app/registry.ts';
import { table } from './columns.ts';
import { answer, type Common, command, operator, withStore } from './run.ts';

interface NeighbourFlags extends Common {
  readonly set?: readonly string[];
  readonly within?: number;
  readonly none?: true;
}

/** For commander: decimal degrees. @throws InvalidArgumentError */
const degrees =
  (max: number) =>
  (text: string): number => {
    const number = Number(text);
    if (text.trim() !== '' && Math.abs(number) <= max) return number;
    throw new InvalidArgumentError(`expected degrees from -${max} to ${max}, such as 41.8057.`);
  };

const ids = (text: string): readonly string[] => text.split(',').map((id) => id.trim());

/** @param station the command that these go below */
export function addNeighbourCommands(station: Command): void {
  station.addCommand(
    command('place', 'Says where a station is, so that its neighbours can be found by distance.')
      .argument('<id>', 'st-…')
      .requiredOption('--lat <degrees>', 'north is positive (WGS 84)', degrees(90))
      .requiredOption('--lon <degrees>', 'east is positive', degrees(180))
      .action(
        async (id: string, { lat, lon, ...common }: Common & { lat: number; lon: number }) => {
          const position = { latitude: lat, longitude: lon };
          await withStore(common, (store) => placeStation(store, id, position, operator));
          answer(common, { station: id, ...position }, `${id} is at ${lat}, ${lon}`);
        },
      ),
  );
  station.addCommand(
    command('neighbours', 'Shows or chooses who is told at once when a station calls for help.')
      .argument('<id>', 'st-…')
      .option('--set <ids>', 'these stations, such as st-00000001,st-00000002', ids)
      .option('--within <metres>', 'whoever is so near, now and later', count)
      .option('--none', 'nobody, as for every new station')
      .action(chooseNeighbours),
  );
}

async function chooseNeighbours(id: string, flags: NeighbourFlags): Promise<void> {
  const { set, within, none } = flags;
  const ways = [set, within, none].filter((way) => way !== undefined);
  if (ways.length > 1) throw new Refusal('one of --set, --within and --none');
  const now = await withStore(flags, async (store) => {
    if (within !== undefined) await setNeighboursWithin(store, id, within, operator);
    else if (ways.length > 0) await setNeighbours(store, id, set ?? [], operator);
    return listNeighbours(store, id);
  });
  answer(flags, { station: id, ...now }, neighboursText(now));
}

function neighboursText({ within, neighbours }: Neighbours): string {
  if (neighbours.length === 0) {
    return within === null ? 'no neighbours' : `nobody within ${within} m yet`;
  }
  const lines = table(
    ['id', 'name', 'distance'],
    neighbours.map(({ id, name, distance }) => [
      ...[id, name, distance === null ? '' : `${distance} m`],
    ]),
  );
  return [...(within === null ? [] : [`whoever is within ${within} m:`]), ...lines].join('\n');
}
