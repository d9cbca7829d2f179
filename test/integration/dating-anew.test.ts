import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';

const atOnceMax = 2;
const taps = 9;

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start(undefined, atOnceMax);
});
afterEach(() => hub.stop());

/** A unit that was offline with a clock nobody had set, and what sets it comes last. */
const longOffline = (): Past => {
  const past = new Past(hub);
  for (let tap = 1; tap <= taps; tap += 1) {
    past.checkIn(reading(10 * tap, { wallMs: 7, synced: false }));
  }
  return past.add(0, { type: 'clock' }, reading(100));
};

const alarmOf = (minute: number): Past =>
  new Past(hub, 'alarm').add(minute, { type: 'alarm', gesture: 'hold' });

/** How the check-ins are dated by now. */
async function datings(): Promise<string[]> {
  const rows = hub.store.db.selectFrom('journal').select('dated_by').where('type', '=', 'check-in');
  return (await rows.orderBy('id').execute()).map(({ dated_by }) => dated_by);
}

const run = (text: string) => sql.raw(text).execute(hub.store.db);

const allBy = (datedBy: string): string[] => Array<string>(taps).fill(datedBy);

describe('a long stretch that one reading dates at last', () => {
  let past: Past;
  beforeEach(async () => {
    past = longOffline();
    await hub.give(past.message(1, taps, 0, { sent: reading(101, { wallMs: 7, synced: false }) }));
    expect(await datings()).toEqual(allBy('boot-anchor'));
  });

  it('lets an alarm go by, and is dated anew all the same', async () => {
    await hub.give(past.message(taps + 1, taps + 1));
    await hub.give(alarmOf(110).message(1, 1, 119), hub.macKey, 'alarm');
    expect(hub.receipts.at(-1)).toMatchObject({ lane: 'alarm', through: 1 });
    expect(await datings()).toContain('boot-anchor');
    await hub.ingest.settled();
    expect(await datings()).toEqual(allBy('same-boot'));
  });

  it('is told piece by piece', async () => {
    const before = (await hub.outgoingByRow()).length;
    await hub.give(past.message(taps + 1, taps + 1));
    await hub.ingest.settled();
    const told = (await hub.outgoingByRow()).slice(before);
    const anew = told.map(
      (row) => row.filter(({ body }) => JSON.stringify(body).includes('datedAnewFrom')).length,
    );
    expect(Math.max(...anew)).toBeLessThanOrEqual(atOnceMax);
    expect(anew.reduce((sum, count) => sum + count, 0)).toBe(taps);
  });

  it('is gone on with by the next hub', async () => {
    await hub.give(past.message(taps + 1, taps + 1));
    await hub.restart();
    expect(await datings()).toContain('boot-anchor');
    await hub.ingest.settled();
    expect(await datings()).toEqual(allBy('same-boot'));
  });

  it('is tried again once the store takes something, when it could not be written', async () => {
    await run(`CREATE TRIGGER refuse BEFORE UPDATE OF dated_by ON journal
            BEGIN SELECT RAISE(ABORT, 'no'); END`);
    await hub.give(past.message(taps + 1, taps + 1));
    await hub.ingest.settled();
    expect(await datings()).toEqual(allBy('boot-anchor'));
    await run('DROP TRIGGER refuse');
    await hub.give(alarmOf(110).message(1, 1, 119), hub.macKey, 'alarm');
    await hub.ingest.settled();
    expect(await datings()).toEqual(allBy('same-boot'));
  });
});

it('what comes while a stretch is dated anew counts for all of it', async () => {
  const lost = { boot: 'boot-lost', wallMs: 7, synced: false };
  const past = new Past(hub);
  for (let tap = 1; tap <= taps; tap += 1) past.checkIn(reading(tap, lost));
  const unset = { wallMs: 7, synced: false };
  past.checkIn(reading(60, unset)).add(0, { type: 'clock' }, reading(70));
  // Of its own boot the unit says nothing but when it sends, which is late by what the way took.
  await hub.give(past.message(1, taps, 0, { sent: reading(60, unset) }));
  await hub.give(past.message(taps + 1, taps + 1, 0, { sent: reading(60, unset) }));
  await hub.give(past.message(taps + 2, taps + 2));
  await hub.ingest.settled();
  const rows = await hub.store.db
    .selectFrom('journal')
    .select(['occurred_ms', 'dated_by'])
    .where('type', '=', 'check-in')
    .orderBy('seq')
    .execute();
  const tapMs = startMs + 60 * minuteMs;
  expect(rows.at(-1)).toEqual({ occurred_ms: tapMs, dated_by: 'same-boot' });
  for (const row of rows.slice(0, taps)) {
    expect(row).toEqual({ occurred_ms: tapMs, dated_by: 'bounds' });
  }
});

it('what was missing and comes while its neighbours are dated anew is dated with them', async () => {
  const past = new Past(hub);
  const unset = { wallMs: 7, synced: false };
  past.checkIn(reading(1, { boot: 'boot-lost', ...unset }));
  for (let tap = 2; tap <= taps; tap += 1) past.checkIn(reading(10 * tap, unset));
  past.add(0, { type: 'clock' }, reading(100));
  const sent = reading(101, unset);
  await hub.give(past.message(2, taps, 0, { oldest: 2, sent }));
  await hub.give(past.message(taps + 1, taps + 1, 0, { oldest: 2 }));
  await hub.give(past.message(1, 1, 0, { oldest: 1, sent }));
  await hub.ingest.settled();
  const rows = await hub.store.db
    .selectFrom('journal')
    .select(['occurred_ms', 'dated_by'])
    .orderBy('seq')
    .execute();
  expect(rows.slice(0, 2)).toEqual([
    { occurred_ms: startMs + 20 * minuteMs, dated_by: 'bounds' },
    { occurred_ms: startMs + 20 * minuteMs, dated_by: 'same-boot' },
  ]);
});
