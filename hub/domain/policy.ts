import { z } from 'zod';

/** The rules by which check-ins earn points. Versioned; the one in force on a day scores that day. */
export const policySchema = z.object({
  pointsPerCheckIn: z.int().nonnegative(),
  /** At one station, since the last check-in there that was credited. */
  pausePerStationMin: z.int().nonnegative(),
  pointsPerDayMax: z.int().nonnegative(),
});
export type Policy = z.infer<typeof policySchema>;
