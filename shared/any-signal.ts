/**
 * Works under a signal that aborts as soon as one of these does, with its reason. Node's own
 * `AbortSignal.any` may be collected together with a source that nothing else holds, such as a
 * time-out, and then nothing ever ends (nodejs/node#57736 and #65995).
 */
export async function underSignals<T>(
  signals: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const any = new AbortController();
  const releases = signals.map((signal) => {
    const abort = (): void => any.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    return () => signal.removeEventListener('abort', abort);
  });
  try {
    return await work(any.signal);
  } finally {
    for (const release of releases) release();
  }
}
