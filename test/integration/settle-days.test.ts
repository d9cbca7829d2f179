import { afterEach, beforeEach, expect, it } from 'vitest';
import { workFor } from '../../hub/app/work-for.ts';
import type { ChangedDay } from '../../hub/ingest/days-so-far.ts';
import { settleDays } from '../../hub/ingest/settle-days.ts';
import { dayOf, IngestHub, Past } from '../support/ingest-hub.ts';
import { toldBy } from '../support/outbox-row.ts';

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

/** @returns what the feed is told of it. */
const settle = (...days: readonly Omit<ChangedDay, 'volunteer'>[]) =>
  hub.store.db.transaction().execute(async (trx) => {
    const work = workFor(hub.store, trx, { atMs: hub.nowMs, dayOf });
    const { volunteer } = hub;
    await settleDays(
      work,
      days.map((day) => ({ volunteer, ...day })),
    );
    return toldBy(work.outgoing.row() ?? { messages: '[]' }).map(({ body }) => body);
  });
const transfers = () =>
  hub.store.db.selectFrom('transfer').select(['code', 'amount']).orderBy('id').execute();

it('gives the points of a check-in back once, though it was withdrawn from two days', async () => {
  await hub.give(new Past(hub).checkIns(0, 70).message(1, 2));
  const { journal_id } = await hub.store.db
    .updateTable('check_in')
    .set({ counts: 0, review: 'day-unknown' })
    .where('seq', '=', 1)
    .returning('journal_id')
    .executeTakeFirstOrThrow();
  const withdrawn = new Map([[journal_id, 'held-for-review' as const]]);
  const told = await settle({ day: '2026-03-01', withdrawn }, { day: '2026-03-02', withdrawn });
  expect(told).toMatchObject([{ outcome: 'held-for-review', change: -10, balance: 10 }]);
  expect((await transfers()).map(({ code }) => code)).toEqual([
    ...['check-in', 'check-in', 'correction'],
  ]);
  expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
});

it('tells after each of several days what the points came to by then', async () => {
  const past = new Past(hub).checkIns(0, 24 * 60);
  hub.nowMs += 2 * 86_400_000;
  await hub.give(past.message(1, 2));
  const body = '{"pointsPerCheckIn":4,"pausePerStationMin":60,"pointsPerDayMax":50}';
  const policy = { version: 2, effective_from: '2026-03-01', body };
  await hub.store.db.insertInto('policy').values(policy).execute();
  const told = await settle({ day: '2026-03-02' }, { day: '2026-03-03' });
  expect(told).toMatchObject([
    { day: '2026-03-02', change: -6, balance: 14 },
    { day: '2026-03-03', change: -6, balance: 8 },
  ]);
  expect(await hub.balances()).toEqual({ volunteer: 8, sum: 0 });
  expect(await settle({ day: '2026-03-02' }, { day: '2026-03-03' })).toEqual([]);
});
