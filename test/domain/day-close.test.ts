import { describe, expect, it } from 'vitest';
import {
  type DayBook,
  dayAfter,
  earlierOpenDay,
  faultsOfCarries,
  listDay,
  type Matter,
  obstaclesTo,
} from '../../hub/domain/day-close.ts';

/** Matters here begin at the hour 0 of a day in UTC. */
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const matter = (subject: string, day: string, isDone = false): Matter => ({
  ...{ subject, station: 'st-00000001', stationName: 'Station 1', what: 'alarm' },
  ...{ beganMs: Date.parse(day), storedMs: null, acknowledged: null },
  done: isDone ? { by: 'Operator 1', atMs: Date.parse(day) + 1, cause: 'real' } : null,
});
const book = (
  closedThrough: string | undefined,
  uncleared: Matter[],
  carried: string[] = [],
): DayBook => ({
  ...{ closedThrough, uncleared },
  carries: new Map(
    carried.map((subject) => [
      subject,
      { subject, day: closedThrough ?? '', reason: 'waits', by: 'Chief 1' },
    ]),
  ),
});
const [first, second, third] = ['2026-03-01', '2026-03-02', '2026-03-03'] as const;
const standings = (of: DayBook, day: string) =>
  listDay(of, day, dayOf).map(({ matter, standing }) => [matter.subject, standing]);

describe("a day's list", () => {
  const all = [matter('alarm:1', first), matter('alarm:2', first), matter('alarm:3', second)];

  it('holds its own matters, what was carried over, and what came too late', () => {
    expect(standings(book(undefined, all), first)).toEqual([
      ['alarm:1', 'of-the-day'],
      ['alarm:2', 'of-the-day'],
    ]);
    const closed = book(first, all, ['alarm:1']);
    expect(standings(closed, second)).toEqual([
      ['alarm:1', 'carried'],
      ['alarm:2', 'late'],
      ['alarm:3', 'of-the-day'],
    ]);
    expect(standings(closed, first)).toEqual([['alarm:2', 'late']]);
  });
});

describe('a day is closed', () => {
  const obstacles = (of: DayBook, day: string, subjects: string[] = [], today = '2026-03-09') => {
    const carries = subjects.map((subject) => ({ subject, reason: 'waits' }));
    return obstaclesTo(of, { day, today, carries }, dayOf);
  };

  it('when each matter is done or carried over', () => {
    const of = book(undefined, [matter('alarm:1', first), matter('alarm:2', first, true)]);
    expect(obstacles(of, first)).toEqual([{ kind: 'open-matter', subject: 'alarm:1' }]);
    expect(obstacles(of, first, ['alarm:1'])).toEqual([]);
  });

  it('when it is over', () => {
    expect(obstacles(book(undefined, []), first, [], first)).toEqual([{ kind: 'not-over' }]);
    expect(obstacles(book(undefined, []), first, [], second)).toEqual([]);
  });

  it('after the earlier ones that had something', () => {
    const of = book(undefined, [matter('alarm:1', first, true)]);
    expect(obstacles(of, third)).toEqual([{ kind: 'earlier-day-open', day: first }]);
    expect(obstacles(book(first, []), third)).toEqual([]);
  });

  it('after the day that a carried matter stands on, and before no other for what came late', () => {
    expect(earlierOpenDay(book(first, [matter('alarm:1', first)], ['alarm:1']), third, dayOf)).toBe(
      second,
    );
    expect(earlierOpenDay(book(first, [matter('alarm:1', first)]), third, dayOf)).toBeUndefined();
    expect(obstacles(book(first, [matter('alarm:1', first)]), third)).toEqual([
      { kind: 'open-matter', subject: 'alarm:1' },
    ]);
  });
});

describe('a carry', () => {
  it.each([
    ['alarm:9', 'waits', /alarm:9 is not on the list/],
    ['alarm:2', 'waits', /alarm:2 is done/],
    ['alarm:1', ' ', /without a reason/],
  ])('of %s for %j is a fault', (subject, reason, fault) => {
    const of = book(undefined, [matter('alarm:1', first), matter('alarm:2', first, true)]);
    const faults = faultsOfCarries(listDay(of, first, dayOf), [{ subject, reason }]);
    expect(faults).toEqual([expect.stringMatching(fault)]);
  });

  it('is made once', () => {
    const listed = listDay(book(undefined, [matter('alarm:1', first)]), first, dayOf);
    const carry = { subject: 'alarm:1', reason: 'waits' };
    expect(faultsOfCarries(listed, [carry])).toEqual([]);
    expect(faultsOfCarries(listed, [carry, carry])).toEqual(['alarm:1 is carried over twice']);
  });
});

it('the day after is that of the calendar', () => {
  expect(['2026-02-28', '2028-02-28', '2026-12-31'].map(dayAfter)).toEqual([
    ...['2026-03-01', '2028-02-29', '2027-01-01'],
  ]);
});
