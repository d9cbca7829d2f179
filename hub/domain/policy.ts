import { z } from 'zod';

/** Longer than stations keep what was delivered, so that a hub restored from a backup accepts all of it. */
const acceptDaysDefault = 45;

/** The rules by which check-ins earn points. Versioned; the one in force on a day scores that day. */
export const policySchema = z.object({
  pointsPerCheckIn: z.int().nonnegative(),
  /** At one station, since the last check-in there that was credited. */
  pausePerStationMin: z.int().nonnegative(),
  pointsPerDayMax: z.int().nonnegative(),
  /** A check-in that is older when it arrives is held for review. */
  acceptDays: z.int().positive().default(acceptDaysDefault),
});
export type Policy = z.infer<typeof policySchema>;
