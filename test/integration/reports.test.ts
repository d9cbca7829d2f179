import { strFromU8, unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askCorrection } from '../../hub/ledger/corrections.ts';
import { makeReport } from '../../hub/reports/make-report.ts';
import { reportPage } from '../../hub/reports/page.ts';
import { periodOf } from '../../hub/reports/period.ts';
import type { Report } from '../../hub/reports/report.ts';
import { reportWorkbook } from '../../hub/reports/workbook.ts';
import { IngestHub, minuteMs, Past, startMs } from '../support/ingest-hub.ts';

const timeZone = 'Asia/Shanghai';
const march = periodOf('2026-03');

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

const tap = async (...minutes: number[]) => {
  const past = new Past(hub);
  past.checkIns(...minutes);
  await hub.give(past.message(1, minutes.length));
};
const correct = (points: number, atMs: number) =>
  askCorrection(
    hub.store,
    { volunteer: hub.volunteer, points, reason: 'a reason', by: 'Operator A', atMs },
    { aloneMax: 100 },
  );
const rowsOf = (report: Report, id: string) =>
  report.tables.find((table) => table.id === id)?.rows ?? [];

describe('a period', () => {
  it.each([
    ['2026-02', '2026-02-01', '2026-02-28'],
    ['2028-02', '2028-02-01', '2028-02-29'],
    ['2026-Q1', '2026-01-01', '2026-03-31'],
    ['2026-Q4', '2026-10-01', '2026-12-31'],
    ['2026', '2026-01-01', '2026-12-31'],
  ])('%s goes from %s to %s', (name, from, to) => {
    expect(periodOf(name)).toEqual({ name, from, to });
  });

  it.each(['2026-13', '2026-Q5', '26-03', 'March', '2026-3'])('is not %s', (text) => {
    expect(() => periodOf(text)).toThrow('is no period');
  });
});

describe('a report', () => {
  it('counts who checked in where, and at what hour', async () => {
    await tap(0, 30, 90);
    const report = await makeReport(hub.store, march, timeZone);
    expect(rowsOf(report, 'volunteers')).toEqual([[hub.volunteer, 'Volunteer 1', 3, 2, 1, 20]]);
    const station = { zh: 'Station 1', en: 'Station 1', ko: 'Station 1' };
    expect(rowsOf(report, 'stations')).toEqual([[hub.station, station, 3, 1, 20]]);
    const [coverage] = rowsOf(report, 'coverage');
    // Ten in the morning and half past eleven, where the scheme is.
    expect(
      coverage
        ?.slice(1)
        .map((count, hour) => [hour, count])
        .filter(([, count]) => count),
    ).toEqual([
      [10, 2],
      [11, 1],
    ]);
  });

  it('leaves out the days beside it, and still names the station that nobody came to', async () => {
    await tap(0);
    const report = await makeReport(hub.store, periodOf('2026-02'), timeZone);
    expect(rowsOf(report, 'volunteers')).toEqual([]);
    expect(rowsOf(report, 'stations')).toMatchObject([[hub.station, {}, 0, 0, 0]]);
  });

  it('settles what was held before, what moved, and what the accounts hold', async () => {
    await correct(7, Date.parse('2026-02-10T00:00:00Z'));
    await tap(30, 90);
    await tap(0);
    await correct(-5, startMs + 200 * minuteMs);
    await correct(50, Date.parse('2026-04-10T00:00:00Z'));
    const report = await makeReport(hub.store, march, timeZone);
    expect(
      rowsOf(report, 'settlement').map(([what, ...figures]) => [Object(what).en, ...figures]),
    ).toEqual([
      ['held before', null, null, 7],
      ['check-ins', 30, 0, 30],
      ['check-ins settled anew', 0, 10, -10],
      ['corrections by hand', 0, 5, -5],
      ['held after', null, null, 22],
    ]);
    expect(report.ties).toBe(true);
    await hub.store.db
      .updateTable('account')
      .set({ balance: 78 })
      .where('volunteer_id', 'is not', null)
      .execute();
    expect((await makeReport(hub.store, march, timeZone)).ties).toBe(false);
  });
});

describe('the forms of a report', () => {
  const nasty = '=1+1 <script>alert(1)</script> 张&"';

  it('is a page on which a name is text, with bars and shades', async () => {
    await hub.store.db.updateTable('volunteer').set({ name: nasty }).execute();
    await tap(0);
    const page = reportPage(await makeReport(hub.store, march, timeZone), 'Report', 'ko');
    expect(page).not.toContain('<script');
    expect(page).toContain('=1+1 &lt;script&gt;alert(1)&lt;/script&gt; 张&amp;&quot;');
    expect(page).toContain('자원봉사자별 체크인');
    expect(page).toContain('<rect ');
    expect(page).toContain('background: rgb(21 101 192 / 0.60)');
  });

  it('is a workbook with a sheet for each table, numbers as numbers and a formula as text', async () => {
    await hub.store.db.updateTable('volunteer').set({ name: nasty }).execute();
    await tap(0);
    const report = await makeReport(hub.store, march, timeZone);
    const files = unzipSync(new Uint8Array(await reportWorkbook(report, 'zh')));
    const text = (name: string): string => strFromU8(files[name] ?? new Uint8Array());
    expect(text('xl/workbook.xml').match(/<sheet /g)).toHaveLength(report.tables.length);
    expect(text('xl/workbook.xml')).toContain('志愿者签到');
    const sheet = text('xl/worksheets/sheet1.xml');
    expect(sheet).toContain('<v>10</v>');
    expect(sheet).not.toContain('<f>');
    expect(text('xl/sharedStrings.xml')).toContain('=1+1 &lt;script&gt;');
  });
});
