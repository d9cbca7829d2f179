import { describe, expect, it } from 'vitest';
import { type Fault, FaultPlan, faultKinds } from '../../scripts/torture/fault-plan.ts';
import { killPlan } from '../../scripts/torture/kills.ts';

const faults = (seed: string, route: number, count: number): Fault[] => {
  const plan = new FaultPlan(seed, route);
  return Array.from({ length: count }, () => {
    const { next } = plan;
    plan.advance();
    return next;
  });
};

describe('the plan of faults', () => {
  it('is the same for the same seed and route, and another for another', () => {
    expect(faults('a', 1, 40)).toEqual(faults('a', 1, 40));
    expect(faults('a', 1, 40)).not.toEqual(faults('b', 1, 40));
    expect(faults('a', 1, 40)).not.toEqual(faults('a', 2, 40));
  });

  it.each(['a', 'b', 'c', 'd'])(
    'has every kind within two faults of three routes, seed %s',
    (seed) => {
      const first = [0, 1, 2].flatMap((route) => faults(seed, route, 2)).map(({ kind }) => kind);
      expect(first.toSorted()).toEqual(faultKinds.toSorted());
    },
  );

  it('lets no kind wait for longer than two decks', () => {
    const kinds = faults('a', 0, 60).map(({ kind }) => kind);
    for (let from = 0; from + 12 <= kinds.length; from += 12) {
      expect(new Set(kinds.slice(from, from + 12)).size).toBe(faultKinds.length);
    }
  });

  it('kills the same ones at the same moments for the same seed', () => {
    const kills = (seed: string) => {
      const plan = killPlan(seed, 60_000, ['hub', 'station', 'broker']);
      return Array.from({ length: 9 }, () => plan.next().value);
    };
    expect(kills('a')).toEqual(kills('a'));
    expect(kills('a')).not.toEqual(kills('b'));
    expect(
      new Set(
        kills('a')
          .slice(0, 3)
          .map(({ kind }) => kind),
      ).size,
    ).toBe(3);
  });
});
