import type { Db } from '../store/schema.ts';
import { counted } from './activity.ts';
import type { Period } from './period.ts';
import type { ReportTable } from './report.ts';
import { stationWords } from './station-words.ts';

const hoursPerDay = 24;
const hourMs = 3_600_000;

/** Station 2 before Station 10. */
const byName = new Intl.Collator('zh', { numeric: true }).compare;

/** When each station was visited, by the hour of the day: where and when nobody passes by. */
export async function coverageTable(
  db: Db,
  period: Period,
  minuteOf: (ms: number) => number,
): Promise<ReportTable> {
  const hourOf = hourlyCache(minuteOf);
  const stations = await db
    .selectFrom('station')
    .leftJoin('station_detail as detail', 'detail.station', 'station.id')
    .select(['id', 'name', 'name_zh', 'name_en', 'name_ko'])
    .where('revoked_at', 'is', null)
    .execute();
  stations.sort((a, b) => byName(a.name, b.name) || byName(a.id, b.id));
  const visits = new Map(stations.map(({ id }) => [id, Array<number>(hoursPerDay).fill(0)]));
  const rows = await counted(db, period).select(['station', 'occurred_ms']).execute();
  for (const { station, occurred_ms } of rows) {
    const hours = visits.get(station);
    const hour = hourOf(occurred_ms);
    if (hours) hours[hour] = (hours[hour] ?? 0) + 1;
  }
  const hours = Array.from({ length: hoursPerDay }, (_, hour) => `${hour}`.padStart(2, '0'));
  return {
    id: 'coverage',
    title: { zh: '驿站各时段签到', en: 'Coverage by station and hour', ko: '쉼터·시간대별 체크인' },
    columns: [
      { zh: '驿站', en: 'station', ko: '쉼터' },
      ...hours.map((hour) => ({ zh: hour, en: hour, ko: hour })),
    ],
    rows: stations.map(({ id, ...names }) => [stationWords(names), ...(visits.get(id) ?? [])]),
    chart: { kind: 'heat', from: 1 },
  };
}

/** Zones differ from UTC by whole quarters of an hour, so within one of those the local hour is the same. */
function hourlyCache(minuteOf: (ms: number) => number): (ms: number) => number {
  const known = new Map<number, number>();
  return (ms) => {
    const quarter = Math.floor(ms / (hourMs / 4));
    const hour = known.get(quarter) ?? Math.floor(minuteOf(ms) / 60);
    known.set(quarter, hour);
    return hour;
  };
}
