import { z } from 'zod';
import { cardTrusts } from './card-trust.ts';
import { contributionNames } from './contribution-kinds.ts';
import { honourRulesSchema } from './honours.ts';

/** Longer than stations keep what was delivered, so that a hub restored from a backup accepts all of it. */
const acceptDaysDefault = 45;
/** Above what a volunteer can earn in two days of check-ins by the rules that the hub comes with. */
const correctionAloneDefault = 100;
/** Far above any rule's sense, and low enough that a year of a city adds up exactly. */
const pointsMax = 1_000_000;
const stationsMax = 1_000;
const contributionKindsMax = 50;
const redemptionWindowsMax = 100;
const expiryMonthsMax = 120;
const nameLettersMax = 60;

const points = z.int().min(0).max(pointsMax);
const bonus = z.int().min(1).max(pointsMax);
/** Local time, 24 hours. */
const clockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'expected a time as HH:MM');
const name = z.string().trim().min(1).max(nameLettersMax);

/** 夜巡: from `from` until before `to`, where the scheme is. One that ends earlier than it begins crosses midnight. */
const nightSchema = z
  .strictObject({ from: clockTime, to: clockTime, points: bonus })
  .refine(({ from, to }) => from !== to, {
    path: ['to'],
    error: 'must differ from "from": night hours are never the whole day',
  });

const contributionSchema = z
  .strictObject({
    pointsMin: points,
    pointsMax: points,
    /** What a kind of the scheme's own is called. */
    names: z.strictObject({ zh: name, en: name, ko: name }).optional(),
  })
  .refine((range) => range.pointsMin <= range.pointsMax, {
    path: ['pointsMax'],
    error: 'must not be below pointsMin',
  });

const contributionsSchema = z
  .record(z.string().regex(/^[a-z][a-z0-9-]{0,39}$/), contributionSchema, {
    // What is wrong with a key itself is told as a fault of the record.
    error: ({ code }) =>
      code === 'invalid_key' ? 'a kind is named in small letters, digits and hyphens' : undefined,
  })
  .superRefine((kinds, context) => {
    const entries = Object.entries(kinds);
    if (entries.length > contributionKindsMax) {
      context.addIssue({ code: 'custom', message: `at most ${contributionKindsMax} kinds` });
    }
    for (const [kind, { names }] of entries) {
      if (names !== undefined || contributionNames[kind] !== undefined) continue;
      const message = 'a kind of your own needs its names in zh, en and ko';
      context.addIssue({ code: 'custom', path: [kind, 'names'], message });
    }
  });

const inOrder = {
  path: ['to'],
  error: 'must not be before "from"',
};
const dayOfMonth = z.int().min(1).max(31);
const windowSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({ kind: z.literal('days-of-month'), from: dayOfMonth, to: dayOfMonth })
    .refine(({ from, to }) => from <= to, inOrder),
  z
    .strictObject({ kind: z.literal('dates'), from: z.iso.date(), to: z.iso.date() })
    .refine(({ from, to }) => from <= to, inOrder),
]);

const expirySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('end-of-year') }),
  z.strictObject({
    kind: z.literal('after-months'),
    months: z.int().min(1).max(expiryMonthsMax),
  }),
]);

/**
 * The rules by which points are earned, kept and spent. Versioned; the one in force on a day holds for
 * that day for good. What is missing has a default, so that every version ever stored can be read.
 */
export const policySchema = z.strictObject({
  pointsPerCheckIn: points,
  /** At one station, since the last check-in there that was credited, within the day. */
  pausePerStationMin: z.int().nonnegative(),
  /**
   * Caps the points for the check-ins themselves. Night and round bonuses come on top: they are bounded by
   * the check-ins that the limit lets through, and a patrol that did what the bonus is for gets it whole.
   */
  pointsPerDayMax: points,
  /**
   * Caps all that check-ins earn in a calendar month, bonuses too. What does not fit whole is not given.
   * Bounties and contributions are apart: a budget and two persons bound those.
   */
  pointsPerMonthMax: points.optional(),
  /** Once a day, with the check-in that is credited at the last of so many different stations. */
  round: z.strictObject({ stations: z.int().min(2).max(stationsMax), points: bonus }).optional(),
  /** With each credited check-in in these hours. */
  night: nightSchema.optional(),
  /** For the first credited check-in of a volunteer and day at a station that was rarely visited the month before. */
  bounty: z
    .strictObject({
      /** Rarely: fewer check-ins than this in the month before. */
      fewerThan: z.int().min(1).max(pointsMax),
      points: bonus,
      /** For all volunteers together; when it is used up, there is no more. */
      budgetPerMonth: points,
    })
    .optional(),
  /** What an operator may give for a contribution, by kind. */
  contributions: contributionsSchema.prefault({
    information: { pointsMin: 10, pointsMax: 100 },
    mediation: { pointsMin: 20, pointsMax: 100 },
    'hazard-removed': { pointsMin: 10, pointsMax: 50 },
  }),
  /** Whom the hub proposes for the month's honours; a person decides. */
  honours: honourRulesSchema,
  /** When points that nobody redeemed are gone. */
  expiry: expirySchema.prefault({ kind: 'none' }),
  /** When points can be redeemed; with none, always. */
  redemptionWindows: z.array(windowSchema).max(redemptionWindowsMax).default([]),
  /** A correction of more points than this needs a second person. */
  correctionAloneMax: points.default(correctionAloneDefault),
  /** `sun`: only cards that prove at each tap that they are themselves earn anything; else any. */
  cardTrust: z.enum(cardTrusts).optional(),
  /** A check-in that is older when it arrives is held for review. */
  acceptDays: z.int().positive().default(acceptDaysDefault),
});
export type Policy = z.infer<typeof policySchema>;

/** @param time HH:MM @returns the minute of the day */
export const minuteOfClock = (time: string): number =>
  Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** @returns whether points can be redeemed on a local day (YYYY-MM-DD). */
export const isRedeemable = (
  { redemptionWindows }: Pick<Policy, 'redemptionWindows'>,
  day: string,
): boolean =>
  redemptionWindows.length === 0 ||
  redemptionWindows.some((window) => {
    if (window.kind === 'dates') return window.from <= day && day <= window.to;
    const date = Number(day.slice(8));
    return window.from <= date && date <= window.to;
  });

/** @returns what a policy says without meaning it, most likely: a sentence each. None of it is refused. */
export function policyWarnings(policy: Policy): string[] {
  const { pointsPerCheckIn: each, pointsPerDayMax, pointsPerMonthMax: month } = policy;
  const { round, bounty } = policy;
  const said: [boolean, string][] = [
    [each === 0, 'pointsPerCheckIn is 0: check-ins earn nothing but bonuses'],
    [
      each > pointsPerDayMax,
      'pointsPerDayMax is below pointsPerCheckIn: no check-in is ever credited',
    ],
    [
      month !== undefined && each > month,
      'pointsPerMonthMax is below pointsPerCheckIn: no check-in is ever credited',
    ],
    [
      month !== undefined && month < pointsPerDayMax,
      'pointsPerMonthMax is below pointsPerDayMax: the limit of the day is never reached',
    ],
    [
      round !== undefined && each * round.stations > pointsPerDayMax,
      `round: pointsPerDayMax lets no volunteer be credited at ${round?.stations} stations a day`,
    ],
    [
      bounty !== undefined && bounty.points > bounty.budgetPerMonth,
      'bounty: budgetPerMonth is below points, so no bounty is ever paid',
    ],
    [
      Object.keys(policy.contributions).length === 0,
      'contributions names no kind: none can be recorded',
    ],
  ];
  return said.flatMap(([isSo, sentence]) => (isSo ? [sentence] : []));
}
