import { z } from 'zod';
import { outcomeSchema } from '../../shared/wire/messages.ts';

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
    outcome: outcomeSchema,
    /** What the check-in comes to with this transfer. */
    points: z.int(),
    /** When it was thought to have happened before. */
    datedAnewFromMs: z.int().optional(),
  }),
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
]);
export type TransferReason = z.infer<typeof transferReasonSchema>;
export type TransferRule = TransferReason['rule'];

/** @throws ZodError when the row is not one that this program, or an older one, has written */
export const readReason = (text: string): TransferReason =>
  transferReasonSchema.parse(JSON.parse(text));
