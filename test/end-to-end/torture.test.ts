import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { torture } from '../../scripts/torture/run.ts';

/** `scripts/test.sh` gives it longer; more than a few minutes are for `npm run torture`. */
const seconds = Number(process.env['YIZHAN_TORTURE_SECONDS'] ?? 15);
/** Starting, waiting for a fault that is late, and coming to rest, each at its own limit. */
const timeoutMs = (seconds + 45 + 180 + 60) * 1000;

describe('a hub and stations to which everything happens', { timeout: timeoutMs }, () => {
  it.each(['embedded', 'mosquitto'] as const)(
    'keep every tap and every alarm once, on the %s broker',
    async (broker) => {
      const seed = process.env['YIZHAN_TORTURE_SEED'] ?? randomBytes(4).toString('hex');
      const progress: string[] = [];
      const report = await torture({
        ...{ seconds: Math.ceil(seconds / 2), seed, stations: 3, broker },
        say: (text) => progress.push(text),
      });
      const story = `--broker ${broker} --seed ${seed}, ${report.folder}\n${progress.join('\n')}`;
      expect(report.violations, story).toEqual([]);
      expect(report, story).toMatchObject({ lost: 0, doubled: 0, ledger: 'adds up' });
      expect(report.tapsSignalled, story).toBeGreaterThan(0);
      expect(report.alarmsSignalled, story).toBeGreaterThan(0);
      expect(report.storedWithoutBroker, story).toBeGreaterThan(0);
      expect(report.alarmPaths['https'], story).toBeGreaterThan(0);
      const { faults, kills, outages } = report;
      for (const [kind, times] of Object.entries({ ...faults, ...kills, outages })) {
        expect(times, `${kind} with ${story}`).toBeGreaterThan(0);
      }
    },
  );
});
