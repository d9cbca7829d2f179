import { z } from 'zod';

/** More is a slip of the hand. */
const costMax = 1_000_000;
const personMaxMax = 1_000;
const nameLettersMax = 60;
/** Pieces that come or go at once. */
export const piecesMax = 1_000_000;

export const rewardPeriods = ['ever', 'month', 'year'] as const;
export type RewardPeriod = (typeof rewardPeriods)[number];

/** A redemption is made reserved, and closed once: handed out, or cancelled and the points given back. */
export const redemptionStates = ['reserved', 'handed-out', 'cancelled'] as const;
export type RedemptionState = (typeof redemptionStates)[number];

const name = z.string().trim().min(1, 'must not be blank').max(nameLettersMax);

/** What a reward of the catalogue is, beside how many pieces there are. */
export const rewardTermsSchema = z
  .strictObject({
    name: z.strictObject({ zh: name, en: name, ko: name }),
    /** Points. */
    cost: z.int().min(1).max(costMax),
    /** One person redeems no more of them in a calendar month or year, or ever; null for any number. */
    limit: z
      .strictObject({ max: z.int().min(1).max(personMaxMax), per: z.enum(rewardPeriods) })
      .nullable(),
    /** First and last local day on which it can be redeemed; null for no bound. */
    from: z.iso.date().nullable(),
    to: z.iso.date().nullable(),
  })
  .refine(({ from, to }) => from === null || to === null || from <= to, {
    path: ['to'],
    error: 'must not be before "from"',
  });
export type RewardTerms = z.infer<typeof rewardTermsSchema>;

/** Whether a reward can be redeemed on a local day (YYYY-MM-DD); the last day is within. */
export const isWithin = ({ from, to }: Pick<RewardTerms, 'from' | 'to'>, day: string): boolean =>
  (from === null || from <= day) && (to === null || day <= to);

/**
 * The first and last day, as dates are compared, of the calendar period that a day lies in. No month
 * needs its own last day for that: there is no date between it and a 31st.
 */
export function periodOf(per: RewardPeriod, day: string): { first: string; last: string } {
  switch (per) {
    case 'ever':
      return { first: '', last: '9999-12-31' };
    case 'year':
      return { first: `${day.slice(0, 4)}-01-01`, last: `${day.slice(0, 4)}-12-31` };
    case 'month':
      return { first: `${day.slice(0, 7)}-01`, last: `${day.slice(0, 7)}-31` };
  }
}
