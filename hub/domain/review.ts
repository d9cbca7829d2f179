import type { Dated } from './dating.ts';

/** Why a check-in waits for a person. */
export type ReviewReason = 'future' | 'too-old' | 'day-unknown';

const dayMs = 86_400_000;

/**
 * A check-in whose date is not to be trusted enough for points is kept, and held for a person.
 * @param acceptDays how old a check-in may be when it arrives
 * @returns why, or undefined when it counts
 */
export function reviewReason(
  { isFuture, occurredMs, earliestMs }: Dated,
  { receivedMs, acceptDays }: { receivedMs: number; acceptDays: number },
  dayOf: (ms: number) => string,
): ReviewReason | undefined {
  if (isFuture) return 'future';
  if (earliestMs !== undefined && dayOf(earliestMs) !== dayOf(occurredMs)) return 'day-unknown';
  if (receivedMs - occurredMs > acceptDays * dayMs) return 'too-old';
  return undefined;
}
