import { z } from 'zod';
import { checkInOutcomeSchema, partSchema } from '../domain/scoring.ts';

/** What was redeemed, as it was then: names of rewards change, and transfers do not. */
const redeemedSchema = z.object({
  redemption: z.int(),
  reward: z.int(),
  name: z.object({ zh: z.string(), en: z.string(), ko: z.string() }),
  /** Whose points they are: a transfer between two accounts of the scheme does not tell. */
  volunteer: z.string(),
  points: z.int().positive(),
  by: z.string(),
});

/**
 * What is kept with a transfer so that it can be explained for good: the rule, and what the rule looked
 * at. Rows are never changed, so a member that a rule learns later is optional.
 */
export const transferReasonSchema = z.discriminatedUnion('rule', [
  /** A check-in, or the correction of one after something else about its day became known. */
  z.object({
    rule: z.literal('check-in'),
    /** Version of the policy. */
    policy: z.int(),
    day: z.string(),
    occurredMs: z.int(),
    outcome: checkInOutcomeSchema,
    /** What the check-in comes to with this transfer. */
    points: z.int(),
    /** What these are made of, rule by rule. */
    parts: z.array(partSchema).optional(),
    /** What the month had earned before the day, where the month has a limit. */
    monthPoints: z.int().optional(),
    /** When it was thought to have happened before. */
    datedAnewFromMs: z.int().optional(),
  }),
  /** For coming to a station that was rarely visited, or the correction of such a bounty. */
  z.object({
    rule: z.literal('bounty'),
    policy: z.int(),
    month: z.string(),
    /** Station, epoch, sequence. */
    checkIn: z.string(),
    stationName: z.string(),
    occurredMs: z.int(),
    /** Check-ins there in the month before. */
    visits: z.int(),
    /** What the check-in comes to with this transfer. */
    points: z.int(),
  }),
  /** Stands for many of those, whose details were kept long enough. */
  z.object({
    rule: z.literal('check-ins-summed'),
    /** YYYY-MM, in which they happened. */
    month: z.string(),
    checkIns: z.int(),
    /** Number of the retention run. */
    run: z.int(),
  }),
  /** Stands for the bounties of a month, which name stations too. */
  z.object({ rule: z.literal('bounties-summed'), month: z.string(), run: z.int() }),
  /** Given or taken by hand. */
  z.object({
    rule: z.literal('by-hand'),
    correction: z.int(),
    text: z.string(),
    by: z.string(),
    /** The second person, where one was needed. */
    approvedBy: z.string().optional(),
  }),
  z.object({
    rule: z.literal('contribution'),
    contribution: z.int(),
    kind: z.string(),
    /** What the kind is called, as the policy of its day had it. */
    names: z.object({ zh: z.string(), en: z.string(), ko: z.string() }),
    /** Local date on which it was done. */
    day: z.string(),
    policy: z.int(),
    by: z.string(),
    approvedBy: z.string(),
  }),
  z.object({
    rule: z.literal('expiry'),
    policy: z.int(),
    /** Local date: what was earned before it and not used has expired. */
    before: z.string(),
  }),
  /** Points wait until the reward is picked up. */
  redeemedSchema.extend({ rule: z.literal('redemption-reserve') }),
  /** The reward was picked up. */
  redeemedSchema.extend({ rule: z.literal('redemption-hand-out') }),
  /** The reward was not picked up, and the points came back. */
  redeemedSchema.extend({ rule: z.literal('redemption-cancel'), text: z.string() }),
]);
export type TransferReason = z.infer<typeof transferReasonSchema>;
export type TransferRule = TransferReason['rule'];

/** @throws ZodError when the row is not one that this program, or an older one, has written */
export const readReason = (text: string): TransferReason =>
  transferReasonSchema.parse(JSON.parse(text));
