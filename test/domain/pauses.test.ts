import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPaused, scoreBesidesPauses } from '../../hub/domain/pauses.ts';
import { policySchema } from '../../hub/domain/policy.ts';
import { scoreDay } from '../../hub/domain/scoring.ts';

const policy = policySchema.parse({
  ...{ pointsPerCheckIn: 10, pausePerStationMin: 0, pointsPerDayMax: 50 },
});

const pause = fc
  .tuple(fc.nat(100), fc.option(fc.nat(50)))
  .map(([fromMs, length]) => ({ fromMs, untilMs: length === null ? null : fromMs + length }));

describe('a pause', () => {
  it('begins with its first millisecond, and is over at its last', () => {
    const pauses = [{ fromMs: 10, untilMs: 20 }];
    expect([9, 10, 19, 20].map((atMs) => isPaused(pauses, atMs))).toEqual([
      ...[false, true, true, false],
    ]);
  });

  it('lasts until somebody ends it', () => {
    expect(isPaused([{ fromMs: 10, untilMs: null }], 1e15)).toBe(true);
  });

  it('that was undone holds nothing', () => {
    expect(isPaused([{ fromMs: 10, untilMs: 10 }], 10)).toBe(false);
  });

  it('earns nothing and hides nothing: the rest is scored as if it were alone', () => {
    fc.assert(
      fc.property(fc.array(pause), fc.array(fc.nat(200)), (pauses, minutes) => {
        const checkIns = minutes.map((occurredMs, index) => ({
          ...{ station: 'st-00000001', epoch: 'ep', seq: index + 1, occurredMs },
          minute: 0,
        }));
        const score = (active: readonly (typeof checkIns)[number][]) =>
          scoreDay(active, policy, { monthPoints: 0 });
        const judged = scoreBesidesPauses(checkIns, pauses, score);
        const isIn = (atMs: number): boolean =>
          pauses.some(({ fromMs, untilMs }) => fromMs <= atMs && atMs < (untilMs ?? 1e9));
        expect(judged.filter(({ outcome }) => outcome !== 'recorded')).toEqual(
          score(checkIns.filter(({ occurredMs }) => !isIn(occurredMs))),
        );
        const recorded = judged.filter(({ outcome }) => outcome === 'recorded');
        expect(recorded.map(({ checkIn }) => checkIn)).toEqual(
          checkIns.filter(({ occurredMs }) => isIn(occurredMs)),
        );
        expect(recorded.every(({ points }) => points === 0)).toBe(true);
      }),
    );
  });
});
