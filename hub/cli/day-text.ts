import type { DayLine, DayReport } from '../app/day-report.ts';
import { table } from './columns.ts';
import { durationText } from './duration.ts';
import { type LocalClock, localClock, withLocalTimes } from './local-times.ts';

/** A day for people: a line for each matter, and below it what is missing. Times are local. */
export function dayText(report: DayReport): string {
  const { day, timeZone, matters, late, missing, remarks } = report;
  const clock = localClock(timeZone);
  return [
    `${day} (${timeZone})`,
    ...(matters.length === 0 ? ['nothing to clear'] : lines(matters, day, clock)),
    ...(late.length === 0
      ? []
      : [
          '',
          'Came after the close, and is cleared with the next one:',
          ...lines(late, day, clock),
        ]),
    '',
    ...remarks.map((remark) => withLocalTimes(remark, clock)),
    ...missing,
    ...verdict(report, clock),
  ].join('\n');
}

function verdict({ day, state, closed }: DayReport, clock: LocalClock): string[] {
  if (state === 'open') return [`${day} cannot be closed yet.`];
  if (state === 'closable') return [`${day} can be closed: add --by NAME.`];
  if (!closed) return [];
  const at = clock(closed.at);
  return [`${day} was closed by ${closed.by} at ${at.day} ${at.time}.`];
}

const headings = ['matter', 'station', 'what', 'began', 'stored', 'acknowledged', 'done', 'note'];

const lines = (matters: readonly DayLine[], day: string, clock: LocalClock): string[] =>
  table(
    headings,
    matters.map((line) => row(line, day, clock)),
  );

function row(line: DayLine, day: string, clock: LocalClock): string[] {
  const { subject, stationName, what, stored, acknowledged, done } = line;
  const began = clock(line.began);
  const isAlarm = subject.startsWith('alarm:');
  return [
    ...[subject, stationName ?? 'hub', what],
    began.day === day ? began.time : `${began.day} ${began.time}`,
    stored ? `after ${durationText(stored.afterMs)}` : isAlarm ? 'no' : '',
    acknowledged ? stepText(acknowledged) : isAlarm ? 'not acknowledged' : '',
    done ? stepText(done) : 'OPEN',
    noteOf(line),
  ];
}

/** "after 42 s by Operator 1: false" */
const stepText = (step: { afterMs: number; by: string | null; cause?: string | null }): string =>
  [
    `after ${durationText(step.afterMs)}`,
    step.by === null ? '' : ` by ${step.by}`,
    step.cause ? `: ${step.cause}` : '',
  ].join('');

function noteOf({ standing, day, carriedFrom, carriedOver }: DayLine): string {
  return [
    ...(standing === 'late' ? [`came after the close of ${day}`] : []),
    ...(carriedFrom
      ? [`carried over from ${carriedFrom.day} by ${carriedFrom.by}: ${carriedFrom.reason}`]
      : []),
    ...(carriedOver ? [`carried over by ${carriedOver.by}: ${carriedOver.reason}`] : []),
  ].join('; ');
}
