import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atTheFoot, climbed, type Ladder, type Rung, rungsDue } from '../../hub/domain/ladder.ts';
import { ladderSchema, makeLadder, strangersOn } from '../../hub/ladder/ladder-settings.ts';

const ladder: Ladder = {
  steps: [
    { afterMs: 0, notify: ['duty'] },
    { afterMs: 60_000, notify: ['duty', 'chief'] },
  ],
  exhaustedAfterMs: 180_000,
  repeatEveryMs: 60_000,
};

/** Looks at these ages, one after the other. */
function climb(ages: readonly number[]): Rung[] {
  let [at, roundMs] = [atTheFoot, 0];
  return ages.flatMap((ageMs) => {
    const due = rungsDue(ladder, at, { ageMs, sinceRoundMs: ageMs - roundMs });
    at = due.reduce(climbed, at);
    if (due.some(({ kind }) => kind === 'round')) roundMs = ageMs;
    return due;
  });
}

describe('the ladder', () => {
  it('is climbed step by step, and goes on in rounds that tell everybody', () => {
    expect(climb([0, 59_999, 60_000, 179_999, 180_000, 200_000, 240_000])).toEqual([
      { kind: 'step', number: 1, notify: ['duty'] },
      { kind: 'step', number: 2, notify: ['duty', 'chief'] },
      { kind: 'round', number: 1, notify: ['duty', 'chief'] },
      { kind: 'round', number: 2, notify: ['duty', 'chief'] },
    ]);
  });

  it('makes up for every step that was missed, and for one round only', () => {
    expect(climb([3_600_000]).map(({ kind, number }) => `${kind} ${number}`)).toEqual([
      'step 1',
      'step 2',
      'round 1',
    ]);
  });

  it('has no end', () => {
    expect(climb([180_000, 86_400_000 * 365]).at(-1)?.kind).toBe('round');
  });

  it('does each step once and no round twice, whenever it is looked at', () => {
    const ages = fc.array(fc.nat(1_000_000), { maxLength: 40 });
    fc.assert(
      fc.property(ages, (list) => {
        const sorted = list.toSorted((a, b) => a - b);
        const names = climb(sorted).map(({ kind, number }) => `${kind} ${number}`);
        expect(new Set(names).size).toBe(names.length);
        const steps = names.filter((name) => name.startsWith('step'));
        const oldest = sorted.at(-1) ?? -1;
        expect(steps).toHaveLength(ladder.steps.filter(({ afterMs }) => afterMs <= oldest).length);
        expect(names.some((name) => name.startsWith('round'))).toBe(oldest >= 180_000);
      }),
    );
  });
});

describe('the ladder in hub.json', () => {
  const problems = (ladderSaid: unknown): string[] =>
    (ladderSchema.safeParse(ladderSaid).error?.issues ?? []).map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );

  it('is loud by itself when nothing is said', () => {
    const { steps, exhaustedAfterMs } = makeLadder(ladderSchema.parse({}));
    expect(steps).toEqual([]);
    expect(exhaustedAfterMs).toBeGreaterThan(0);
  });

  it.each([
    [
      'goes back',
      [
        { afterS: 60, notify: ['a'] },
        { afterS: 60, notify: ['b'] },
      ],
      /steps\.1\.afterS: comes after 60/,
    ],
    ['has a step that is never reached', [{ afterS: 180, notify: ['a'] }], /never reached/],
    ['has a step that tells nobody', [{ afterS: 0, notify: [] }], /tells somebody/],
    ['jumps elsewhere', [{ afterS: 0, notify: ['a'], goto: 0 }], /goto/],
  ])('is refused when it %s', (_what, steps, reason) => {
    expect(problems({ steps }).join('\n')).toMatch(reason);
  });

  it('names who is on it and is no notifier', () => {
    const settings = ladderSchema.parse({ steps: [{ afterS: 0, notify: ['a', 'b'] }] });
    expect(strangersOn(settings, ['a'])).toEqual(['b']);
  });
});
