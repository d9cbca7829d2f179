import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { readHubSettings } from '../hub/settings.ts';
import { exitUsage, mendable, port, runCommand } from '../shared/command-line.ts';
import { FolderInUse, isInUse, lockFolder } from '../shared/process-lock.ts';
import { SettingsError } from '../shared/settings/settings-file.ts';
import { Child } from './child.ts';
import { prepareDemonstration } from './demonstration.ts';

interface Flags {
  readonly data: string;
  readonly mqttPort: number;
  readonly httpPort: number;
  readonly stationPort: number;
}

/** In the order in which they were started; stopped the other way round. */
const children: Child[] = [];
let stopping: Promise<void> | undefined;
/** Held here, since a lock that nobody holds on to is collected, and with it given back. */
let unlock: () => void = () => {};

/** Others are told these numbers, so they have to be known before. */
function listeningPort(text: string): number {
  const number = port(text);
  if (number > 0) return number;
  throw new InvalidArgumentError('expected a port from 1 to 65535.');
}

const say = (text: string): boolean => process.stdout.write(`${text}\n`);

const command = new Command('start')
  .description('Runs a hub and one virtual station on this machine, until Ctrl-C.')
  .option('--data <dir>', 'where everything is kept; created on the first run', './data')
  .option('--mqtt-port <port>', 'port of the MQTT broker', listeningPort, 1883)
  .option('--http-port <port>', "port of the hub's metrics", listeningPort, 8080)
  .option('--station-port <port>', "port of the virtual station's page", listeningPort, 8100)
  .action(main);

runCommand(command).catch(async (error: unknown) => {
  const known = mendable(error);
  const text = known ?? (error instanceof Error ? error.stack : String(error));
  process.stderr.write(`${text}\n`);
  await stopWith(known === undefined ? 1 : exitUsage);
});

async function main(flags: Flags): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void stopWith(0));
  }
  const data = resolve(process.env['YIZHAN_CALLED_FROM'] ?? '.', flags.data);
  if (readHubSettings(data).mqtt.tls) {
    const fault = 'mqtt.tls: start.sh speaks no TLS; run "npm run hub -- start" for that';
    throw new SettingsError(join(data, 'hub.json'), [fault]);
  }
  // Before the ports: whoever holds those may be the very one that runs on this data.
  unlock = lockFolder(data, 'start');
  if (isInUse(data, 'hub')) throw new FolderInUse(data, 'hub');
  await requireFree([
    [flags.mqttPort, '--mqtt-port'],
    [flags.httpPort, '--http-port'],
    [flags.stationPort, '--station-port'],
  ]);
  const { stationFile, cardsFile } = await prepareDemonstration(data, flags.mqttPort, say);

  const ports = ['--mqtt-port', `${flags.mqttPort}`, '--http-port', `${flags.httpPort}`];
  const hub = await run('hub', 'hub/main.ts', ['start', '--data', data, ...ports], /hub ready/);
  const page = ['--virtual', '--station-port', `${flags.stationPort}`, '--cards', cardsFile];
  const stationArgs = ['--settings', stationFile, ...page];
  const station = await run('station', 'device/main.ts', stationArgs, /virtual station/);
  if (stopping !== undefined) return;
  say(welcome(flags, data));
  say(`  To see it go on without the hub: kill -9 ${hub.pid}\n`);
  watch(hub, `npm run hub -- start --data ${data} ${ports.join(' ')}`);
  watch(station, `npm run station -- ${stationArgs.join(' ')}`);
}

async function requireFree(ports: readonly (readonly [number, string])[]): Promise<void> {
  for (const [index, [wanted, option]] of ports.entries()) {
    const isTwice = ports.slice(0, index).some(([earlier]) => earlier === wanted);
    if (!isTwice && (await isFree(wanted))) continue;
    process.stderr.write(`Port ${wanted} is taken: choose another with ${option}.\n`);
    process.exit(exitUsage);
  }
}

async function isFree(wanted: number): Promise<boolean> {
  const probe = createServer();
  return new Promise<boolean>((found) => {
    probe.once('error', () => found(false));
    probe.listen(wanted, '127.0.0.1', () => probe.close(() => found(true)));
  });
}

/** A child that ends before it is ready has said why; its exit code is passed on. */
async function run(name: string, main: string, args: string[], ready: RegExp): Promise<Child> {
  const child = new Child(name, main, args);
  children.push(child);
  if (!(await child.says(ready))) await stopWith(child.exitCode ?? 1);
  return child;
}

/** One of the two may die: the other goes on, which is what the whole design is about. */
function watch(child: Child, command: string): void {
  void child.ended.then((how) => {
    if (stopping !== undefined) return;
    say(`The ${child.name} ended (${how}). Start it again beside this:\n  ${command}`);
    if (children.every(({ isRunning }) => !isRunning)) void stopWith(1);
  });
}

async function stopWith(exitCode: number): Promise<void> {
  stopping ??= (async () => {
    for (const child of children.toReversed()) await child.stop();
    unlock();
  })();
  await stopping;
  process.exit(exitCode);
}

const welcome = ({ mqttPort, httpPort, stationPort }: Flags, data: string): string => `
Yizhan 驿站 is running. Ctrl-C stops it; the data stays in ${data}

  Tap a card, hold the button:  http://127.0.0.1:${stationPort}
  Follow what happens:          mosquitto_sub -p ${mqttPort} -t 'yizhan/v1/feed/#' -v
  Answer an alarm:              npm run hub -- alarm list --data ${data}
                                npm run hub -- alarm acknowledge 1 --by NAME --data ${data}
                                npm run hub -- alarm resolve 1 --by NAME --cause test --note TEXT --data ${data}
  See the points:               npm run hub -- balance --data ${data}
  How the stations stand:       npm run hub -- status --data ${data}
  Metrics of the hub:           http://127.0.0.1:${httpPort}/metrics
`;
