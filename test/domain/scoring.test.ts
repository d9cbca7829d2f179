import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold, settle, type Transfer, volunteerAccount } from '../../hub/domain/ledger.ts';
import { type DayCheckIn, scoreDay } from '../../hub/domain/scoring.ts';

const policy = {
  pointsPerCheckIn: 10,
  pausePerStationMin: 60,
  pointsPerDayMax: 50,
  acceptDays: 45,
};
const minuteMs = 60_000;
const at = (minute: number, station = 'st-00000001', seq = minute + 1): DayCheckIn => ({
  station,
  epoch: 'ep-0000000000000000',
  seq,
  occurredMs: minute * minuteMs,
});
const outcomes = (checkIns: readonly DayCheckIn[]) =>
  scoreDay(checkIns, policy).map(({ outcome }) => outcome);

describe('a day of check-ins', () => {
  it('earns nothing within the pause of a credited one, at that station only', () => {
    expect(outcomes([at(0), at(59), at(60), at(61, 'st-00000002')])).toEqual([
      'credited',
      'already-checked-in',
      'credited',
      'credited',
    ]);
  });

  it('earns no more than the limit of the day', () => {
    const six = Array.from({ length: 6 }, (_, hour) => at(hour * 60));
    expect(outcomes(six)).toEqual([...Array(5).fill('credited'), 'daily-limit']);
  });

  it('with no check-ins earns nothing', () => {
    expect(scoreDay([], policy)).toEqual([]);
  });
});

const dayOfCheckIns = fc.uniqueArray(
  fc.record({ minute: fc.nat(1439), station: fc.integer({ min: 1, max: 3 }), seq: fc.nat(50) }),
  { selector: ({ station, seq }) => `${station}/${seq}`, maxLength: 30 },
);
const keyOf = ({ station, seq }: DayCheckIn): string => `${station}/${seq}`;

/** Settles a day after each batch of arrivals, as the hub does. */
function settleInBatches(batches: readonly (readonly DayCheckIn[])[]): Transfer[] {
  const arrived: DayCheckIn[] = [];
  const transfers: Transfer[] = [];
  for (const batch of batches) {
    arrived.push(...batch.filter((one) => !arrived.some((other) => keyOf(other) === keyOf(one))));
    const wanted = scoreDay(arrived, policy).map(({ checkIn, points }) => ({
      checkIn: keyOf(checkIn),
      points,
    }));
    transfers.push(...settle('vo-00000001', wanted, transferredBy(transfers)));
  }
  return transfers;
}

function transferredBy(transfers: readonly Transfer[]) {
  const so = new Map<string, { net: number; count: number }>();
  for (const { checkIn, credit, amount } of transfers) {
    const { net, count } = so.get(checkIn) ?? { net: 0, count: 0 };
    const signed = credit === volunteerAccount('vo-00000001') ? amount : -amount;
    so.set(checkIn, { net: net + signed, count: count + 1 });
  }
  return so;
}

describe('the ledger', () => {
  it('ends up the same in whatever order, batches and duplicates the check-ins arrive', () => {
    fc.assert(
      fc.property(
        dayOfCheckIns.chain((day) => {
          const all = day.map(({ minute, station, seq }) =>
            at(minute, `st-0000000${station}`, seq),
          );
          const arrivals = fc
            .shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
            .chain((shuffled) =>
              fc.tuple(fc.constant(shuffled), fc.array(fc.nat(Math.max(0, all.length - 1)))),
            );
          return fc.tuple(fc.constant(all), arrivals);
        }),
        ([all, [shuffled, repeats]]) => {
          const again = repeats.flatMap((index) => shuffled[index] ?? []);
          const batches = [...shuffled.map((one) => [one]), again];
          const stepwise = settleInBatches(batches);
          const atOnce = settleInBatches([all]);
          const account = volunteerAccount('vo-00000001');
          expect(fold(stepwise).get(account) ?? 0).toBe(fold(atOnce).get(account) ?? 0);
          expect([...fold(stepwise).values()].reduce((sum, one) => sum + one, 0)).toBe(0);
          expect(new Set(stepwise.map(({ reference }) => reference)).size).toBe(stepwise.length);
        },
      ),
    );
  });

  it('settles a late check-in by a correction, and never touches a transfer', () => {
    const transfers = settleInBatches([[at(30)], [at(0)]]);
    expect(transfers.map(({ code, amount }) => [code, amount])).toEqual([
      ['check-in', 10],
      ['check-in', 10],
      ['correction', 10],
    ]);
    expect(fold(transfers).get(volunteerAccount('vo-00000001'))).toBe(10);
  });
});
