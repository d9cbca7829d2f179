import type { Command } from 'commander';
import { count } from '../../shared/command-line.ts';
import { alarmHistory } from '../app/alarm-history.ts';
import { answer, type Common, command, withStore } from './run.ts';

export const showAlarmCommand = (): Command =>
  command('show', 'Shows what happened to an alarm, and by which paths it came.')
    .argument('<id>', 'number of the alarm', count)
    .action(async (id: number, common: Common) => {
      const alarm = await withStore(common, (store) => alarmHistory(store, id));
      const { state, stationName, station, raisedAt, storedAt, history } = alarm;
      const lines = [
        `alarm ${id}  ${state}  ${stationName} ${station}`,
        `raised ${raisedAt}, stored ${storedAt}`,
        ...history.map(({ at, event, text }) => `${at}  ${event}  ${text}`.trimEnd()),
      ];
      answer(common, alarm, lines.join('\n'));
    });
