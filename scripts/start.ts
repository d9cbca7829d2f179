import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { addCard, addStation, addVolunteer } from '../hub/app/registry.ts';
import { openStore } from '../hub/store/open-store.ts';
import { readSettings, writeSettings } from '../shared/settings/settings-file.ts';

/** Exit code for what the caller can mend, such as a port that is taken. */
const exitUsage = 2;
/** A child that does not stop by itself within so long is killed. */
const stopTimeoutMs = 10_000;

/** The cards of the demonstration scheme: a volunteer each. */
const demoCards = ['04A1B2C3', '04A1B2C4', '04A1B2C5'].map((uid, index) => ({
  uid,
  label: `Volunteer ${index + 1}`,
}));

interface Flags {
  readonly data: string;
  readonly mqttPort: number;
  readonly stationPort: number;
}

function port(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number <= 65_535) return number;
  throw new InvalidArgumentError('expected a port from 1 to 65535.');
}

new Command('start')
  .description('Runs a hub and one virtual station on this machine, until Ctrl-C.')
  .option('--data <dir>', 'where everything is kept; created on the first run', './data')
  .option('--mqtt-port <port>', 'port of the MQTT broker', port, 1883)
  .option('--station-port <port>', "port of the virtual station's page", port, 8100)
  .action(main)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });

async function main(flags: Flags): Promise<void> {
  await requireFree(flags.mqttPort, '--mqtt-port');
  await requireFree(flags.stationPort, '--station-port');
  const data = resolve(process.env['YIZHAN_CALLED_FROM'] ?? '.', flags.data);
  const stationFile = join(data, 'station', 'station.json');
  const cardsFile = join(data, 'station', 'cards.json');
  if (existsSync(stationFile)) pointTo(stationFile, flags.mqttPort);
  else await makeDemonstration(data, stationFile, cardsFile, flags.mqttPort);

  const hub = run('hub/main.ts', ['start', '--data', data, '--mqtt-port', String(flags.mqttPort)]);
  await says(hub, /hub ready/);
  const stationArgs = ['--settings', stationFile, '--cards', cardsFile, '--virtual'];
  const station = run('device/main.ts', [
    ...stationArgs,
    '--station-port',
    String(flags.stationPort),
  ]);
  await says(station, /virtual station/);
  process.stdout.write(welcome(flags, data));
  await untilTheEnd([station, hub]);
}

async function requireFree(wanted: number, option: string): Promise<void> {
  const probe = createServer();
  const free = await new Promise<boolean>((found) => {
    probe.once('error', () => found(false));
    probe.listen(wanted, '127.0.0.1', () => probe.close(() => found(true)));
  });
  if (free) return;
  process.stderr.write(`Port ${wanted} is taken: choose another with ${option}.\n`);
  process.exit(exitUsage);
}

/** One station and three volunteers with a card each, so that there is something to tap. */
async function makeDemonstration(
  data: string,
  stationFile: string,
  cardsFile: string,
  mqttPort: number,
): Promise<void> {
  process.stdout.write(`Making a demonstration scheme in ${data} …\n`);
  const store = openStore(data);
  for (const { uid, label } of demoCards) {
    await addCard(store, await addVolunteer(store, label, 'start'), uid, 'start');
  }
  const { password, ...made } = await addStation(store, 'Station 1', 'start');
  await store.close();
  mkdirSync(join(data, 'station'), { recursive: true, mode: 0o700 });
  writeFileSync(cardsFile, `${JSON.stringify(demoCards, null, 2)}\n`);
  const hub = { url: urlOf(mqttPort), password };
  const kinds = { reader: { kind: 'virtual' }, panel: { kind: 'virtual' } };
  // Written last: its presence says that the demonstration is complete.
  writeSettings(stationFile, { ...made, hub, dataDir: join(data, 'station'), ...kinds });
}

const urlOf = (mqttPort: number): string => `mqtt://127.0.0.1:${mqttPort}`;

/** The hub may be on another port than last time. */
function pointTo(stationFile: string, mqttPort: number): void {
  const schema = z.looseObject({ hub: z.looseObject({ url: z.string() }) });
  const settings = readSettings(stationFile, schema);
  if (settings.hub.url === urlOf(mqttPort)) return;
  writeSettings(stationFile, { ...settings, hub: { ...settings.hub, url: urlOf(mqttPort) } });
}

/** A group of its own keeps the terminal's Ctrl-C from it: we stop our children in order. */
const run = (main: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { YIZHAN_LOG: 'warn', ...process.env },
    detached: true,
  });

/** Waits for a line of the child. A child that ends instead has said why; its exit code is passed on. */
async function says(child: ChildProcess, wanted: RegExp): Promise<void> {
  const ended = once(child, 'exit').then(([code]) => process.exit(z.int().catch(1).parse(code)));
  const said = new Promise<void>((resolved) => {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (wanted.test(line)) resolved();
    });
  });
  process.once('exit', () => child.kill('SIGTERM'));
  await Promise.race([said, ended]);
}

async function untilTheEnd(children: readonly ChildProcess[]): Promise<void> {
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    for (const child of children) await end(child);
    process.exit(0);
  };
  process.on('SIGINT', () => void stop());
  process.on('SIGTERM', () => void stop());
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.removeAllListeners('exit');
  const gone = once(child, 'exit');
  const deadline = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  child.kill('SIGTERM');
  await gone;
  clearTimeout(deadline);
}

const welcome = ({ mqttPort, stationPort }: Flags, data: string): string => `
Yizhan 驿站 is running. Ctrl-C stops it; the data stays in ${data}

  Tap a card, hold the button:  http://127.0.0.1:${stationPort}
  Follow what happens:          mosquitto_sub -p ${mqttPort} -t 'yizhan/v1/feed/#' -v
  Answer an alarm:              npm run hub -- alarm list --data ${data}
                                npm run hub -- alarm acknowledge 1 --by NAME --data ${data}
  See the points:               npm run hub -- balance --data ${data}

`;
