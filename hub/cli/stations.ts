import { X509Certificate } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { brokerUrlSchema, httpsUrlSchema } from '../../shared/bus/broker-url.ts';
import { makeFolder } from '../../shared/make-folder.ts';
import { isInUse } from '../../shared/process-lock.ts';
import { writeSettings } from '../../shared/settings/settings-file.ts';
import { addStation, Refusal, revokeStation } from '../app/registry.ts';
import { listStations } from '../app/reports.ts';
import { readHubSettings } from '../settings.ts';
import type { Store } from '../store/open-store.ts';
import { addNeighbourCommands } from './neighbours.ts';
import { answer, type Common, command, fromHere, operator, withStore } from './run.ts';
import { addStationDetailCommands } from './station-details.ts';
import { hubLine, stationTable } from './station-table.ts';
import { addStatus } from './status.ts';
import { addSupervisionCommands } from './supervision.ts';

interface AddFlags extends Common {
  readonly out: string;
  readonly url?: string;
  readonly ca?: string;
  readonly secondPath?: string;
  readonly virtual?: true;
  readonly panel: string;
}

export function addStationCommands(program: Command): void {
  const station = program
    .command('station')
    .description(
      'Stations: add, list, show, describe, test, tests, watch, place, choose neighbours, revoke.',
    );
  station.addCommand(
    command('add', 'Adds a station and writes its settings file, which holds its keys (mode 0600).')
      .argument('<name>', 'what people call it')
      .requiredOption('--out <file>', 'where to write station.json')
      .option(
        '--url <url>',
        'where the station finds the broker (default: the hub on this machine)',
      )
      .option('--ca <file>', "PEM of the authority that signed the hub's certificate")
      .option('--second-path <url>', 'where it brings an alarm that the broker does not take')
      .option('--virtual', 'a virtual reader and panel instead of hardware')
      .option('--panel <path>', 'serial port of the panel', '/dev/serial/by-id/CHANGE-ME')
      .action(add),
  );
  station.addCommand(
    command(
      'list',
      'Lists the stations, how each of them stands, and what it last said of its parts.',
    ).action(async (common: Common) => {
      const stations = await withStore(common, listStations);
      const lines = stationTable(stations);
      const text = lines.length === 0 ? 'no stations' : lines.join('\n');
      answer(common, stations, `${hubLine(common)}${text}`);
    }),
  );
  station.addCommand(
    command('revoke', 'Takes a station out of service for good: what it sends is refused.')
      .argument('<id>', 'st-…')
      .action(async (id: string, common: Common) => {
        await withStore(common, (store) => revokeStation(store, id, operator));
        answer(common, { station: id, state: 'revoked' }, `${id} revoked`);
      }),
  );
  addSupervisionCommands(program, station);
  addStationDetailCommands(station);
  addNeighbourCommands(station);
  addStatus(program);
}

/** @throws Refusal where stations cannot know by which name to find the hub */
async function ownUrl(flags: AddFlags): Promise<string> {
  const { mqtt, externalBroker } = readHubSettings(fromHere(flags.data));
  if (externalBroker) return externalBroker.url;
  if (mqtt.tls)
    throw new Refusal(`the hub speaks TLS: say --url mqtts://NAME:${mqtt.port}, and --ca`);
  // A hub that runs may have been given another port than its settings say.
  const running = isInUse(fromHere(flags.data), 'hub')
    ? await withStore(flags, (store) => store.recall('mqtt-port'))
    : undefined;
  return `mqtt://127.0.0.1:${running ?? mqtt.port}`;
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
  const url = brokerUrlSchema.safeParse(flags.url ?? (await ownUrl(flags)));
  if (!url.success) throw new Refusal(`--url: ${url.error.issues[0]?.message}`);
  const ca = flags.ca === undefined ? {} : { ca: readCertificate(fromHere(flags.ca)) };
  const second = httpsUrlSchema.optional().safeParse(flags.secondPath);
  if (!second.success) throw new Refusal(`--second-path: ${second.error.issues[0]?.message}`);
  const secondPath = second.data === undefined ? {} : { secondPath: { url: second.data, ...ca } };
  makeFolder(dirname(file));
  accessSync(dirname(file), constants.W_OK);
  const create = { create: true };
  const make = (store: Store) => addStation(store, name, operator);
  const { password, ...made } = await withStore(flags, make, create);
  const kinds = flags.virtual
    ? { reader: { kind: 'virtual' }, panel: { kind: 'virtual' } }
    : { reader: { kind: 'pcsc' }, panel: { kind: 'firmata', path: flags.panel } };
  // Beside the file, wherever that is carried to.
  const dataDir = made.station;
  const hub = { url: url.data, password, ...ca };
  writeSettings(file, { ...made, hub, ...secondPath, dataDir, ...kinds });
  answer(flags, { station: made.station, file }, `${made.station}: settings written to ${file}`);
}
