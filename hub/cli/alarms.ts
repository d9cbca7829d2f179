import { type Command, Option } from 'commander';
import { count } from '../../shared/command-line.ts';
import { isInUse } from '../../shared/process-lock.ts';
import { SettingsError } from '../../shared/settings/settings-file.ts';
import { acknowledgeAlarm, listAlarms, resolveAlarm } from '../app/alarms.ts';
import { type AlarmCause, alarmCauses } from '../domain/alarm.ts';
import { type FalseAlarmRule, falseAlarmRuleSchema } from '../domain/false-alarms.ts';
import { readFalseAlarmRule } from '../settings.ts';
import { addAlarmFigures } from './alarm-figures.ts';
import { showAlarmCommand } from './alarm-history.ts';
import { table } from './columns.ts';
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
        const lines = table(
          ['id', 'state', 'raised', 'station', 'note'],
          alarms.map(({ id, state, raisedAt, stationName, mistake, exhausted }) => [
            ...[`${id}`, state, raisedAt, stationName],
            `${exhausted ? 'NOBODY ANSWERS ' : ''}${mistake ? '(pressed by mistake?)' : ''}`,
          ]),
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
        answer(
          flags,
          { id, state: 'acknowledged' },
          `alarm ${id} acknowledged by ${flags.by}${later(flags)}`,
        );
      }),
  );
  alarm.addCommand(
    command('resolve', 'Ends an alarm, with its cause.')
      .argument('<id>', 'number of the alarm', count)
      .requiredOption('--by <name>', 'who resolves')
      .addOption(
        new Option('--cause <cause>', 'what it was').choices(alarmCauses).makeOptionMandatory(),
      )
      .requiredOption('--note <text>', 'what happened; it stays with the alarm, and off the feed')
      .action(async (id: number, flags: ResolveFlags) => {
        const { by, cause, note } = flags;
        const falseAlarms = ruleFor(flags);
        await withStore(flags, (store) =>
          resolveAlarm(store, id, by, { cause, note }, Date.now(), falseAlarms),
        );
        answer(
          flags,
          { id, state: 'resolved' },
          `alarm ${id} resolved by ${by}: ${cause}${later(flags)}`,
        );
      }),
  );
}

/** What is written down while the hub is away reaches nobody yet. */
const later = ({ data }: Common): string =>
  isInUse(fromHere(data), 'hub')
    ? ''
    : '\nThe hub is not running: the station and the feed hear of it when it starts.';

/** An alarm can be ended whatever is wrong with hub.json: only a suggestion hangs on it. */
function ruleFor({ data }: Common): FalseAlarmRule {
  try {
    return readFalseAlarmRule(fromHere(data));
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\nThe usual limit of false alarms is used.\n`);
    return falseAlarmRuleSchema.parse({});
  }
}
