import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BountyChange,
  type BountyCheckIn,
  bountiesOf,
  bountyChanges,
} from '../../hub/domain/bounty.ts';

const hourMs = 3_600_000;
const startMs = Date.parse('2026-03-01T00:00:00Z');
const at = (hour: number, volunteer = 1, station = 1, seq = hour + 1): BountyCheckIn => ({
  ...{ volunteer: `vo-${volunteer}`, station: `st-${station}`, epoch: 'ep-1', seq },
  occurredMs: startMs + hour * hourMs,
  day: new Date(startMs + hour * hourMs).toISOString().slice(0, 10),
});
const rules = { fewerThan: 3, points: 20, budgetPerMonth: 70 };
const rare = new Map([
  ['st-1', 2],
  ['st-3', 3],
]);
const keyOf = ({ station, seq }: BountyCheckIn): string => `${station}/${seq}`;
const won = (
  checkIns: readonly BountyCheckIn[],
  by = (_day: string) => rules as typeof rules | undefined,
) => bountiesOf(checkIns, rare, by).map(({ checkIn, points }) => `${keyOf(checkIn)} ${points}`);

describe('a bounty', () => {
  it('is for a station with fewer check-ins in the month before, or with none', () => {
    expect(won([at(0, 1, 1), at(1, 1, 2), at(2, 1, 3)])).toEqual(['st-1/1 20', 'st-2/2 20']);
  });

  it('is earned once by a volunteer, station and day', () => {
    const checkIns = [at(0), at(5), at(6, 2), at(24), at(30)];
    expect(won(checkIns)).toEqual(['st-1/1 20', 'st-1/7 20', 'st-1/25 20']);
  });

  it('ends with the budget, in the order in which things happened', () => {
    const checkIns = [at(90), at(0, 1), at(1, 2), at(2, 3), at(3, 4)];
    expect(won(checkIns)).toEqual(['st-1/1 20', 'st-1/2 20', 'st-1/3 20']);
  });

  it('is by the policy of its day', () => {
    const later = { ...rules, points: 5 };
    const by = (day: string) => {
      if (day === '2026-03-01') return undefined;
      return day === '2026-03-02' ? rules : later;
    };
    expect(won([at(0), at(24), at(48), at(72)], by)).toEqual([
      ...['st-1/25 20', 'st-1/49 5', 'st-1/73 5'],
    ]);
  });
});

const month = fc.uniqueArray(
  fc.record({
    hour: fc.nat(30 * 24 - 1),
    volunteer: fc.integer({ min: 1, max: 3 }),
    station: fc.integer({ min: 1, max: 4 }),
    seq: fc.nat(60),
  }),
  { selector: ({ station, seq }) => `${station}/${seq}`, maxLength: 40 },
);

/** Settles after each batch of arrivals, and once more when `again`. */
function settle(batches: readonly (readonly BountyCheckIn[])[], again: boolean) {
  const booked: (BountyChange & { reference: string })[] = [];
  const arrived: BountyCheckIn[] = [];
  const once = (): void => {
    const wanted = bountiesOf(arrived, rare, () => rules).map(({ checkIn, points }) => ({
      ...{ checkIn: keyOf(checkIn), account: checkIn.volunteer, points },
    }));
    const done = new Map<
      string,
      { checkIn: string; account: string; net: number; count: number }
    >();
    for (const { checkIn, account, change } of booked) {
      const key = `${checkIn} ${account}`;
      const { net, count } = done.get(key) ?? { net: 0, count: 0 };
      done.set(key, { checkIn, account, net: net + change, count: count + 1 });
    }
    for (const change of bountyChanges(wanted, [...done.values()])) {
      const { checkIn, account, before } = change;
      booked.push({ ...change, reference: `${account}/${checkIn}/${before + 1}` });
    }
  };
  for (const batch of batches) {
    arrived.push(...batch);
    once();
    if (again) once();
  }
  const sums = new Map<string, number>();
  for (const { account, change } of booked) sums.set(account, (sums.get(account) ?? 0) + change);
  return { booked, sums: [...sums].filter(([, sum]) => sum !== 0).sort() };
}

describe('the bounties of a month', () => {
  it('come to the same in whatever order things came, and however often they were settled', () => {
    fc.assert(
      fc.property(
        month.chain((all) => {
          const checkIns = all.map((one) => at(one.hour, one.volunteer, one.station, one.seq));
          const whole = { minLength: all.length, maxLength: all.length };
          return fc.tuple(fc.constant(checkIns), fc.shuffledSubarray(checkIns, whole));
        }),
        fc.boolean(),
        ([checkIns, shuffled], again) => {
          const stepwise = settle(
            shuffled.map((one) => [one]),
            again,
          );
          const atOnce = settle([checkIns], false);
          expect(stepwise.sums).toEqual(atOnce.sums);
          const total = atOnce.sums.reduce((sum, [, points]) => sum + points, 0);
          expect(total).toBeLessThanOrEqual(rules.budgetPerMonth);
          const references = stepwise.booked.map(({ reference }) => reference);
          expect(new Set(references).size).toBe(references.length);
        },
      ),
    );
  });
});
