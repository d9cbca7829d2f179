import type { Command } from 'commander';
import { count } from '../../shared/command-line.ts';
import { alarmHistory } from '../app/alarm-history.ts';
import { columns } from './columns.ts';
import { answer, type Common, command, withStore } from './run.ts';

export function addAlarmShow(alarm: Command): void {
  alarm.addCommand(
    command('show', 'Shows every step of an alarm, with its time.')
      .argument('<id>', 'number of the alarm', count)
      .action(async (id: number, flags: Common) => {
        const history = await withStore(flags, (store) => alarmHistory(store, id));
        const rows = history.map(({ at, event, by, detail }) => [
          ...[at, event, by ?? '', detailText(detail)],
        ]);
        answer(flags, { id, history }, columns(rows).join('\n'));
      }),
  );
}

/** What stands there as JSON is shown without its brackets. */
function detailText(detail: string | null): string {
  if (!detail?.startsWith('{')) return detail ?? '';
  const entries = Object.entries<unknown>(JSON.parse(detail));
  return entries.map(([name, value]) => `${name}: ${String(value)}`).join(', ');
}
