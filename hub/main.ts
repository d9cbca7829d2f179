import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { createLog } from '../shared/log.ts';
import { readSettings, writeSettings } from '../shared/settings/settings-file.ts';
import { addCard, addStation, addVolunteer } from './app/registry.ts';
import { startHub } from './hub.ts';
import { hubSettingsSchema } from './settings.ts';
import { openStore, type Store } from './store/open-store.ts';

const program = new Command('hub').option('--data <dir>', 'data folder', './data');
const dataDir = (): string => resolve(String(program.opts()['data']));
const say = (text: string): boolean => process.stdout.write(`${text}\n`);

async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  const store = openStore(dataDir());
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

program
  .command('start')
  .option('--mqtt-port <port>', 'MQTT port')
  .action(async ({ mqttPort }: { mqttPort?: string }) => {
    const file = join(dataDir(), 'hub.json');
    const read = existsSync(file)
      ? readSettings(file, hubSettingsSchema)
      : hubSettingsSchema.parse({});
    const port = mqttPort === undefined ? read.mqtt.port : Number(mqttPort);
    const settings = { ...read, mqtt: { ...read.mqtt, port } };
    const hub = await startHub({ dataDir: dataDir(), settings, log: createLog('hub') });
    say(`hub ready, MQTT port ${hub.port}`);
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => void hub.stop());
  });

program
  .command('station-add <name>')
  .requiredOption('--out <file>', 'settings file of the station')
  .option('--url <url>', 'where the station finds the hub', 'mqtt://127.0.0.1:1883')
  .option('--virtual', 'virtual reader and panel')
  .action((name: string, { out, url, virtual }: { out: string; url: string; virtual?: true }) =>
    withStore(async (store) => {
      const { password, ...made } = await addStation(store, name, 'cli');
      const file = resolve(out);
      const kinds = virtual
        ? { reader: { kind: 'virtual' }, panel: { kind: 'virtual' } }
        : { reader: { kind: 'pcsc' }, panel: { kind: 'firmata', path: '/dev/serial/by-id/…' } };
      const folder = join(dirname(file), made.station);
      writeSettings(file, { ...made, hub: { url, password }, dataDir: folder, ...kinds });
      say(made.station);
    }),
  );

program
  .command('volunteer-add <name>')
  .action((name: string) =>
    withStore(async (store) => void say(await addVolunteer(store, name, 'cli'))),
  );

program
  .command('card-add <volunteer> <uid>')
  .action((volunteer: string, uid: string) =>
    withStore((store) => addCard(store, volunteer, uid, 'cli')),
  );

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2); // a broker that could not listen keeps its timers
});
