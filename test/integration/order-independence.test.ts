import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fold } from '../../hub/domain/ledger.ts';
import { policySchema } from '../../hub/domain/policy.ts';
import { scoreDay } from '../../hub/domain/scoring.ts';
import { dayOf, IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';

const runs = 25;
/** Two days, midnight between them: the scheme's day begins 14 hours after `startMs`. */
const minutesMax = 2 * 24 * 60;

/** What stations sent: each lane's check-ins by minute, and a schedule of what arrives when. */
const story = fc.record({
  lanes: fc.array(fc.array(fc.nat(minutesMax), { minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 3,
  }),
  /** Which lane sends how many of its entries next, how far back it goes first, and what happens to the hub. */
  sendings: fc.array(
    fc.record({
      lane: fc.nat(2),
      count: fc.integer({ min: 1, max: 5 }),
      back: fc.nat(3),
      restart: fc.boolean(),
    }),
    { maxLength: 30 },
  ),
});

it('points depend on what happened, and not on the order, the batches, the repeats or the restarts in which it arrived', async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ lanes, sendings }) => {
      const hub = await IngestHub.start();
      try {
        hub.nowMs = startMs + (minutesMax + 60) * minuteMs;
        const pasts = lanes.map((minutes) => {
          const past = new Past(hub);
          for (const minute of minutes.toSorted((a, b) => a - b)) past.checkIn(reading(minute));
          return { past, total: minutes.length, sent: 0 };
        });
        let sentMinute = minutesMax;
        for (const { lane, count, back, restart } of sendings) {
          const one = pasts[lane % pasts.length];
          if (!one) continue;
          const from = Math.max(1, one.sent + 1 - back);
          const through = Math.min(one.total, from + count - 1);
          if (through >= from) {
            sentMinute += 0.001;
            await hub.give(one.past.message(from, through, Math.floor(sentMinute)));
          }
          one.sent = Math.max(one.sent, through);
          if (restart) await hub.restart();
        }
        for (const one of pasts) await hub.give(one.past.message(1, one.total));
        await expectPointsByTheRules(hub, lanes);
      } finally {
        await hub.stop();
      }
    }),
    { numRuns: runs },
  );
}, 120_000);

/** The ledger is the fold of its transfers, sums to zero, and says what the pure rules say of all check-ins. */
async function expectPointsByTheRules(hub: IngestHub, lanes: readonly number[][]): Promise<void> {
  const { db } = hub.store;
  // As they happened, not as they came: rules that went by the order of arrival would differ.
  const checkIns = await db
    .selectFrom('check_in')
    .selectAll()
    .orderBy('occurred_ms')
    .orderBy('epoch')
    .orderBy('seq')
    .execute();
  expect(checkIns.map(({ occurred_ms }) => occurred_ms).sort()).toEqual(
    lanes
      .flat()
      .map((minute) => startMs + minute * minuteMs)
      .sort(),
  );
  const [row] = await db.selectFrom('policy').select('body').execute();
  const policy = policySchema.parse(JSON.parse(row?.body ?? ''));
  const days = new Set(checkIns.map(({ occurred_ms }) => dayOf(occurred_ms)));
  const expected = [...days].flatMap((day) => {
    const ofDay = checkIns.filter(({ occurred_ms }) => dayOf(occurred_ms) === day);
    return scoreDay(
      ofDay.map((one) => ({ ...one, occurredMs: one.occurred_ms })),
      policy,
    );
  });
  for (const { checkIn, outcome, points } of expected) {
    expect({ outcome: checkIn.outcome, points: checkIn.points }).toEqual({ outcome, points });
  }
  const transfers = await db.selectFrom('transfer').select(['debit', 'credit', 'amount']).execute();
  const folded = fold(transfers);
  const accounts = await db.selectFrom('account').select(['id', 'balance']).execute();
  for (const { id, balance } of accounts) expect(balance, id).toBe(folded.get(id) ?? 0);
  expect(accounts.reduce((sum, { balance }) => sum + balance, 0)).toBe(0);
  const total = expected.reduce((sum, { points }) => sum + points, 0);
  expect((await hub.balances()).volunteer).toBe(total);
}
