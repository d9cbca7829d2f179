import { localDay } from '../domain/dating.ts';
import { addDays, startOfDay } from '../domain/local-time.ts';
import { removedMonths } from '../privacy/removed-months.ts';
import { atOneMoment } from '../store/at-one-moment.ts';
import type { Store } from '../store/open-store.ts';
import { stationKindsTable, stationsTable, teamsTable, volunteersTable } from './activity.ts';
import { coverageTable } from './coverage.ts';
import type { Period } from './period.ts';
import type { Report, ReportTable } from './report.ts';
import { contributionsTable, rewardsTable } from './rewards.ts';
import { settlementTable } from './settlement.ts';

const makers = [
  volunteersTable,
  teamsTable,
  stationsTable,
  stationKindsTable,
  coverageTable,
  contributionsTable,
  rewardsTable,
];

/** What a period came to. Reads only, and all of it at one moment. */
export function makeReport(
  { db }: Pick<Store, 'db'>,
  period: Period,
  timeZone: string,
  say: (text: string) => void = () => {},
): Promise<Report & { readonly ties: boolean }> {
  const dayOf = localDay(timeZone);
  const span = {
    fromMs: startOfDay(period.from, dayOf),
    untilMs: startOfDay(addDays(period.to, 1), dayOf),
  };
  return atOneMoment(db, async (moment) => {
    const settlement = await settlementTable(moment, span);
    const tables: ReportTable[] = [];
    for (const make of makers) {
      const table = await make(moment, period, dayOf.minuteOf);
      say(table.title.en);
      tables.push(table);
    }
    tables.push(settlement);
    const { summed, erased } = await removedMonths(moment, {
      from: period.from.slice(0, 7),
      to: period.to.slice(0, 7),
    });
    return { period, tables, removed: summed, erased, ties: settlement.ties };
  });
}
