import { describe, expect, it } from 'vitest';
import { isWithin, periodOf } from '../../hub/domain/reward.ts';

describe('the days on which a reward can be redeemed', () => {
  it.each([
    { from: null, to: null, day: '2026-03-02', is: true },
    { from: '2026-03-02', to: '2026-03-02', day: '2026-03-02', is: true },
    { from: '2026-03-03', to: null, day: '2026-03-02', is: false },
    { from: null, to: '2026-03-01', day: '2026-03-02', is: false },
  ])('from $from to $to: $day is within: $is', ({ from, to, day, is }) => {
    expect(isWithin({ from, to }, day)).toBe(is);
  });
});

describe('the period that a limit is counted in', () => {
  const holds = (per: 'ever' | 'month' | 'year', day: string, other: string): boolean => {
    const { first, last } = periodOf(per, day);
    return first <= other && other <= last;
  };

  it.each([
    { per: 'ever', day: '2026-03-02', other: '1999-01-01', is: true },
    { per: 'year', day: '2026-03-02', other: '2026-12-31', is: true },
    { per: 'year', day: '2026-03-02', other: '2025-12-31', is: false },
    { per: 'year', day: '2026-03-02', other: '2027-01-01', is: false },
    { per: 'month', day: '2026-02-10', other: '2026-02-28', is: true },
    { per: 'month', day: '2026-02-10', other: '2026-02-01', is: true },
    { per: 'month', day: '2026-02-10', other: '2026-03-01', is: false },
    { per: 'month', day: '2026-02-10', other: '2026-01-31', is: false },
    { per: 'month', day: '2026-02-10', other: '2025-02-10', is: false },
  ] as const)('$per of $day holds $other: $is', ({ per, day, other, is }) => {
    expect(holds(per, day, other)).toBe(is);
  });
});
