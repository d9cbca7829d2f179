import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidatesFor, type HonourFigures, honourRulesSchema } from '../../hub/domain/honours.ts';

const rules = honourRulesSchema.parse({});
const figures = (more: Partial<HonourFigures>): HonourFigures => ({
  ...{
    checkIns: 0,
    days: 0,
    stations: 0,
    nightCheckIns: 0,
    contributions: 0,
    contributionPoints: 0,
  },
  ...more,
});

describe('candidates', () => {
  it('are the best by the first figure, then by the next', () => {
    const all = new Map([
      ['vo-a', figures({ days: 12, checkIns: 30 })],
      ['vo-b', figures({ days: 20, checkIns: 25 })],
      ['vo-c', figures({ days: 12, checkIns: 31 })],
      ['vo-d', figures({ days: 11, checkIns: 90 })],
      ['vo-e', figures({ days: 9, checkIns: 99 })],
    ]);
    const proposed = candidatesFor(all, rules['patrol-pacesetter']);
    expect(proposed.map(({ volunteer, rank }) => [volunteer, rank])).toEqual([
      ['vo-b', 1],
      ['vo-c', 2],
      ['vo-a', 3],
    ]);
  });

  it('share a rank when they are alike, and none is left out for the letters of an id', () => {
    const alike = figures({ days: 15, checkIns: 20, stations: 4 });
    const all = new Map(['vo-a', 'vo-b', 'vo-c', 'vo-d'].map((id) => [id, alike]));
    expect(candidatesFor(all, rules['patrol-pacesetter']).map(({ rank }) => rank)).toEqual([
      1, 1, 1, 1,
    ]);
  });

  it('are nobody where nobody reaches what is asked for', () => {
    const all = new Map([['vo-a', figures({ days: 30 })]]);
    expect(candidatesFor(all, rules['star-of-safety'])).toEqual([]);
  });

  it('do not depend on the order in which people are listed', () => {
    const people = fc.array(fc.record({ days: fc.nat(12), checkIns: fc.nat(3) }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(people, (list) => {
        const all = list.map((one, index) => [`vo-${index}`, figures(one)] as const);
        const rule = { ...rules['patrol-pacesetter'], atLeast: { days: 5 } };
        expect(candidatesFor(new Map(all.toReversed()), rule)).toEqual(
          candidatesFor(new Map(all), rule),
        );
      }),
    );
  });
});
