import { performance } from 'node:perf_hooks';

/** Waiting, and the monotonic clock that it goes by: injected, so that a simulation can turn both. */
export interface Timers {
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number;
  /** @returns a function that calls it off. */
  after(ms: number, run: () => void): () => void;
  /** @returns a function that ends it. */
  every(ms: number, run: () => void): () => void;
}

/** Those of this process. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
};
