import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPaused, withoutPaused } from '../../hub/domain/pauses.ts';

const pause = fc
  .tuple(fc.nat(100), fc.option(fc.nat(50)))
  .map(([fromMs, length]) => ({ fromMs, untilMs: length === null ? null : fromMs + length }));

describe('a pause', () => {
  it('begins with its first millisecond, and is over at its last', () => {
    const pauses = [{ fromMs: 10, untilMs: 20 }];
    expect([9, 10, 19, 20].map((atMs) => isPaused(pauses, atMs))).toEqual([
      ...[false, true, true, false],
    ]);
  });

  it('lasts until somebody ends it', () => {
    expect(isPaused([{ fromMs: 10, untilMs: null }], 1e15)).toBe(true);
  });

  it('that was undone holds nothing', () => {
    expect(isPaused([{ fromMs: 10, untilMs: 10 }], 10)).toBe(false);
  });

  it('takes each check-in into one half, in the order of all, whatever the order of the pauses', () => {
    fc.assert(
      fc.property(fc.array(pause), fc.array(fc.nat(200)), (pauses, times) => {
        const checkIns = times.map((occurredMs, seq) => ({ occurredMs, seq }));
        const { active, paused } = withoutPaused(checkIns, pauses);
        expect(withoutPaused(checkIns, pauses.toReversed())).toEqual({ active, paused });
        expect([...active, ...paused].toSorted((a, b) => a.seq - b.seq)).toEqual(checkIns);
        for (const { occurredMs } of paused) {
          expect(
            pauses.some((one) => one.fromMs <= occurredMs && occurredMs < (one.untilMs ?? 1e9)),
          ).toBe(true);
        }
      }),
    );
  });
});
