import { type BackoffLimits, backoff } from '../../../shared/bus/backoff.ts';

/** Waits between two attempts at one event: the monitoring station may be restarting its receiver. */
export const retryLimits: BackoffLimits = { firstMs: 1_000, maxMs: 8_000 };

/** One gives the receiver's clock; a second leaves room for a clock that is set just then. */
export const clockCorrectionsMax = 2;

/** @returns how long one delivery takes at most, milliseconds: every attempt unanswered to its end */
export function deliveryMaxMs(
  { ackTimeoutS, attemptsMax }: { readonly ackTimeoutS: number; readonly attemptsMax: number },
  retry = retryLimits,
): number {
  const waits = backoff(retry, () => 1);
  let totalMs = (attemptsMax + clockCorrectionsMax) * ackTimeoutS * 1_000;
  for (let pauses = 1; pauses < attemptsMax; pauses += 1) totalMs += waits.next().value;
  return totalMs;
}
