import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alarmCauses } from '../../hub/domain/alarm.ts';
import {
  type AlarmFact,
  crossesLimit,
  figuresOf,
  isFalse,
  suggest,
  suggestionTexts,
} from '../../hub/domain/false-alarms.ts';

const dayMs = 86_400_000;
const nowMs = 1_000 * dayMs;
const rule = { perDays: 90, limit: 3 };
const fact = (more: Partial<AlarmFact>): AlarmFact => ({
  ...{ station: 'st-00000001', raisedMs: nowMs - dayMs, cause: 'false', marked: false, ...more },
});
const times = (n: number, more: Partial<AlarmFact> = {}) =>
  Array.from({ length: n }, () => fact(more));

const facts = fc.array(
  fc.record({
    station: fc.constantFrom('st-00000001', 'st-00000002'),
    raisedMs: fc.integer({ min: nowMs - 200 * dayMs, max: nowMs }),
    cause: fc.constantFrom(...alarmCauses, null),
    marked: fc.boolean(),
  }),
);

describe('a suggestion', () => {
  it('comes with the first false alarm over the limit, and not before', () => {
    expect(suggest(times(3), rule, nowMs)).toBeUndefined();
    expect(suggest(times(4), rule, nowMs)).toBe('relabel');
  });

  it.each([
    ['relabel', { cause: 'false', marked: false }],
    ['retrain', { cause: 'false', marked: true }],
    ['longer-hold', { cause: 'mistake', marked: true }],
    ['guard', { cause: 'mistake', marked: false }],
  ] as const)('is %s for %j', (suggestion, more) => {
    expect(suggest(times(4, more), rule, nowMs)).toBe(suggestion);
    // Half of them is not most of them.
    const other = fact({ cause: suggestion === 'relabel' ? 'mistake' : 'false', marked: false });
    expect(suggest([...times(3, more), other], rule, nowMs)).toBe(suggestion);
    expect(suggest([...times(2, more), other, other], rule, nowMs)).toBe('retrain');
  });

  it('does not count what was real, a test, unresolved, or long ago', () => {
    const more = [
      ...times(9, { cause: 'real' }),
      ...times(9, { cause: 'test' }),
      ...times(9, { cause: null }),
      ...times(9, { raisedMs: nowMs - 91 * dayMs }),
    ];
    expect(suggest([...times(3), ...more], rule, nowMs)).toBeUndefined();
  });

  it('is made once while false alarms come one by one', () => {
    const made = Array.from({ length: 10 }, (_, n) =>
      crossesLimit(times(n), times(n + 1), rule, nowMs),
    );
    expect(made.filter((one) => one !== undefined)).toEqual(['relabel']);
    expect(made[3]).toBe('relabel');
  });

  it('depends on the set of alarms alone, and is made exactly over the limit', () => {
    fc.assert(
      fc.property(
        facts.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        fc.integer({ min: 1, max: 5 }),
        ([all, shuffled], limit) => {
          const made = suggest(all, { perDays: 90, limit }, nowMs);
          expect(suggest(shuffled, { perDays: 90, limit }, nowMs)).toBe(made);
          const counted = all.filter(
            (one) => isFalse(one) && one.raisedMs >= nowMs - 90 * dayMs,
          ).length;
          expect(made !== undefined).toBe(counted > limit);
        },
      ),
    );
  });

  it('offers four things to a person, none of which is to do without the button', () => {
    expect(Object.keys(suggestionTexts)).toEqual(['relabel', 'longer-hold', 'guard', 'retrain']);
    const words = /silenc|mute|disable|switch.* off|disconnect|ignore|remove/i;
    for (const text of Object.values(suggestionTexts)) expect(text).not.toMatch(words);
  });
});

describe('figures', () => {
  it('count each alarm of the window once, under its station and cause', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const fromMs = nowMs - 90 * dayMs;
        const lines = figuresOf(all, fromMs);
        expect(new Set(lines.map(({ station }) => station)).size).toBe(lines.length);
        for (const { station, causes, unresolved, falseAlarms } of lines) {
          const own = all.filter((one) => one.station === station && one.raisedMs >= fromMs);
          const resolved = Object.values(causes).reduce((sum, n) => sum + n, 0);
          expect(resolved + unresolved).toBe(own.length);
          expect(falseAlarms).toBe(causes.false + causes.mistake);
        }
      }),
    );
  });
});
