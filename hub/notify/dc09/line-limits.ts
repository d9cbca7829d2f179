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

/** A timer of a busy machine may be late by so much. */
const timerSlackMs = 1_000;
/** Whoever tries more often than this does nothing else. */
const probeEveryMinMs = 1_000;

/** EN 50136 wants a lost line of class SP5 or DP4 to be told within 90 s. */
const supervisionDefaultS = 90;

/** The least `supervisionS` that can be kept, seconds. */
export const supervisionMinS = (deliveryMs: number): number =>
  Math.ceil((deliveryMs + timerSlackMs + probeEveryMinMs) / 1_000);

/**
 * How long a line that is well is left alone between two tries, milliseconds: so that one which is lost
 * right after an answer is trouble within `supervisionS`, the attempts of the try that finds it included.
 * @param deliveryMs how long one try takes at most
 */
export function probeEveryMs(supervisionS: number | undefined, deliveryMs: number): number {
  const withinS = supervisionS ?? Math.max(supervisionDefaultS, supervisionMinS(deliveryMs));
  return Math.max(probeEveryMinMs, withinS * 1_000 - deliveryMs - timerSlackMs);
}
