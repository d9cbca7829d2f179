import { Command } from 'commander';
import { exitUsage, port, runCommand, takenPort } from '../shared/command-line.ts';
import { createLog } from '../shared/log.ts';
import { addAlarmCommands } from './cli/alarms.ts';
import { addCardCommands } from './cli/cards.ts';
import { addCheck } from './cli/check.ts';
import { addContributionCommands } from './cli/contributions.ts';
import { addDailyClear } from './cli/daily-clear.ts';
import { addDecisionCommands } from './cli/decisions.ts';
import { addFraudCommands } from './cli/fraud.ts';
import { addHonourCommands } from './cli/honours.ts';
import { addNightly } from './cli/nightly.ts';
import { addNotifyCommands } from './cli/notify.ts';
import { addPeopleCommands } from './cli/people.ts';
import { addPointsCommands } from './cli/points.ts';
import { addPolicyCommands } from './cli/policy.ts';
import { addPrivacyCommands } from './cli/privacy.ts';
import { addRedemptionCommands } from './cli/redemptions.ts';
import { addReportCommands } from './cli/reports.ts';
import { addRewardCommands } from './cli/rewards.ts';
import { type Common, command, fail, fromHere } from './cli/run.ts';
import { addStationCommands } from './cli/stations.ts';
import { addSunCommands } from './cli/sun.ts';
import { addTeamCommands } from './cli/teams.ts';
import { addVolunteerCommands } from './cli/volunteers.ts';
import { type HubSettings, readHubSettings } from './settings.ts';

interface StartFlags extends Common {
  readonly mqttPort?: number;
  readonly httpPort?: number;
}

const program = new Command('hub').description('The hub of the relay stations.');
program.addCommand(
  command('start', 'Runs the hub: broker, store, ledger, feed.')
    .option('--mqtt-port <port>', 'port of the broker, on 127.0.0.1 (default: 1883)', port)
    .option('--http-port <port>', 'port of the metrics, on 127.0.0.1 (default: 8080)', port)
    .action(start),
);
addStationCommands(program);
addVolunteerCommands(program);
addTeamCommands(program);
addPeopleCommands(program);
addPointsCommands(program);
addReportCommands(program);
addHonourCommands(program);
addRewardCommands(program);
addRedemptionCommands(program);
addPolicyCommands(program);
addContributionCommands(program);
addCardCommands(program);
addSunCommands(program);
addAlarmCommands(program);
addDecisionCommands(program);
addFraudCommands(program);
addNotifyCommands(program);
addDailyClear(program);
addPrivacyCommands(program);
addNightly(program);
addCheck(program);
runCommand(program).catch(fail);

async function start(flags: StartFlags): Promise<void> {
  // Broker, web server and mail are for this command alone: the others are there sooner without them.
  const { startHub } = await import('./hub.ts');
  const dataDir = fromHere(flags.data);
  const settings = settingsWith(flags);
  const hub = await startHub({ dataDir, settings, log: createLog('hub') }).catch((error: unknown) =>
    failToListen(error, settings),
  );
  const { broker, httpPort, stationHttpPort } = hub;
  const door = stationHttpPort === undefined ? '' : `, alarms on port ${stationHttpPort}`;
  process.stdout.write(
    `hub ready: MQTT on ${broker}, HTTP on port ${httpPort}${door} (process ${process.pid})\n`,
  );
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const stop = (): void => {
    for (const signal of signals) process.removeListener(signal, stop);
    hub.stop().then(() => process.exit(0), fail);
  };
  for (const signal of signals) process.on(signal, stop);
}

/** The settings, under what the command line says. */
function settingsWith({ data, mqttPort, httpPort }: StartFlags): HubSettings {
  const read = readHubSettings(fromHere(data));
  return {
    ...read,
    mqtt: { ...read.mqtt, port: mqttPort ?? read.mqtt.port },
    http: { ...read.http, port: httpPort ?? read.http.port },
  };
}

function failToListen(error: unknown, { http, stationHttp }: HubSettings): never {
  const taken = takenPort(error);
  if (taken === undefined) return fail(error);
  const [what, option] =
    taken === http.port
      ? ['HTTP', '--http-port']
      : taken === stationHttp?.port
        ? ['Alarm', 'stationHttp.port in hub.json']
        : ['MQTT', '--mqtt-port'];
  process.stderr.write(`${what} port ${taken} is taken: choose another with ${option}.\n`);
  process.exit(exitUsage);
}
