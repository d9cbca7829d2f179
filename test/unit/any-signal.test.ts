import { describe, expect, it } from 'vitest';
import { underSignals } from '../../shared/any-signal.ts';

const forever = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

describe('work under several signals', () => {
  it('is called off by each of them, with its reason', async () => {
    for (const which of [0, 1]) {
      const both = [new AbortController(), new AbortController()];
      const signals = both.map(({ signal }) => signal);
      const work = underSignals(signals, forever);
      both[which]?.abort(new Error(`reason ${which}`));
      await expect(work).rejects.toThrow(`reason ${which}`);
    }
  });

  it('finds one that was aborted before', async () => {
    const signal = AbortSignal.abort('before');
    await underSignals([signal], async (any) => expect(any.reason).toBe('before'));
  });
});
