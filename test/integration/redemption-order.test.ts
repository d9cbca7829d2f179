import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IngestHub } from '../support/ingest-hub.ts';
import { RewardStory, type Step } from '../support/reward-story.ts';

const runs = 60;
/** A failing story is made simpler for so long only, so that it is told before the test's time is up. */
const limits = { interruptAfterTimeLimit: 90_000, markInterruptAsFailure: false };
/** Two days of check-ins. */
const minutesMax = 2 * 24 * 60;

const lanes = fc.array(fc.array(fc.nat(minutesMax), { minLength: 1, maxLength: 12 }), {
  minLength: 2,
  maxLength: 3,
});

const kind = <K extends Step['do']>(name: K) => fc.constant(name);
const [which, who] = [fc.nat(20), fc.nat(1)];
const points = fc.integer({ min: -60, max: 80 });
const checkIns: fc.Arbitrary<Step> = fc.record({
  ...{ do: kind('check-ins'), lane: which, count: fc.integer({ min: 1, max: 4 }) },
});
const redeeming: fc.Arbitrary<Step> = fc.record({ do: kind('redeem'), who, reward: which });
const closing: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: kind('hand-out'), which }),
  fc.record({ do: kind('cancel'), which }),
);
const others: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: kind('correct'), who, points }),
  fc.record({ do: kind('expire'), days: fc.nat(3) }),
  fc.record({ do: kind('restock'), reward: which, pieces: fc.integer({ min: -3, max: 3 }) }),
  fc.record({ do: kind('change'), reward: which, cost: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ do: kind('restart') }),
);
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: checkIns },
    { weight: 5, arbitrary: redeeming },
    { weight: 4, arbitrary: closing },
    { weight: 4, arbitrary: others },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
);

it('sums, stocks and balances hold however redemptions, expiry, corrections and late check-ins follow each other', async () => {
  const happened = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(lanes, steps, async (minutes, story) => {
      const hub = await IngestHub.start();
      const told = new RewardStory(hub, minutes);
      try {
        await told.run(story);
      } finally {
        await hub.stop();
        for (const [what, n] of told.happened) happened.set(what, (happened.get(what) ?? 0) + n);
      }
    }),
    { numRuns: runs, ...limits },
  );
  expect([...happened.keys()].sort()).toEqual(
    [
      ...['redeemed', 'handed-out', 'cancelled', 'already', 'points expired', 'points are owed'],
      ...['out of stock', 'nobody redeems more', 'and the account has', 'there are only'],
      'a late check-in corrected another',
    ].sort(),
  );
}, 180_000);
