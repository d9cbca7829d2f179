import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold, settle, type Transfer, volunteerAccount } from '../../hub/domain/ledger.ts';
import {
  type DayCheckIn,
  outcomeOnWire,
  type ScoringRules,
  scoreDay,
} from '../../hub/domain/scoring.ts';

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
  minute: minute % 1440,
});
const newMonth = { monthPoints: 0 };
const outcomes = (checkIns: readonly DayCheckIn[]) =>
  scoreDay(checkIns, policy, newMonth).map(({ outcome }) => outcome);

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
    expect(scoreDay([], policy, newMonth)).toEqual([]);
  });
});

describe('what a check-in earns', () => {
  const rules = {
    ...policy,
    night: { from: '22:00', to: '05:30', points: 3 },
    round: { stations: 3, points: 8 },
  };
  const [one, two, three] = ['st-00000001', 'st-00000002', 'st-00000003'];
  const clock = (hours: number, minutes = 0): number => hours * 60 + minutes;
  const parts = (checkIns: readonly DayCheckIn[], by: ScoringRules = rules, monthPoints = 0) =>
    scoreDay(checkIns, by, { monthPoints }).map((scored) =>
      scored.parts.map(({ rule, points }) => `${rule} ${points}`).join(', '),
    );

  it('is more at night, which ends and begins within a day', () => {
    const times = [clock(0), clock(5, 29), clock(5, 30), clock(21, 59), clock(22)];
    const stations = times.map((time, index) => at(time, index % 2 === 0 ? one : two));
    expect(parts(stations)).toEqual([
      ...['check-in 10, night 3', 'check-in 10, night 3', 'check-in 10'],
      ...['check-in 10', 'check-in 10, night 3'],
    ]);
    const siesta = { ...rules, night: { from: '12:00', to: '14:00', points: 3 } };
    expect(parts([at(clock(11, 59)), at(clock(13)), at(clock(14))], siesta)).toEqual([
      ...['check-in 10', 'check-in 10, night 3', 'check-in 10'],
    ]);
  });

  it('is no more at night when nobody kept the minute of the day', () => {
    expect(parts([{ ...at(clock(23)), minute: null }])).toEqual(['check-in 10']);
  });

  it('is more at the last station of a round, once a day', () => {
    const day = [at(600, one), at(660, one), at(670, two), at(680, three), at(720, 'st-00000004')];
    const ten = 'check-in 10';
    expect(parts(day)).toEqual([ten, ten, ten, 'check-in 10, round 8', ten]);
  });

  it('is not capped by the limit of the day as far as bonuses go', () => {
    const day = [at(0, one), at(60, one), at(120, one), at(180, two), at(240, three), at(300, one)];
    expect(parts(day)).toEqual([
      ...Array(4).fill('check-in 10, night 3'),
      'check-in 10, night 3, round 8',
      '',
    ]);
  });

  it('is what the month has left, bonuses too, each whole or not at all', () => {
    const month = { ...rules, pointsPerMonthMax: 100 };
    const day = [at(1320, one), at(1330, two), at(1340, three)];
    expect(parts(day, month, 62)).toEqual([
      ...['check-in 10, night 3', 'check-in 10, night 3', 'check-in 10'],
    ]);
    expect(parts(day, month, 88)).toEqual(['check-in 10', '', '']);
    const outcome = scoreDay(day, month, { monthPoints: 91 }).map((scored) => scored.outcome);
    expect(outcome).toEqual(Array(3).fill('monthly-limit'));
    expect(outcome.map(outcomeOnWire)).toEqual(Array(3).fill('recorded'));
  });

  it('adds up, keeps the limits, and depends on no order', () => {
    const some = fc.record({
      minute: fc.nat(1439),
      station: fc.integer({ min: 1, max: 4 }),
      seq: fc.nat(50),
    });
    const unique = {
      selector: ({ station, seq }: { station: number; seq: number }) => `${station}/${seq}`,
    };
    const any = fc.uniqueArray(some, { ...unique, maxLength: 30 }).chain((day) => {
      const all = day.map(({ minute, station, seq }) => at(minute, `st-0000000${station}`, seq));
      const whole = { minLength: all.length, maxLength: all.length };
      return fc.tuple(fc.constant(all), fc.shuffledSubarray(all, whole));
    });
    fc.assert(
      fc.property(
        any,
        fc.nat(90),
        fc.nat(90),
        ([all, shuffled], monthPoints, pointsPerMonthMax) => {
          const by = { ...rules, pointsPerMonthMax };
          const scored = scoreDay(all, by, { monthPoints });
          expect(scoreDay(shuffled, by, { monthPoints })).toEqual(scored);
          const sumOf = (rule?: string): number =>
            scored
              .flatMap((one) => one.parts)
              .filter((part) => rule === undefined || part.rule === rule)
              .reduce((sum, { points }) => sum + points, 0);
          expect(scored.reduce((sum, { points }) => sum + points, 0)).toBe(sumOf());
          expect(sumOf('check-in')).toBeLessThanOrEqual(policy.pointsPerDayMax);
          expect(sumOf('round')).toBeLessThanOrEqual(rules.round.points);
          expect(sumOf()).toBeLessThanOrEqual(Math.max(0, pointsPerMonthMax - monthPoints));
        },
      ),
    );
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
    const wanted = scoreDay(arrived, policy, newMonth).map(({ checkIn, points }) => ({
      checkIn: keyOf(checkIn),
      points,
    }));
    const before = transferredBy(transfers);
    for (const one of wanted) {
      const transferred = before.get(one.checkIn) ?? { net: 0, count: 0 };
      const transfer = settle('vo-00000001', one, transferred);
      if (transfer) transfers.push(transfer);
    }
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
