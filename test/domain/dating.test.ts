import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anchorOfSending, chooseAnchor } from '../../hub/domain/boot-anchor.ts';
import { type Before, clockAheadMaxMs, dateEntries, localDay } from '../../hub/domain/dating.ts';
import { endAfter, endAt } from '../../hub/domain/lane-end.ts';
import { reviewReason } from '../../hub/domain/review.ts';
import type { Reading } from '../../shared/wire/entry.ts';

const nowMs = Date.parse('2026-03-02T04:00:00Z');
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const reading = (wallMs: number, monoMs: number, synced: boolean, boot = 'boot-1'): Reading => ({
  ...{ wallMs, monoMs, synced, boot },
});
/** Half an hour after its boot, with a clock that is right. */
const sent = reading(nowMs, 30 * minuteMs, true);
const nothing: Before = { datedMs: 0, boot: undefined, startMs: undefined };
const dated = (
  entries: Reading[],
  { sent: by = sent, before = {} }: { sent?: Reading; before?: Partial<Before> } = {},
) =>
  dateEntries(
    entries.map((at) => ({ at, receivedMs: nowMs })),
    {
      before: { ...nothing, ...before },
      anchors: new Map([[by.boot, anchorOfSending(by, nowMs).startMs]]),
    },
  );

describe('an entry is dated', () => {
  it('by its own clock when a time service vouched for it', () => {
    expect(dated([reading(nowMs - 5000, 1000, true, 'boot-0')])).toEqual([
      {
        datedBy: 'station-clock',
        occurredMs: nowMs - 5000,
        earliestMs: undefined,
        isFuture: false,
      },
    ]);
  });

  it('by the sending when it is of the same boot, in 1970 as well', () => {
    expect(dated([reading(7, 10 * minuteMs, false)])).toMatchObject([
      { datedBy: 'boot-anchor', occurredMs: nowMs - 20 * minuteMs },
    ]);
  });

  it('by the reception when the clock is still wrong at the sending', () => {
    const unset = reading(1_000_000, 30 * minuteMs, false);
    const [entry] = dated([reading(7, 29 * minuteMs, false)], { sent: unset });
    expect(entry).toMatchObject({ datedBy: 'boot-anchor', occurredMs: nowMs - minuteMs });
  });

  it('by the nearest reading of its boot, whatever the message was sent with', () => {
    const entries = [
      reading(nowMs - 3 * hourMs, 1, true),
      reading(7, minuteMs, false),
      reading(nowMs - hourMs, 2 * minuteMs, true),
    ];
    expect(dated(entries)[1]).toMatchObject({
      datedBy: 'same-boot',
      occurredMs: nowMs - 3 * hourMs + minuteMs - 1,
    });
    const startMs = nowMs - 2 * hourMs;
    expect(
      dated([reading(7, minuteMs, false)], { before: { boot: 'boot-1', startMs } }),
    ).toMatchObject([{ datedBy: 'same-boot', occurredMs: startMs + minuteMs }]);
  });

  it('by a later entry of its boot, also when it is sent after another boot', () => {
    const entries = [
      reading(7, minuteMs, false, 'boot-0'),
      reading(nowMs - hourMs, 2 * minuteMs, true, 'boot-0'),
    ];
    expect(dated(entries)).toMatchObject([
      { datedBy: 'same-boot', occurredMs: nowMs - hourMs - minuteMs },
      { datedBy: 'station-clock', occurredMs: nowMs - hourMs },
    ]);
  });

  it('within the bounds of its neighbours when its boot is over and said nothing', () => {
    const entries = [
      reading(nowMs - 3 * hourMs, 1, true, 'boot-0'),
      reading(7, minuteMs, false, 'boot-lost'),
      reading(nowMs - 2 * hourMs, 1, true),
    ];
    expect(dated(entries)[1]).toEqual({
      datedBy: 'bounds',
      occurredMs: nowMs - 2 * hourMs,
      earliestMs: nowMs - 3 * hourMs,
      isFuture: false,
    });
    const alone = [reading(7, minuteMs, false, 'boot-lost')];
    expect(dated(alone, { before: { datedMs: nowMs - 5 * hourMs } })).toMatchObject([
      { datedBy: 'bounds', occurredMs: nowMs, earliestMs: nowMs - 5 * hourMs },
    ]);
  });

  it('not by a clock that runs ahead of the hub, however sure of itself', () => {
    const ahead = reading(nowMs + clockAheadMaxMs + 1, 29 * minuteMs, true);
    expect(dated([ahead])).toMatchObject([
      { datedBy: 'boot-anchor', occurredMs: nowMs - minuteMs, isFuture: true },
    ]);
  });

  it('the same on either side of a step of the wall clock within one boot', () => {
    const entries = [
      reading(nowMs + 5 * 24 * hourMs, 10 * minuteMs, false),
      reading(nowMs - 9 * 24 * hourMs, 11 * minuteMs, false),
    ];
    const [before, after] = dated(entries);
    expect((after?.occurredMs ?? 0) - (before?.occurredMs ?? 0)).toBe(minuteMs);
  });

  it('never after its reception, and never before what bounds it', () => {
    const anyReading = fc.record({
      wallMs: fc.integer({ min: 0, max: 2 * nowMs }),
      monoMs: fc.integer({ min: 0, max: 1000 * hourMs }),
      synced: fc.boolean(),
      boot: fc.constantFrom('boot-0', 'boot-1', 'boot-2'),
    });
    fc.assert(
      fc.property(fc.array(anyReading, { maxLength: 8 }), anyReading, (entries, sending) => {
        for (const { occurredMs, earliestMs, datedBy } of dated(entries, { sent: sending })) {
          expect(occurredMs).toBeGreaterThanOrEqual(earliestMs ?? 0);
          expect(occurredMs).toBeLessThanOrEqual(nowMs + clockAheadMaxMs);
          expect(earliestMs === undefined).toBe(datedBy !== 'bounds');
        }
      }),
    );
  });
});

describe('when a boot began is known', () => {
  const by = (learnt: 'station-clock' | 'receipt-time' | 'repeated', startMs = nowMs) => ({
    ...{ learnt, startMs },
  });
  const chosen = (evidence: Partial<Parameters<typeof chooseAnchor>[0]>) =>
    chooseAnchor({
      ...{ kept: undefined, toldMs: undefined, sending: undefined, latestMs: nowMs },
      ...evidence,
    });

  it('by the sending, until the station repeats what it was told', () => {
    const sending = anchorOfSending(reading(5, 400, false), nowMs + 400);
    expect(sending).toEqual(by('receipt-time'));
    expect(chosen({ sending })).toBe(sending);
    expect(chosen({ sending, toldMs: 900 })).toEqual(by('repeated', 900));
    expect(chosen({})).toBeUndefined();
  });

  it('as before, whatever a later message says', () => {
    for (const kept of [by('station-clock'), by('receipt-time'), by('repeated')]) {
      for (const sending of [by('station-clock', nowMs - 990), by('receipt-time', nowMs - 990)]) {
        const latestMs = nowMs - 990;
        expect(chosen({ kept, sending, latestMs, toldMs: nowMs + 1 })).toBe(kept);
      }
    }
    const kept = by('station-clock');
    expect(chosen({ kept, toldMs: 1, latestMs: 1 })).toBe(kept);
  });

  it('better once a message shows that the one before had waited somewhere', () => {
    for (const kept of [by('receipt-time'), by('repeated')]) {
      expect(chosen({ kept, toldMs: nowMs - 1 })).toEqual(by('repeated', nowMs - 1));
      const latestMs = nowMs - hourMs;
      expect(chosen({ kept, latestMs })).toEqual(by('receipt-time', latestMs));
    }
  });

  it('better at once where what came before shows that it is too late, by more than clocks are off', () => {
    const sending = anchorOfSending(reading(5, 400, false), nowMs + 400);
    const latestMs = nowMs - clockAheadMaxMs - 1;
    expect(chosen({ sending, latestMs })).toEqual(by('receipt-time', latestMs));
    expect(chosen({ toldMs: nowMs, latestMs })).toEqual(by('receipt-time', latestMs));
    expect(chosen({ toldMs: latestMs, latestMs })).toEqual(by('repeated', latestMs));
    expect(chosen({ sending, latestMs: latestMs + 1 })).toBe(sending);
  });
});

it('the end of a lane tells by when its boot must have begun, by the soonest that came of it', () => {
  type Stored = [boot: string, monoMs: number, receivedMs: number];
  const endOf = (...stored: Stored[]) => {
    const entries = stored.map(([boot, monoMs, receivedMs], index) => ({
      ...{ seq: index + 1, at: reading(7, monoMs, false, boot), receivedMs },
    }));
    const dates = dateEntries(entries, { before: nothing, anchors: new Map() });
    return entries.reduce(
      // One by one, and so as they come.
      (end, entry, index) => endAfter(end, [entry], dates.slice(index, index + 1)),
      endAt(nothing),
    );
  };
  expect(endAt(nothing).latestStartMs).toBeUndefined();
  const boot0: Stored = ['boot-0', 900, nowMs];
  expect(endOf(boot0).latestStartMs).toBe(nowMs - 900);
  const ofBoot1 = endOf(
    boot0,
    ['boot-1', 5, nowMs],
    ['boot-1', 400, nowMs],
    ['boot-1', 500, nowMs + 300],
  );
  expect(ofBoot1.latestStartMs).toBe(nowMs - 400);
});

describe('a check-in is held for a person', () => {
  const dayOf = localDay('Asia/Shanghai');
  const context = { receivedMs: nowMs, acceptDays: 45 };
  const reason = (entry: Parameters<typeof reviewReason>[0]) => reviewReason(entry, context, dayOf);
  const sure = { datedBy: 'station-clock', earliestMs: undefined, isFuture: false } as const;

  it('not when its date is sure', () => {
    expect(reason({ ...sure, occurredMs: nowMs })).toBeUndefined();
  });

  it('when it claims to come from the future', () => {
    expect(reason({ ...sure, occurredMs: nowMs, isFuture: true })).toBe('future');
  });

  it('when its bounds do not tell the day, and only then', () => {
    const midnightMs = Date.parse('2026-03-02T00:00:00+08:00');
    const between = (earliestMs: number, occurredMs: number) =>
      reason({ datedBy: 'bounds', earliestMs, occurredMs, isFuture: false });
    expect(between(midnightMs - 1, midnightMs)).toBe('day-unknown');
    expect(between(midnightMs, midnightMs + hourMs)).toBeUndefined();
  });

  it('when it is older than the policy accepts', () => {
    const limitMs = nowMs - 45 * 24 * hourMs;
    expect(reason({ ...sure, occurredMs: limitMs })).toBeUndefined();
    expect(reason({ ...sure, occurredMs: limitMs - 1 })).toBe('too-old');
  });
});

it('puts midnight where the scheme lives, on a leap day too', () => {
  const dayOf = localDay('Asia/Shanghai');
  expect(dayOf(Date.parse('2028-02-28T15:59:59.999Z'))).toBe('2028-02-28');
  expect(dayOf(Date.parse('2028-02-28T16:00:00.000Z'))).toBe('2028-02-29');
  expect(dayOf(Date.parse('2028-02-29T16:00:00.000Z'))).toBe('2028-03-01');
});
