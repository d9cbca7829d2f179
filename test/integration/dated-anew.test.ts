import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Decision, decideReview, listReviews } from '../../hub/app/decisions.ts';
import { changeVolunteer } from '../../hub/app/volunteers.ts';
import { dayOf, IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';
import { pointsAndDates } from '../support/unit-story.ts';

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

const midnightMinute = 14 * 60;
const nextDayMinute = 24 * 60;
/** A boot that is over, and never knew what time it was. */
const unset = (minute: number, monoMin: number, boot = 'boot-x') =>
  reading(minute, { wallMs: 7, monoMs: monoMin * minuteMs, boot, synced: false });
const synced = (minute: number, boot: string) => reading(minute, { boot });
const sentBy = (minute: number, boot: string) => ({ sent: synced(minute, boot) });
const checkIns = () =>
  hub.store.db.selectFrom('check_in').selectAll().orderBy('epoch').orderBy('seq').execute();
const outcomes = async (): Promise<string[]> => (await checkIns()).map(({ outcome }) => outcome);
const transfers = async () => {
  const rows = await hub.store.db.selectFrom('transfer').selectAll().orderBy('id').execute();
  return rows.map(({ code, amount, reason }) => ({ code, amount, reason: JSON.parse(reason) }));
};
const feed = async (kind: string): Promise<unknown[]> =>
  (await hub.outgoing()).filter(({ topic }) => topic.endsWith(`/${kind}`)).map(({ body }) => body);

describe('an entry that only its neighbours date', () => {
  /** At ten; some time after; and at ten past eleven. Received a day later. */
  const lane = (): Past =>
    new Past(hub).checkIn(synced(0, 'boot-1')).checkIn(unset(30, 5)).checkIn(synced(70, 'boot-2'));
  const give = (past: Past, from: number, through: number): Promise<void> =>
    hub.give(past.message(from, through, 0, sentBy(nextDayMinute, 'boot-2')));
  beforeEach(() => {
    hub.nowMs = startMs + nextDayMinute * minuteMs;
  });

  it('gets its points whether the one behind it comes along, later, or in the same commit', async () => {
    const past = lane();
    const startAgain = await hub.backUp();
    await give(past, 1, 3);
    expect(await outcomes()).toEqual(['credited', 'credited', 'already-checked-in']);
    const whole = await pointsAndDates(hub);
    await startAgain();
    const again = await hub.backUp();
    await give(past, 1, 2);
    expect(await outcomes()).toEqual(['credited', 'held-for-review']);
    await give(past, 3, 3);
    expect(await pointsAndDates(hub)).toEqual(whole);
    await again();
    await Promise.all([give(past, 1, 2), give(past, 3, 3)]);
    expect(await pointsAndDates(hub)).toEqual(whole);
    expect(hub.receipts.at(-1)?.outcomes.map(({ outcome }) => outcome)).toEqual(await outcomes());
  });

  it('is released from the review, and that is told and can be explained', async () => {
    const past = lane();
    await changeVolunteer(hub.store, hub.volunteer, { displayName: 'Alias' }, 'Operator 1');
    await give(past, 1, 2);
    expect(await listReviews(hub.store)).toMatchObject([{ review: 'day-unknown' }]);
    await give(past, 3, 3);
    expect(await listReviews(hub.store)).toEqual([]);
    const wasMs = hub.nowMs;
    expect(await feed('check-in')).toContainEqual(
      expect.objectContaining({
        ...{ outcome: 'credited', points: 10, balance: 20 },
        volunteer: { id: hub.volunteer, displayName: 'Alias' },
        datedAnewFrom: new Date(wasMs).toISOString(),
      }),
    );
    expect((await transfers()).at(-1)).toMatchObject({
      ...{ code: 'check-in', amount: 10 },
      reason: { day: '2026-03-02', outcome: 'credited', datedAnewFromMs: wasMs },
    });
  });

  it.each([
    ['accepted', 20, '2026-03-03'],
    ['refused', 10, '2026-03-03'],
  ] as const)('stays as it is once a person has %s it', async (decision, balance, day) => {
    const past = lane();
    await give(past, 1, 2);
    const [held] = await listReviews(hub.store);
    const by: Decision = { by: 'Operator 1', reason: 'seen', atMs: hub.nowMs, dayOf };
    await decideReview(hub.store, held?.id ?? 0, decision, by);
    await give(past, 3, 3);
    expect((await checkIns())[1]).toMatchObject({ review: decision, day });
    // The third is more than an hour after the first: it earns points where the second does not count.
    expect(await hub.balances()).toEqual({ volunteer: balance + 10, sum: 0 });
  });

  it('is held again when it turns out that its day is not sure, and gives its points back', async () => {
    // The boot after it began 61 seconds before midnight by the time at which its message came, and two
    // seconds later by its own clock, once that is set: then its first entry is of the next day.
    const bootMs = startMs + midnightMinute * minuteMs - 61_000;
    const clock = { wallMs: bootMs + 602_000, monoMs: 600_000, boot: 'boot-y', synced: true };
    const past = new Past(hub)
      .checkIn(synced(midnightMinute - 70, 'boot-1'))
      .checkIn(unset(0, 5))
      .add(0, { type: 'started', version: '0' }, unset(0, 1, 'boot-y'))
      .add(0, { type: 'clock' }, clock);
    hub.nowMs = bootMs + 5 * minuteMs;
    await hub.give(past.message(1, 3, 0, { sent: unset(0, 5, 'boot-y') }));
    expect(await outcomes()).toEqual(['credited', 'credited']);
    hub.nowMs = clock.wallMs;
    await hub.give(past.message(4, 4, 0, { sent: clock }));
    expect(await outcomes()).toEqual(['credited', 'held-for-review']);
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
    expect((await transfers()).at(-1)).toMatchObject({
      ...{ code: 'correction', amount: 10 },
      reason: { outcome: 'held-for-review', points: 0 },
    });
    expect(await listReviews(hub.store)).toMatchObject([{ review: 'day-unknown' }]);
  });
});

describe('an entry that moves to another day', () => {
  it('takes its points along, and both days are settled again', async () => {
    const [beforeMinute, afterMinute] = [midnightMinute - 40, midnightMinute + 160];
    const past = new Past(hub)
      .checkIn(unset(beforeMinute, 5))
      .add(0, { type: 'clock' }, synced(beforeMinute, 'boot-x'));
    const elsewhere = new Past(hub).checkIn(synced(afterMinute, 'boot-1'));
    // It waited in a broker for three hours: until then it is taken to be of the next day.
    hub.nowMs = startMs + (beforeMinute + 180) * minuteMs;
    await hub.give(past.message(1, 1, 0, { sent: unset(beforeMinute, 5) }));
    hub.nowMs = startMs + afterMinute * minuteMs;
    await hub.give(elsewhere.message(1, 1, 0, sentBy(afterMinute, 'boot-1')));
    const days = async () =>
      (await checkIns()).map(({ day, outcome }) => `${day} ${outcome}`).toSorted();
    expect(await days()).toEqual(['2026-03-03 already-checked-in', '2026-03-03 credited']);
    await hub.give(past.message(2, 2, 0, sentBy(beforeMinute, 'boot-x')));
    expect(await days()).toEqual(['2026-03-02 credited', '2026-03-03 credited']);
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
    expect(await transfers()).toHaveLength(2);
  });
});

it('what comes later from before a gap lies between its neighbours', async () => {
  const past = new Past(hub)
    .checkIn(synced(0, 'boot-1'))
    .checkIn(synced(10, 'boot-1'))
    .checkIn(unset(20, 5))
    .checkIn(synced(90, 'boot-2'));
  hub.nowMs = startMs + nextDayMinute * minuteMs;
  const sent = sentBy(nextDayMinute, 'boot-2');
  await hub.give(past.message(4, 4, 0, { ...sent, oldest: 4 }));
  await hub.give(past.message(2, 3, 0, { ...sent, oldest: 2 }));
  expect(hub.receipts.at(-1)).toMatchObject({ through: 4, hash: past.hashes[4] });
  const rows = await hub.store.db
    .selectFrom('journal')
    .select(['occurred_ms', 'earliest_ms', 'dated_by'])
    .where('dated_by', '=', 'bounds')
    .execute();
  expect(rows).toEqual([
    {
      ...{ occurred_ms: startMs + 90 * minuteMs, earliest_ms: startMs + 10 * minuteMs },
      dated_by: 'bounds',
    },
  ]);
});
