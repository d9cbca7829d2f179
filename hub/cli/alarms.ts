import { type Command, Option } from 'commander';
import { count } from '../../shared/command-line.ts';
import { acknowledgeAlarm, listAlarms, resolveAlarm } from '../app/alarms.ts';
import { type AlarmCause, alarmCauses } from '../domain/alarm.ts';
import { readHubSettings } from '../settings.ts';
import { addAlarmFigures } from './alarm-figures.ts';
import { showAlarmCommand } from './alarm-history.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';

interface ResolveFlags extends Common {
  readonly by: string;
  readonly cause: AlarmCause;
  readonly note: string;
}

export function addAlarmCommands(program: Command): void {
  const alarm = program.command('alarm').description('Alarms: list, show, acknowledge, resolve.');
  addAlarmFigures(alarm);
  alarm.addCommand(
    command('list', 'Lists the alarms that nobody has resolved.')
      .option('--all', 'resolved ones too')
      .action(async (flags: Common & { all?: true }) => {
        const alarms = await withStore(flags, (store) =>
          listAlarms(store, { all: flags.all ?? false }),
        );
        const lines = alarms.map(
          ({ id, state, raisedAt, stationName, mistake }) =>
            `${id}  ${state}  ${raisedAt}  ${stationName}${mistake ? '  (pressed by mistake?)' : ''}`,
        );
        answer(flags, alarms, lines.length === 0 ? 'no open alarms' : lines.join('\n'));
      }),
  );
  alarm.addCommand(showAlarmCommand());
  alarm.addCommand(
    command('acknowledge', 'Tells the station that help is coming. The first operator wins.')
      .argument('<id>', 'number of the alarm', count)
      .requiredOption('--by <name>', 'who acknowledges')
      .action(async (id: number, flags: Common & { by: string }) => {
        await withStore(flags, (store) => acknowledgeAlarm(store, id, flags.by));
        answer(flags, { id, state: 'acknowledged' }, `alarm ${id} acknowledged by ${flags.by}`);
      }),
  );
  alarm.addCommand(
    command('resolve', 'Ends an alarm, with its cause.')
      .argument('<id>', 'number of the alarm', count)
      .requiredOption('--by <name>', 'who resolves')
      .addOption(
        new Option('--cause <cause>', 'what it was').choices(alarmCauses).makeOptionMandatory(),
      )
      .option('--note <text>', 'what happened', '')
      .action(async (id: number, flags: ResolveFlags) => {
        const { by, cause, note } = flags;
        const { falseAlarms } = readHubSettings(fromHere(flags.data));
        await withStore(flags, (store) =>
          resolveAlarm(store, id, by, { cause, note }, Date.now(), falseAlarms),
        );
        answer(flags, { id, state: 'resolved' }, `alarm ${id} resolved by ${by}: ${cause}`);
      }),
  );
}
