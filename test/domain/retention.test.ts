import { describe, expect, it } from 'vitest';
import { expiryCutoff } from '../../hub/domain/expiry.ts';
import { daysKept, firstDayKept, summaries } from '../../hub/domain/retention.ts';

describe('how long details are kept', () => {
  it.each([
    [31, 45, 75],
    [75, 45, 75],
    [76, 45, 76],
    [365, 1, 365],
  ])('a setting of %i days with %i accepted comes to %i', (setting, accepted, days) => {
    expect(daysKept(setting, accepted)).toBe(days);
  });

  it.each([
    ['2026-07-01', 75, '2026-04-01'],
    ['2026-06-14', 75, '2026-03-01'],
    ['2026-06-15', 75, '2026-04-01'],
    ['2026-03-01', 31, '2026-01-01'],
    ['2026-03-04', 31, '2026-02-01'],
  ])('on %s, with %i days, the first day that stays is %s', (today, days, first) => {
    expect(firstDayKept(today, days)).toBe(first);
  });
});

it('sums up by month of booking and by direction, and dates each as the latest', () => {
  const monthOf = (ms: number) => (ms < 100 ? '2026-03' : '2026-04');
  const given = (amount: number, atMs: number, checkIn: number) => ({
    ...{ amount, atMs, checkIn, isGiven: true },
  });
  expect(
    summaries(
      [given(10, 5, 1), given(10, 7, 2), { ...given(4, 9, 2), isGiven: false }, given(3, 100, 2)],
      monthOf,
    ),
  ).toEqual([
    { amount: 20, isGiven: true, atMs: 7, checkIns: 2 },
    { amount: 4, isGiven: false, atMs: 9, checkIns: 1 },
    { amount: 3, isGiven: true, atMs: 100, checkIns: 1 },
  ]);
});

describe('when points expire', () => {
  it.each([
    [{ kind: 'none' }, '2026-05-31', undefined],
    [{ kind: 'end-of-year' }, '2026-12-31', '2026-01-01'],
    [{ kind: 'end-of-year' }, '2027-01-01', '2027-01-01'],
    [{ kind: 'after-months', months: 12 }, '2027-03-31', '2026-03-01'],
    [{ kind: 'after-months', months: 1 }, '2027-01-01', '2026-12-01'],
    [{ kind: 'after-months', months: 3 }, '2026-05-31', '2026-02-01'],
  ] as const)('%o on %s: what was earned before %s', (expiry, today, before) => {
    expect(expiryCutoff(expiry, today)).toBe(before);
  });
});
