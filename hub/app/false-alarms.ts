import { type AlarmCause, alarmCauses } from '../domain/alarm.ts';
import {
  type AlarmFact,
  crossesLimit,
  type FalseAlarmRule,
  factsByStation,
  figuresOf,
  type StationFigures,
  type Suggestion,
  staysInForce,
  suggest,
  suggestionTexts,
  windowStartMs,
} from '../domain/false-alarms.ts';
import { Outgoing } from '../feed/outgoing.ts';
import type { Store } from '../store/open-store.ts';
import type { Db, Trx } from '../store/schema.ts';

export interface FiguresLine extends StationFigures {
  readonly stationName: string;
  readonly suggestion: Suggestion | null;
  readonly suggestionText: string | null;
}

/**
 * Alarms per station and cause, of the last `days`, with a suggestion for each station that is over
 * its limit. The limit always looks back over its own `perDays`, whatever `days` is shown.
 */
export async function alarmFigures(
  { db }: Pick<Store, 'db'>,
  { days, rule, nowMs }: { days: number; rule: FalseAlarmRule; nowMs: number },
): Promise<FiguresLine[]> {
  const facts = await readFacts(db, windowStartMs(nowMs, Math.max(days, rule.perDays)));
  const names = new Map(facts.map(({ station, stationName }) => [station, stationName]));
  const byStation = factsByStation(facts);
  return figuresOf(facts, windowStartMs(nowMs, days)).map((figures) => {
    const suggestion = suggest(byStation.get(figures.station) ?? [], rule, nowMs) ?? null;
    return {
      ...{ ...figures, stationName: names.get(figures.station) ?? figures.station, suggestion },
      suggestionText: suggestion && `${suggestionTexts[suggestion]} ${staysInForce}`,
    };
  });
}

/** To be called when an alarm has just been resolved: tells the feed when that crosses the limit. */
export async function tellSuggestion(
  trx: Trx,
  { id, station, station_name }: { id: number; station: string; station_name: string },
  rule: FalseAlarmRule,
  atMs: number,
): Promise<void> {
  const facts = await readFacts(trx, windowStartMs(atMs, rule.perDays), station);
  const before = facts.filter((fact) => fact.id !== id);
  const suggestion = crossesLimit(before, facts, rule, atMs);
  if (suggestion === undefined) return;
  const [figures] = figuresOf(facts, windowStartMs(atMs, rule.perDays));
  const outgoing = new Outgoing();
  outgoing.toFeed('alarm', atMs, {
    ...{ station, stationName: station_name, alarmId: id, state: 'suggestion', suggestion },
    ...{ text: `${suggestionTexts[suggestion]} ${staysInForce}`, ...rule },
    ...{ falseAlarms: figures?.falseAlarms, causes: figures?.causes },
  });
  await outgoing.store(trx);
}

async function readFacts(
  db: Db,
  fromMs: number,
  station?: string,
): Promise<(AlarmFact & { id: number; stationName: string })[]> {
  let query = db
    .selectFrom('alarm')
    .innerJoin('station', 'station.id', 'alarm.station')
    .select(['alarm.id', 'alarm.station', 'station.name as stationName'])
    .select(['raised_ms as raisedMs', 'cause', 'mistake_ms'])
    .where('raised_ms', '>=', fromMs)
    .orderBy('alarm.id');
  if (station !== undefined) query = query.where('alarm.station', '=', station);
  const rows = await query.execute();
  return rows.map(({ cause, mistake_ms, ...row }) => ({
    ...{ ...row, cause: causeOf(cause), marked: mistake_ms !== null },
  }));
}

const causeOf = (text: string | null): AlarmCause | null =>
  alarmCauses.find((known) => known === text) ?? null;
