import { setTimeout as delay } from 'node:timers/promises';

/** Generous: the machine may be busy, and a test that waits well costs nothing when all is well. */
const withinMs = 20_000;

/** Waits until `holds` returns something true, and returns that. @throws with `what` when it never does. */
export async function eventually<T>(
  what: string,
  holds: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  while (performance.now() < deadlineMs) {
    const found = await holds();
    if (found) return found;
    await delay(10);
  }
  throw new Error(`did not happen: ${what}`);
}
