/** Waits between attempts: doubled each time, up to a limit, and jittered so that a street of stations does not return as one. */
export interface BackoffLimits {
  readonly firstMs: number;
  readonly maxMs: number;
}

export const reconnectLimits: BackoffLimits = { firstMs: 200, maxMs: 30_000 };

/**
 * @param random numbers from 0 to 1, injected so that a test can know the waits
 * @returns an endless sequence of waits in milliseconds, each between half of its step and all of it
 */
export function* backoff(limits: BackoffLimits, random: () => number): Generator<number, never> {
  for (let stepMs = limits.firstMs; ; stepMs = Math.min(stepMs * 2, limits.maxMs)) {
    yield Math.round(stepMs * (0.5 + random() / 2));
  }
}
