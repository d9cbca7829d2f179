import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Decision, decideReview, listReviews } from '../../hub/app/decisions.ts';
import { dayOf, IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

const decided = (): Decision => ({ by: 'Operator 1', reason: 'seen', atMs: hub.nowMs, dayOf });

describe('a check-in of doubtful date', () => {
  const days = (count: number): number => count * 24 * 60;

  it('is kept, receipted as held, and earns nothing yet', async () => {
    const past = new Past(hub)
      .checkIn(reading(131))
      .checkIn(reading(-days(46), { monoMs: 1, boot: 'boot-0' }));
    await hub.give(past.message(1, 2));
    expect(hub.receipts.at(-1)?.outcomes).toMatchObject([
      { seq: 1, outcome: 'held-for-review', points: 0 },
      { seq: 2, outcome: 'held-for-review', points: 0 },
    ]);
    expect(await listReviews(hub.store)).toMatchObject([
      { review: 'future', volunteer: 'Volunteer 1' },
      { review: 'too-old', volunteer: 'Volunteer 1' },
    ]);
    expect(await hub.balances()).toEqual({ volunteer: 0, sum: 0 });
  });

  it('earns its points once a person accepts it, and others of that day are scored anew', async () => {
    const past = new Past(hub).checkIn(reading(131)).checkIns(119);
    await hub.give(past.message(1, 2));
    // Held at 119 minutes by the boot's clock? It is dated by the sending: just before the other one.
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
    const [held] = await listReviews(hub.store);
    await decideReview(hub.store, held?.id ?? 0, 'accepted', decided());
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
    const rows = await hub.store.db.selectFrom('check_in').select(['outcome']).execute();
    expect(rows.map(({ outcome }) => outcome).sort()).toEqual(['already-checked-in', 'credited']);
    expect(await listReviews(hub.store)).toEqual([]);
  });

  it('earns nothing for good when a person refuses it', async () => {
    await hub.give(new Past(hub).checkIn(reading(131)).message(1, 1));
    const [held] = await listReviews(hub.store);
    await decideReview(hub.store, held?.id ?? 0, 'refused', decided());
    expect(await hub.balances()).toEqual({ volunteer: 0, sum: 0 });
    await expect(decideReview(hub.store, held?.id ?? 0, 'accepted', decided())).rejects.toThrow(
      /does not wait/,
    );
  });

  it('counts when its bounds tell the day, and is held when they do not', async () => {
    const lost = { wallMs: 7, boot: 'boot-lost', synced: false };
    const past = new Past(hub)
      .checkIns(0)
      .checkIn(reading(1, lost))
      .checkIns(119)
      .checkIn(reading(2, lost));
    hub.nowMs = startMs + days(1) * minuteMs;
    await hub.give(past.message(1, 4, days(1)));
    expect(hub.refused).toEqual([]);
    expect(hub.receipts.at(-1)?.outcomes.map(({ outcome }) => outcome)).toEqual([
      'credited',
      'credited', // at its later bound, which is when the next one was
      'already-checked-in',
      'held-for-review',
    ]);
  });

  it('credits a unit that woke in 1970 on the day on which it happened', async () => {
    const past = new Past(hub).checkIn(reading(90, { wallMs: 90 * minuteMs, synced: false }));
    await hub.give(past.message(1, 1));
    const rows = await hub.store.db.selectFrom('check_in').selectAll().execute();
    expect(rows).toMatchObject([
      { day: '2026-03-02', outcome: 'credited', occurred_ms: startMs + 90 * minuteMs },
    ]);
  });
});
