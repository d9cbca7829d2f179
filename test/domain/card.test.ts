import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CardEvent,
  type CardStatus,
  fromTheBeginning,
  issuedAt,
  standingAt,
} from '../../hub/domain/card.ts';

const event = (volunteer: string, status: CardStatus, fromMs: number, id: number): CardEvent => ({
  ...{ id, volunteer, status, fromMs },
});
const told = (events: readonly CardEvent[], ms: number): string => {
  const standing = standingAt(events, ms);
  return standing ? `${standing.volunteer} ${standing.status}` : 'nobody';
};

describe('a card that had an owner before', () => {
  const before = [
    event('first', 'active', fromTheBeginning, 1),
    event('first', 'returned', 40, 2),
    event('second', 'active', 60, 3),
  ];

  it.each(['lost', 'blocked', 'active', 'replaced', 'returned'] as const)(
    'was the first one’s before the second had it, whatever is said: %s',
    (status) => {
      const after = [...before, event('second', status, 20, 4)];
      expect([0, 39, 40, 59].map((ms) => told(after, ms))).toEqual([
        ...['first active', 'first active', 'first returned', 'first returned'],
      ]);
      expect(told(after, 60)).toBe(`second ${status}`);
      expect(issuedAt(after)).toBe(60);
    },
  );

  it('is theirs anew from then on when the same person gets it again', () => {
    const again = [...before, event('second', 'returned', 70, 4), event('second', 'active', 90, 5)];
    expect(told([...again, event('second', 'lost', 65, 6)], 69)).toBe('second active');
    expect(told([...again, event('second', 'active', 65, 6)], 80)).toBe('second returned');
    expect(issuedAt(again)).toBe(90);
  });
});

const volunteers = ['first', 'second', 'third'];
const word = fc.record({
  status: fc.constantFrom<CardStatus>('lost', 'blocked', 'active', 'replaced', 'returned'),
  next: fc.constantFrom(...volunteers),
  sinceMs: fc.nat(200),
});

describe('what was tapped before somebody had the card', () => {
  it('is what it was, whatever is said while they have it', () => {
    let issues = 0;
    const words = fc.array(word, { maxLength: 12 });
    fc.assert(
      fc.property(words, fc.array(fc.nat(200), { minLength: 1 }), (said, taps) => {
        const events = [event('first', 'active', fromTheBeginning, 1)];
        for (const [index, { status, next, sinceMs }] of said.entries()) {
          const nowMs = (index + 1) * 15;
          const last = events.at(-1);
          const isFree = last?.status === 'returned';
          if (isFree) issues += 1;
          const one = isFree
            ? event(next, 'active', nowMs, index + 2)
            : event(last?.volunteer ?? '', status, Math.min(sinceMs, nowMs), index + 2);
          const issued = isFree ? nowMs : issuedAt(events);
          for (const ms of taps.filter((tap) => tap < issued)) {
            expect(told([...events, one], ms)).toBe(told(events, ms));
          }
          events.push(one);
        }
      }),
    );
    expect(issues).toBeGreaterThan(0);
  });
});
