import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { createLog } from '../shared/log.ts';
import { readSettings } from '../shared/settings/settings-file.ts';
import { addAlarmCommands } from './cli/alarms.ts';
import { addPeopleCommands } from './cli/people.ts';
import { type Common, command, exitUsage, fail, port } from './cli/run.ts';
import { startHub } from './hub.ts';
import { hubSettingsSchema } from './settings.ts';

const program = new Command('hub').description('The hub of the relay stations.');
program.addCommand(
  command('start', 'Runs the hub: broker, store, ledger, feed.')
    .option('--mqtt-port <port>', 'port of the broker, on 127.0.0.1', port)
    .action(start),
);
addPeopleCommands(program);
addAlarmCommands(program);
program.parseAsync().catch(fail);

async function start(flags: Common & { mqttPort?: number }): Promise<void> {
  const dataDir = resolve(flags.data);
  const file = join(dataDir, 'hub.json');
  const read = existsSync(file)
    ? readSettings(file, hubSettingsSchema)
    : hubSettingsSchema.parse({});
  const mqtt = { ...read.mqtt, port: flags.mqttPort ?? read.mqtt.port };
  const settings = { ...read, mqtt };
  const hub = await startHub({ dataDir, settings, log: createLog('hub') }).catch((error: unknown) =>
    failToListen(error, mqtt.port),
  );
  process.stdout.write(`hub ready: MQTT on port ${hub.port}\n`);
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const stop = (): void => {
    for (const signal of signals) process.removeListener(signal, stop);
    hub.stop().then(() => process.exit(0), fail);
  };
  for (const signal of signals) process.on(signal, stop);
}

function failToListen(error: unknown, taken: number): never {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    process.stderr.write(`MQTT port ${taken} is taken: choose another with --mqtt-port.\n`);
    process.exit(exitUsage);
  }
  return fail(error);
}
