import { setTimeout as delay } from 'node:timers/promises';
import { underSignals } from '../../shared/any-signal.ts';
import { type BackoffLimits, backoff } from '../../shared/bus/backoff.ts';
import { NotifyError } from './notifier.ts';

/** What may be otherwise in a moment, such as a server that restarts: worth another attempt. */
export class PassingTrouble extends NotifyError {
  /** The other side asks to be left alone for so long. */
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Enough to bridge a restart or a lost packet; whoever stays away longer is the ladder's to pass by. */
const attemptsMax = 3;
const retryWaits: BackoffLimits = { firstMs: 500, maxMs: 4_000 };
/** An alarm does not wait for as long as a busy server would like. */
const retryAfterMaxMs = 10_000;

/** @returns how long `withAttempts` takes at most, milliseconds: each attempt and pause to its end */
export const attemptsMaxMs = (timeoutMs: number): number =>
  attemptsMax * timeoutMs + (attemptsMax - 1) * Math.max(retryWaits.maxMs, retryAfterMaxMs);

export interface AttemptLimits {
  /** For one attempt. */
  readonly timeoutMs: number;
  /** For all of them. */
  readonly signal: AbortSignal;
}

/**
 * Tries, and tries again after passing trouble: a notice that comes twice is better than none.
 * @param attempt ends at once when its signal says so
 * @throws NotifyError with the last trouble
 */
export async function withAttempts(
  { timeoutMs, signal }: AttemptLimits,
  attempt: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const waits = backoff(retryWaits, Math.random);
  let last = 'no answer yet';
  for (let count = 1; ; count += 1) {
    try {
      return await withinTime(timeoutMs, signal, attempt);
    } catch (error) {
      if (signal.aborted) throw calledOff(last);
      if (!(error instanceof PassingTrouble)) throw error;
      if (count === attemptsMax) throw new NotifyError(`${error.message} (${count} attempts)`);
      last = error.message;
      const asked = Math.min(error.retryAfterMs, retryAfterMaxMs);
      await pause(Math.max(waits.next().value, asked), signal, last);
    }
  }
}

const calledOff = (last: string): NotifyError =>
  new NotifyError(`called off before it was taken: ${last}`);

async function pause(ms: number, signal: AbortSignal, last: string): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {
    throw calledOff(last); // the only way in which a delay fails
  });
}

async function withinTime(
  timeoutMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    outer.throwIfAborted();
    await underSignals([outer, late.signal], work);
  } catch (error) {
    if (!late.signal.aborted) throw error;
    throw new PassingTrouble(`no answer within ${timeoutMs / 1000} s`);
  } finally {
    clearTimeout(timer);
  }
}
