import { describe, expect, it } from 'vitest';
import { announceEveryFor, isSilent, silentAfterMinMs } from '../../hub/domain/presence.ts';
import {
  afterFault,
  afterPresence,
  endOf,
  isTestDue,
  stepFor,
  type TroubleNews,
} from '../../hub/domain/trouble.ts';
import { announceEveryDefaultMs } from '../../shared/wire/limits.ts';

const station = 'st-00000001';

describe('a trouble', () => {
  /** What is open, after some news in order; each kind has one place. */
  const given = (...news: TroubleNews[]): { open: string[]; begun: number } => {
    const open = new Map<string, { begunMs: number }>();
    let begun = 0;
    for (const [atMs, { kind, part = '', state }] of news.entries()) {
      const key = `${kind} ${part}`.trim();
      const step = stepFor(open.get(key), state);
      if (step.do === 'begin') {
        open.set(key, { begunMs: atMs });
        begun += 1;
      }
      if (step.do === 'end') open.delete(key);
    }
    return { open: [...open.keys()], begun };
  };
  const presence = (...states: ('online' | 'offline' | 'silent')[]) =>
    given(...states.flatMap((state) => afterPresence(station, state)));
  const fault = (state: 'begun' | 'ended') =>
    afterFault(station, { part: 'reader', state, detail: 'unplugged' });

  it('told again is no second one, and ends once', () => {
    expect(given(fault('begun'), fault('begun'))).toEqual({ open: ['reader'], begun: 1 });
    expect(given(fault('begun'), fault('ended'), fault('ended')).open).toEqual([]);
    expect(given(fault('ended'))).toEqual({ open: [], begun: 0 });
  });

  it('of presence is one at a time, and over when the station is there', () => {
    expect(presence('silent').open).toEqual(['silent']);
    expect(presence('silent', 'offline')).toEqual({ open: ['offline'], begun: 2 });
    expect(presence('offline', 'silent').open).toEqual(['silent']);
    expect(presence('offline', 'online')).toEqual({ open: [], begun: 1 });
  });

  it('does not end before it began', () => {
    expect(endOf({ begunMs: 1_000 }, 999)).toBe(1_000);
    expect(endOf({ begunMs: 1_000 }, 1_001)).toBe(1_001);
  });
});

describe('a test is due', () => {
  const dayMs = 86_400_000;
  it('so many days after the last, or after the station was added', () => {
    const added = { addedMs: 0, testedMs: undefined };
    expect(isTestDue(added, 90 * dayMs, 90)).toBe(false);
    expect(isTestDue(added, 90 * dayMs + 1, 90)).toBe(true);
    expect(isTestDue({ addedMs: 0, testedMs: dayMs }, 91 * dayMs, 90)).toBe(false);
    expect(isTestDue({ addedMs: 0, testedMs: dayMs }, 91 * dayMs + 1, 90)).toBe(true);
  });
});

it('a station speaks three times within the silence that it is allowed', () => {
  expect(announceEveryFor(90_000)).toBe(announceEveryDefaultMs);
  expect(announceEveryFor(600_000)).toBe(announceEveryDefaultMs);
  const third = 3 * announceEveryFor(silentAfterMinMs);
  expect(isSilent(third + 1_000, silentAfterMinMs), 'it may take a second').toBe(false);
});
