import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { writeSettings } from '../../shared/settings/settings-file.ts';
import { addCard, addStation, addVolunteer } from '../app/registry.ts';
import { balances, listStations, status } from '../app/reports.ts';
import { answer, type Common, command, withStore } from './run.ts';

/** Who acted, for the audit log, until operators have accounts of their own. */
const operator = 'command line';

interface StationFlags extends Common {
  readonly out: string;
  readonly url: string;
  readonly virtual?: true;
  readonly panel: string;
}

export function addPeopleCommands(program: Command): void {
  const station = program.command('station').description('Stations: add, list.');
  station.addCommand(
    command('add', 'Adds a station and writes its settings file, which holds its keys (mode 0600).')
      .argument('<name>', 'what people call it')
      .requiredOption('--out <file>', 'where to write station.json')
      .option('--url <url>', 'where the station finds the broker', 'mqtt://127.0.0.1:1883')
      .option('--virtual', 'a virtual reader and panel instead of hardware')
      .option('--panel <path>', 'serial port of the panel', '/dev/serial/by-id/CHANGE-ME')
      .action(provisionStation),
  );
  station.addCommand(
    command('list', 'Lists the stations.').action(async (common: Common) => {
      const stations = await withStore(common, listStations);
      answer(common, stations, stations.map(({ id, name }) => `${id}  ${name}`).join('\n'));
    }),
  );
  program
    .command('volunteer')
    .description('Volunteers: add.')
    .addCommand(
      command('add', 'Adds a volunteer.')
        .argument('<name>', 'name or alias')
        .action(async (name: string, common: Common) => {
          const id = await withStore(common, (store) => addVolunteer(store, name, operator));
          answer(common, { id }, id);
        }),
    );
  program
    .command('card')
    .description('Points cards: add.')
    .addCommand(
      command('add', 'Gives a volunteer a card. Only a token made from the UID is stored.')
        .requiredOption('--volunteer <id>', 'vo-…')
        .requiredOption('--uid <hex>', 'UID of the card: 4, 7 or 10 bytes')
        .action(async (flags: Common & { volunteer: string; uid: string }) => {
          await withStore(flags, (store) => addCard(store, flags.volunteer, flags.uid, operator));
          answer(flags, { volunteer: flags.volunteer }, `card added for ${flags.volunteer}`);
        }),
    );
  program.addCommand(
    command('balance', 'Shows how many points each volunteer has.').action(
      async (common: Common) => {
        const rows = await withStore(common, balances);
        const lines = rows.map(({ id, name, balance }) => `${id}  ${name}  ${balance}`);
        answer(common, rows, lines.join('\n'));
      },
    ),
  );
  program.addCommand(
    command('status', 'Shows open alarms, what is stored, and what was refused and why.').action(
      showStatus,
    ),
  );
}

async function showStatus(common: Common): Promise<void> {
  const now = await withStore(common, status);
  const { refusals, ...counts } = now;
  const lines = [
    ...Object.entries(counts).map(([name, value]) => `${name}: ${value}`),
    ...refusals.map(({ reason, station, count }) => `refused, ${reason}: ${count} ${station}`),
  ];
  answer(common, now, lines.join('\n'));
}

async function provisionStation(name: string, flags: StationFlags): Promise<void> {
  const file = resolve(flags.out);
  const { password, ...made } = await withStore(flags, (store) =>
    addStation(store, name, operator),
  );
  const kinds = flags.virtual
    ? { reader: { kind: 'virtual' }, panel: { kind: 'virtual' } }
    : { reader: { kind: 'pcsc' }, panel: { kind: 'firmata', path: flags.panel } };
  const dataDir = join(dirname(file), made.station);
  writeSettings(file, { ...made, hub: { url: flags.url, password }, dataDir, ...kinds });
  answer(flags, { station: made.station, file }, `${made.station}: settings written to ${file}`);
}
