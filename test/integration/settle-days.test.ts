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

/** Takes the check-in out of the scoring, as a date that has become doubtful does. */
async function withdraw(seq: number): Promise<ReadonlyMap<number, 'held-for-review'>> {
  const { journal_id } = await hub.store.db
    .updateTable('check_in')
    .set({ counts: 0, review: 'day-unknown' })
    .where('seq', '=', seq)
    .returning('journal_id')
    .executeTakeFirstOrThrow();
  return new Map([[journal_id, 'held-for-review']]);
}

it('gives the points of a check-in back once, though it was withdrawn from two days', async () => {
  await hub.give(new Past(hub).checkIns(0, 70).message(1, 2));
  const withdrawn = await withdraw(1);
  const told = await settle({ day: '2026-03-01', withdrawn }, { day: '2026-03-02', withdrawn });
  expect(told).toMatchObject([{ outcome: 'held-for-review', change: -10, balance: 10 }]);
  expect((await transfers()).map(({ code }) => code)).toEqual([
    ...['check-in', 'check-in', 'correction'],
  ]);
  expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
});

it('tells after each of several days what the points came to by then', async () => {
  hub.nowMs += 2 * 86_400_000;
  await hub.give(new Past(hub).checkIns(0, 24 * 60).message(1, 2));
  const told = await settle(
    { day: '2026-03-02', withdrawn: await withdraw(1) },
    { day: '2026-03-03', withdrawn: await withdraw(2) },
  );
  expect(told).toMatchObject([
    { day: '2026-03-02', change: -10, balance: 10 },
    { day: '2026-03-03', change: -10, balance: 0 },
  ]);
  expect(await hub.balances()).toEqual({ volunteer: 0, sum: 0 });
  expect(await settle({ day: '2026-03-02' }, { day: '2026-03-03' })).toEqual([]);
});
