import { describe, expect, it } from 'vitest';
import { contributionNames } from '../../hub/domain/contribution-kinds.ts';
import { isRedeemable, policySchema, policyWarnings } from '../../hub/domain/policy.ts';

/** As the first hub stored it. */
const first = { pointsPerCheckIn: 10, pausePerStationMin: 60, pointsPerDayMax: 50 };

/** @returns each fault with its path. */
function faults(more: object): string[] {
  const { error } = policySchema.safeParse({ ...first, ...more });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('a policy', () => {
  it('of the first hub is valid, and says the rest by default', () => {
    const policy = policySchema.parse(first);
    expect(policy).toMatchObject({ acceptDays: 45, correctionAloneMax: 100 });
    expect(policy).toMatchObject({ expiry: { kind: 'none' }, redemptionWindows: [] });
    expect(Object.keys(policy.contributions)).toEqual(Object.keys(contributionNames));
    expect(policy.pointsPerMonthMax ?? policy.night ?? policy.round).toBeUndefined();
    expect(policyWarnings(policy)).toEqual([]);
  });

  it('says the same when it is read again with its defaults filled in', () => {
    const policy = policySchema.parse({
      ...{ ...first, night: { from: '22:00', to: '05:30', points: 5 } },
      ...{ round: { stations: 3, points: 10 }, pointsPerMonthMax: 600 },
      bounty: { fewerThan: 5, points: 10, budgetPerMonth: 1000 },
      redemptionWindows: [{ kind: 'days-of-month', from: 1, to: 5 }],
      expiry: { kind: 'after-months', months: 12 },
      contributions: {
        information: { pointsMin: 1, pointsMax: 2 },
        translation: { pointsMin: 1, pointsMax: 2, names: { zh: '翻译', en: 'x', ko: '통역' } },
      },
    });
    expect(policySchema.parse(JSON.parse(JSON.stringify(policy)))).toEqual(policy);
  });

  it('that is wrong is told all its faults at once, each with its place', () => {
    const found = faults({
      ...{ pointsPerCheckIn: -1, pausePerStation: 3, acceptDays: 0 },
      ...{ night: { from: '25:00', to: '6:00', points: 0 }, round: { stations: 1, points: 5 } },
      contributions: {
        mediation: { pointsMin: 9, pointsMax: 3 },
        songs: { pointsMin: 1, pointsMax: 2 },
      },
      redemptionWindows: [{ kind: 'dates', from: '2026-03-09', to: '2026-03-01' }],
      expiry: { kind: 'after-months' },
    });
    const places = found.map((fault) => fault.split(': ')[0]).sort();
    expect(places).toEqual([
      ...['', 'acceptDays', 'contributions.mediation.pointsMax'],
      ...['contributions.songs.names', 'expiry.months'],
      ...['night.from', 'night.points', 'night.to', 'pointsPerCheckIn'],
      ...['redemptionWindows.0.to', 'round.stations'],
    ]);
    expect(found.join()).toContain('pausePerStation');
  });

  it('refuses night hours that never end, and a date that is none', () => {
    expect(faults({ night: { from: '22:00', to: '22:00', points: 5 } })).toHaveLength(1);
    expect(
      faults({ redemptionWindows: [{ kind: 'dates', from: '2026-02-30', to: '2026-03-01' }] }),
    ).toEqual([expect.stringMatching(/^redemptionWindows\.0\.from/)]);
  });

  it.each([
    ['pointsPerDayMax is below', { pointsPerDayMax: 9 }],
    ['pointsPerMonthMax is below pointsPerCheckIn', { pointsPerMonthMax: 9 }],
    ['pointsPerMonthMax is below pointsPerDayMax', { pointsPerMonthMax: 49 }],
    ['round: ', { round: { stations: 6, points: 5 } }],
    ['bounty: ', { bounty: { fewerThan: 1, points: 11, budgetPerMonth: 10 } }],
    ['contributions names no kind', { contributions: {} }],
  ])('warns that %s…', (text, more) => {
    const warnings = policyWarnings(policySchema.parse({ ...first, ...more }));
    expect(warnings).toContainEqual(expect.stringContaining(text));
  });
});

describe('points can be redeemed', () => {
  const on = (day: string, ...redemptionWindows: object[]): boolean =>
    isRedeemable(policySchema.parse({ ...first, redemptionWindows }), day);

  it('always where no window is set, else within one of them, both ends included', () => {
    expect(on('2026-03-17')).toBe(true);
    const [early, may] = [
      { kind: 'days-of-month', from: 1, to: 5 },
      { kind: 'dates', from: '2026-05-01', to: '2026-05-10' },
    ];
    for (const day of ['2026-03-01', '2026-03-05', '2026-05-10']) {
      expect(on(day, early, may), day).toBe(true);
    }
    for (const day of ['2026-03-06', '2026-05-11', '2026-04-30']) {
      expect(on(day, early, may), day).toBe(false);
    }
  });
});
