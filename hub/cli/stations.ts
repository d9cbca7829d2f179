import { X509Certificate } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { brokerUrlSchema } from '../../shared/bus/broker-url.ts';
import { isInUse } from '../../shared/process-lock.ts';
import { writeSettings } from '../../shared/settings/settings-file.ts';
import { addStation, Refusal, revokeStation } from '../app/registry.ts';
import { listStations, status } from '../app/reports.ts';
import { readHubSettings } from '../settings.ts';
import type { Store } from '../store/open-store.ts';
import { addNeighbourCommands } from './neighbours.ts';
import { answer, type Common, command, fromHere, operator, withStore } from './run.ts';

interface AddFlags extends Common {
  readonly out: string;
  readonly url?: string;
  readonly ca?: string;
  readonly virtual?: true;
  readonly panel: string;
}

export function addStationCommands(program: Command): void {
  const station = program
    .command('station')
    .description('Stations: add, list, place, choose neighbours, revoke.');
  station.addCommand(
    command('add', 'Adds a station and writes its settings file, which holds its keys (mode 0600).')
      .argument('<name>', 'what people call it')
      .requiredOption('--out <file>', 'where to write station.json')
      .option(
        '--url <url>',
        'where the station finds the broker (default: the hub on this machine)',
      )
      .option('--ca <file>', "PEM of the authority that signed the broker's certificate")
      .option('--virtual', 'a virtual reader and panel instead of hardware')
      .option('--panel <path>', 'serial port of the panel', '/dev/serial/by-id/CHANGE-ME')
      .action(add),
  );
  station.addCommand(
    command('list', 'Lists the stations, and how each of them stands.').action(
      async (common: Common) => {
        const stations = await withStore(common, listStations);
        const lines = stations.map(stationLine);
        const text = lines.length === 0 ? 'no stations' : lines.join('\n');
        answer(common, stations, `${hubLine(common)}${text}`);
      },
    ),
  );
  station.addCommand(
    command('revoke', 'Takes a station out of service for good: what it sends is refused.')
      .argument('<id>', 'st-…')
      .action(async (id: string, common: Common) => {
        await withStore(common, (store) => revokeStation(store, id, operator));
        answer(common, { station: id, state: 'revoked' }, `${id} revoked`);
      }),
  );
  addNeighbourCommands(station);
  program.addCommand(
    command(
      'status',
      'Shows open alarms, how stations stand, and what was refused and why.',
    ).action(showStatus),
  );
}

type StationLine = Awaited<ReturnType<typeof listStations>>[number];

/** Such as `st-00000001  Station 1  online since …  reader ready, panel fault, journal ready, 3 waiting`. */
function stationLine({ id, name, state, since, health }: StationLine): string {
  const stands = since === null ? state : `${state} since ${since}`;
  const parts =
    health === null
      ? []
      : [
          `reader ${health.reader}, panel ${health.panel}, journal ${health.journal}, ` +
            `${health.backlog} waiting when it last said so`,
        ];
  return [id, name, stands, ...parts].join('  ');
}

/** What is stored is as old as the hub's last moment. */
const hubLine = ({ data }: Common): string =>
  isInUse(fromHere(data), 'hub') ? '' : 'The hub is not running. This is how things stood:\n';

async function showStatus(common: Common): Promise<void> {
  const now = await withStore(common, status);
  const { refusals, stations, setAside } = now;
  const lines = [
    `${now.openAlarms} open alarms${now.openAlarms > 0 ? ': see "alarm list"' : ''}`,
    `${now.entries} entries, ${now.transfers} transfers, ${now.volunteers} volunteers`,
    `${now.toReview} check-ins to review, ${now.waitingToBePublished} commits to be published`,
    ...stations.map(stationLine),
    ...setAside.map(
      ({ station, stationName, entries }) =>
        `set aside: ${entries} entries of ${station} ${stationName} (a copied or restored card?)`,
    ),
    ...refusals.map(({ reason, station, count }) => `refused, ${reason}: ${count} ${station}`),
  ];
  const hub = isInUse(fromHere(common.data), 'hub') ? 'running' : 'stopped';
  answer(common, { hub, ...now }, `${hubLine(common)}${lines.join('\n')}`);
}

/** @throws Refusal where stations cannot know by which name to find the hub */
function ownUrl({ data }: Common): string {
  const { mqtt, externalBroker } = readHubSettings(fromHere(data));
  if (externalBroker) return externalBroker.url;
  if (mqtt.tls)
    throw new Refusal(`the hub speaks TLS: say --url mqtts://NAME:${mqtt.port}, and --ca`);
  return `mqtt://127.0.0.1:${mqtt.port}`;
}

function readCertificate(file: string): string {
  const pem = readFileSync(file, 'utf8');
  try {
    return new X509Certificate(pem) && pem;
  } catch {
    throw new Refusal(`${file} is no certificate in PEM`);
  }
}

/** Everything that could go wrong with the file is looked at first: a station is added only with one. */
async function add(name: string, flags: AddFlags): Promise<void> {
  const file = fromHere(flags.out);
  if (existsSync(file)) throw new Refusal(`${file} is there already: it holds a station's keys`);
  const url = brokerUrlSchema.safeParse(flags.url ?? ownUrl(flags));
  if (!url.success) throw new Refusal(`--url: ${url.error.issues[0]?.message}`);
  const ca = flags.ca === undefined ? {} : { ca: readCertificate(fromHere(flags.ca)) };
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  accessSync(dirname(file), constants.W_OK);
  const create = { create: true };
  const make = (store: Store) => addStation(store, name, operator);
  const { password, ...made } = await withStore(flags, make, create);
  const kinds = flags.virtual
    ? { reader: { kind: 'virtual' }, panel: { kind: 'virtual' } }
    : { reader: { kind: 'pcsc' }, panel: { kind: 'firmata', path: flags.panel } };
  // Beside the file, wherever that is carried to.
  const dataDir = made.station;
  writeSettings(file, { ...made, hub: { url: url.data, password, ...ca }, dataDir, ...kinds });
  answer(flags, { station: made.station, file }, `${made.station}: settings written to ${file}`);
}
