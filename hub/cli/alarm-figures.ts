import type { Command } from 'commander';
import { count } from '../../shared/command-line.ts';
import { counted } from '../../shared/counted.ts';
import { alarmFigures, type FiguresLine } from '../app/false-alarms.ts';
import { alarmCauses } from '../domain/alarm.ts';
import { type FalseAlarmRule, staysInForce, suggestionTexts } from '../domain/false-alarms.ts';
import { readFalseAlarmRule } from '../settings.ts';
import { table } from './columns.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';

export function addAlarmFigures(alarm: Command): void {
  alarm.addCommand(
    command('figures', 'Counts the alarms of each station by cause, and suggests what to try.')
      .option('--days <n>', 'how far back (default: falseAlarms.perDays of hub.json)', count)
      .action(async (flags: Common & { days?: number }) => {
        const rule = readFalseAlarmRule(fromHere(flags.data));
        const days = flags.days ?? rule.perDays;
        const stations = await withStore(flags, (store) =>
          alarmFigures(store, { days, rule, nowMs: Date.now() }),
        );
        answer(flags, { days, rule, stations }, figuresText(stations, days, rule));
      }),
  );
}

function figuresText(lines: readonly FiguresLine[], days: number, rule: FalseAlarmRule): string {
  if (lines.length === 0) return `no alarms within ${counted(days, 'day')}`;
  const rows = lines.map(({ stationName, causes, unresolved }) => [
    ...[stationName, ...alarmCauses.map((cause) => String(causes[cause])), String(unresolved)],
  ]);
  const over = lines.flatMap(({ stationName, suggestion }) =>
    suggestion === null ? [] : [`${stationName}: ${suggestion}. ${suggestionTexts[suggestion]}`],
  );
  const head =
    `Over the limit of ${counted(rule.limit, 'false alarm')} (causes false and mistake) ` +
    `within ${counted(rule.perDays, 'day')}. ${staysInForce}`;
  return [
    `Alarms of the last ${counted(days, 'day')}, by cause:`,
    ...table(['station', ...alarmCauses, 'unresolved'], rows),
    ...(over.length === 0 ? [] : ['', head, ...over.map((line) => `  ${line}`)]),
  ].join('\n');
}
