import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Dc09Settings, dc09Schema } from '../../hub/notify/dc09/dc09-settings.ts';
import { deliveryMaxMs, probeEveryMs } from '../../hub/notify/dc09/line-limits.ts';
import { LineSupervision } from '../../hub/notify/dc09/line-supervision.ts';
import { NotifyError } from '../../hub/notify/notifier.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';

const least = { kind: 'dc09', name: 'Monitoring', host: '192.0.2.7', port: 4000, account: '1234' };

type Times = Pick<Dc09Settings, 'supervisionS' | 'ackTimeoutS' | 'attemptsMax'>;

/**
 * A line that answers each try after `answersAfterMs`, and from `lostMs` on none: its try then takes as
 * long as one can. @returns how long after its last sign of life it is told to be lost, in ms
 */
async function toldAfterMs(settings: Times, lostMs: number, answersAfterMs: number) {
  const time = new VirtualTime();
  let [lastSignMs, toldMs] = [0, Number.NaN];
  const later = (ms: number) =>
    new Promise<void>((resolve) => {
      time.after(ms, resolve);
    });
  const supervision = new LineSupervision({
    intervalMs: probeEveryMs(settings.supervisionS, deliveryMaxMs(settings)),
    timers: time,
    async probe() {
      const isLost = time.now() + answersAfterMs >= lostMs;
      await later(isLost ? deliveryMaxMs(settings) : answersAfterMs);
      if (isLost) throw new NotifyError('no answer');
      lastSignMs = time.now();
    },
    onTrouble(trouble) {
      if (trouble !== undefined && Number.isNaN(toldMs)) toldMs = time.now();
    },
  });
  await time.runUntil(lostMs + 10_000_000, () => !Number.isNaN(toldMs));
  await supervision.stop();
  return toldMs - lastSignMs;
}

describe('a line that is lost', () => {
  it('is trouble no later than 90 s after its last sign of life, by default', async () => {
    const settings = dc09Schema.parse(least);
    for (const lostMs of [100_000, 150_000, 199_999]) {
      const afterMs = await toldAfterMs(settings, lostMs, 50);
      expect(afterMs).toBeLessThanOrEqual(90_000);
      // It is not hurried beyond need either.
      expect(afterMs).toBeGreaterThan(80_000);
    }
  });

  it('is trouble within whatever the settings promise', async () => {
    const settings = fc
      .record({
        supervisionS: fc.integer({ min: 1, max: 300 }),
        ackTimeoutS: fc.integer({ min: 1, max: 60 }),
        attemptsMax: fc.integer({ min: 1, max: 10 }),
      })
      .map((some) => dc09Schema.safeParse({ ...least, ...some }).data)
      .filter((parsed) => parsed !== undefined);
    const property = fc.asyncProperty(settings, fc.nat(10_000_000), async (some, lostMs) => {
      const afterMs = await toldAfterMs(some, lostMs, 50);
      expect(afterMs).toBeLessThanOrEqual((some.supervisionS ?? 0) * 1_000);
    });
    await fc.assert(property, { numRuns: 50 });
  });
});
