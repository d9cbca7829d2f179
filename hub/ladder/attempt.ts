import { underSignals } from '../../shared/any-signal.ts';
import type { Timers } from '../../shared/timers.ts';
import { type Notice, type Notifier, NotifyError } from '../notify/notifier.ts';

/**
 * A notifier that has not managed in its own time (`noticeMaxMs`) and this has failed: its own reason
 * says more than ours, and has a moment to arrive. The ladder waits for none.
 */
const lastWordMs = 1_000;

/**
 * Lets a notifier try for as long as it may take, and no longer. One that hears no signal is not waited
 * for.
 * @param limits `signals` call it off
 * @returns why it failed, or undefined when the other side has taken the notice
 */
export async function attempt(
  notifier: Notifier | undefined,
  notice: Notice,
  { timers, signals }: { readonly timers: Timers; readonly signals: readonly AbortSignal[] },
): Promise<string | undefined> {
  if (!notifier) return 'there is no such notifier any more: see hub.json';
  const tooLate = new AbortController();
  const limitMs = notifier.noticeMaxMs + lastWordMs;
  const callOff = timers.after(limitMs, () =>
    tooLate.abort(new NotifyError(`no answer within ${limitMs / 1000} s`)),
  );
  try {
    await underSignals([tooLate.signal, ...signals], (signal) =>
      Promise.race([notifier.notify(notice, signal), aborted(signal)]),
    );
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    callOff();
  }
}

/** Rejects with the reason of the signal; never fulfils. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
