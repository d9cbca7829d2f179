import { describe, expect, it } from 'vitest';
import { findSuspicions, type Seen, suspicionRules } from '../../hub/domain/suspicion.ts';

const startMs = Date.parse('2026-03-02T02:00:00Z');
const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** One degree of latitude is about 111 km: these are 1,112 m apart. */
const positions = new Map([
  ['st-a', { latitude: 41.8, longitude: 123.4 }],
  ['st-b', { latitude: 41.81, longitude: 123.4 }],
]);

let id = 0;
const tap = (volunteer: string, station: string, seconds: number, card = volunteer): Seen => ({
  ...{ id: ++id, volunteer, card, station },
  occurredMs: startMs + seconds * secondMs,
});
const kinds = (seen: readonly Seen[]): string[] =>
  findSuspicions(seen, positions).map(({ kind }) => kind);

describe('a walk', () => {
  it('of 1.1 km in a minute is no walk', () => {
    const [found] = findSuspicions([tap('vo-1', 'st-a', 0), tap('vo-1', 'st-b', 61)], positions);
    expect(found).toMatchObject({
      kind: 'impossible-walk',
      figures: { metres: 1112, seconds: 61 },
    });
    expect(found?.figures['kmh']).toBe(66);
  });

  it('of 1.1 km in a quarter of an hour is one', () => {
    expect(kinds([tap('vo-1', 'st-a', 0), tap('vo-1', 'st-b', 900)])).toEqual([]);
  });

  it('between stations without positions tells nothing', () => {
    expect(kinds([tap('vo-1', 'st-a', 0), tap('vo-1', 'st-c', 61)])).toEqual([]);
  });

  it('is seen past a station without a position', () => {
    const taps = [tap('vo-1', 'st-a', 0), tap('vo-1', 'st-c', 65), tap('vo-1', 'st-b', 130)];
    expect(findSuspicions(taps, positions, { ...suspicionRules, speedMaxKmh: 20 })).toMatchObject([
      { kind: 'impossible-walk', figures: { metres: 1112, seconds: 130 } },
    ]);
  });

  it('of another person is not this one', () => {
    expect(kinds([tap('vo-1', 'st-a', 0), tap('vo-2', 'st-b', 61)])).toEqual([]);
  });
});

it('of a card at two places within a minute is told with or without positions', () => {
  expect(kinds([tap('vo-1', 'st-c', 0), tap('vo-1', 'st-d', 60)])).toEqual(['two-places']);
  expect(kinds([tap('vo-1', 'st-c', 0, 'card 1'), tap('vo-1', 'st-d', 60, 'card 2')])).toEqual([]);
});

describe('cards that are shown together', () => {
  const days = (count: number, volunteers: readonly string[], gap = 10): Seen[] =>
    Array.from({ length: count }, (_, day) =>
      volunteers.map((one, index) =>
        tap(one, 'st-a', day * 86_400 + (day % 7) * 500 + index * gap),
      ),
    ).flat();

  it('ten times are told, nine times are not', () => {
    expect(kinds(days(10, ['vo-1', 'vo-2']))).toEqual(['together']);
    expect(kinds(days(9, ['vo-1', 'vo-2']))).toEqual([]);
  });

  it('are one finding for a whole group, with the same key whenever it is looked for', () => {
    const group = ['vo-1', 'vo-2', 'vo-3'];
    const [first, ...more] = findSuspicions(days(12, group), positions);
    expect(more).toEqual([]);
    expect(first?.volunteers).toEqual(group);
    expect(findSuspicions(days(20, group.toReversed()), positions)[0]?.key).toBe(first?.key);
  });

  it('are not told of people who also come alone', () => {
    const alone = [1, 2].flatMap((day) => [
      ...Array.from({ length: 4 }, (_, n) =>
        tap('vo-1', 'st-a', day * 86_400 + 7_000 * n + 13 * n * n),
      ),
      ...Array.from({ length: 4 }, (_, n) =>
        tap('vo-2', 'st-a', day * 86_400 + 7_000 * n + 3_000 + 17 * n * n),
      ),
    ]);
    expect(kinds([...days(10, ['vo-1', 'vo-2']), ...alone])).toEqual([]);
  });
});

describe('intervals', () => {
  const taps = (jitterS: number, count = 9): Seen[] =>
    Array.from({ length: count }, (_, n) =>
      tap('vo-1', 'st-a', n * 3_600 + (n % 2 === 0 ? jitterS : -jitterS)),
    );

  it('like a machine’s are told', () => {
    expect(kinds(taps(5))).toEqual(['machine-like']);
  });

  it('of a person are not', () => {
    expect(kinds(taps(300))).toEqual([]);
    expect(kinds(taps(5, 8))).toEqual([]);
  });
});

describe('the same time of day', () => {
  const daily = (spreadS: number, days: number): Seen[] =>
    Array.from({ length: days }, (_, day) =>
      tap('vo-1', 'st-a', day * 86_400 + ((day * 7919) % (2 * spreadS + 1)) - spreadS),
    );

  it('on many days, to the second, is told once, whatever the nights between', () => {
    const found = findSuspicions(daily(10, 30), positions);
    expect(found).toMatchObject([{ kind: 'machine-like', figures: { days: 10, withinS: 30 } }]);
  });

  it('is the same about 08:00 in Shanghai, where the day of UTC begins', () => {
    const midnightS = 86_400 - ((startMs / secondMs) % 86_400);
    // On neither side of midnight are they enough.
    const taps = Array.from({ length: 18 }, (_, day) =>
      tap('vo-1', 'st-a', midnightS + day * 86_400 + (day % 2 === 0 ? 5 : -5)),
    );
    const found = findSuspicions(taps, positions);
    expect(found).toMatchObject([{ kind: 'machine-like', figures: { days: 10, withinS: 30 } }]);
  });

  it('within a quarter of an hour is a habit', () => {
    expect(kinds(daily(450, 60))).toEqual([]);
    expect(kinds(daily(10, 9))).toEqual([]);
  });
});

it('tells a burst once, with all of its taps', () => {
  const seconds = [0, 40, 95, 130, 200, 290, 450, 3_000];
  const found = findSuspicions(
    seconds.map((one) => tap('vo-1', 'st-a', one)),
    positions,
  );
  expect(found).toMatchObject([{ kind: 'burst', figures: { taps: 7, seconds: 450 } }]);
});

it('finds the same, in whatever order the check-ins are given', () => {
  const seen = [0, 40, 95, 130, 200, 290, 450].map((one) => tap('vo-1', 'st-a', one));
  seen.push(tap('vo-1', 'st-b', 470));
  expect(findSuspicions(seen.toReversed(), positions)).toEqual(findSuspicions(seen, positions));
});

it('leaves a normal month alone: an hour or more between stations, never to the second', () => {
  const seen = Array.from({ length: 30 }, (_, day) =>
    [0, 1, 2].map((round) =>
      tap(
        'vo-1',
        round % 2 === 0 ? 'st-a' : 'st-b',
        day * 86_400 + round * 4_000 + ((day * 37 + round * 91) % 900),
      ),
    ),
  ).flat();
  expect(kinds(seen)).toEqual([]);
  expect(suspicionRules.burstWithinS * secondMs).toBeLessThan(60 * minuteMs);
});
