import fc from 'fast-check';
import { expect, it } from 'vitest';
import { audit } from '../../hub/audit/audit.ts';
import { startOfDay } from '../../hub/domain/local-time.ts';
import { previewExpiry } from '../../hub/ledger/expire-points.ts';
import { dayOf, IngestHub, Past, startMs } from '../support/ingest-hub.ts';
import { dayMin, dayMs, nightMs, RetentionScene } from '../support/retention-scene.ts';

const cutoffs = [
  '2026-03-01',
  '2026-04-01',
  '2026-05-01',
  '2026-06-01',
  '2026-07-01',
  '2026-08-01',
];

it('leaves balances, audit and what expires in whatever month as they were', async () => {
  let corrected = 0;
  const minutes = fc.array(fc.nat(3 * dayMin), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      // Three days about the end of a month, in several lanes, each received after so many days.
      fc.array(fc.record({ minutes, delay: fc.nat(40) }), { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 3 }),
      async (lanes, nights) => {
        const one = await IngestHub.start();
        try {
          for (const { minutes: some, delay } of lanes) {
            const sorted = [...some].sort((a, b) => a - b).map((minute) => 28 * dayMin + minute);
            one.nowMs = startMs + (32 + delay) * dayMs;
            const past = new Past(one).checkIns(...sorted);
            await one.give(past.message(1, sorted.length, 32 * dayMin));
          }
          const expiring = () =>
            Promise.all(
              cutoffs.map(async (before) => {
                const beforeMs = startOfDay(before, dayOf);
                const run = { before, beforeMs, policy: 1, by: 'x', atMs: nightMs };
                return (await previewExpiry(one.store, run)).map(({ points }) => points);
              }),
            );
          const before = { balances: await one.balances(), expiring: await expiring() };
          const codes = await one.store.db.selectFrom('transfer').select('code').execute();
          corrected += codes.filter(({ code }) => code === 'correction').length;
          for (const months of nights) {
            const atMs = nightMs + months * 31 * dayMs;
            await new RetentionScene(one).remove(atMs);
            expect({ balances: await one.balances(), expiring: await expiring() }).toEqual(before);
            expect((await audit(one.store)).findings).toEqual([]);
          }
        } finally {
          await one.stop();
        }
      },
    ),
    { numRuns: 20, interruptAfterTimeLimit: 90_000, markInterruptAsFailure: false },
  );
  expect(corrected).toBeGreaterThan(0);
}, 120_000);
