import type { Clock } from '../../shared/clock.ts';
import type { Timers } from '../../shared/timers.ts';
import type { Input } from '../domain/steps.ts';

/** Soon enough for the first entries of a boot, and nothing next to what a tap costs. */
export const clockWatchEveryMs = 10_000;

/** Tells the station's brain now and every ten seconds whether the clock is vouched for. @returns a function that ends it. */
export function startClockWatch(
  timers: Timers,
  clock: Clock,
  dispatch: (input: Input) => void,
): () => void {
  const look = (): void => dispatch({ type: 'clock', synced: clock.read().synced });
  look();
  return timers.every(clockWatchEveryMs, look);
}
