import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from '../../hub/domain/ledger.ts';
import { policySchema } from '../../hub/domain/policy.ts';
import { IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';
import { pointsByRules, shanghaiMinute } from '../support/points-by-rules.ts';
import {
  latencyMsMax,
  pointsAndDates,
  StoryUnit,
  sendings,
  unitStories,
} from '../support/unit-story.ts';

const runs = 25;
/** More of these: of the days that end within somebody's bounds there are few. */
const storyRuns = 100;
/** A failing story is made simpler for so long only, so that it is told before the test's time is up. */
const storyLimits = { interruptAfterTimeLimit: 100_000, markInterruptAsFailure: false };
/** Two days, midnight between them: the scheme's day begins 14 hours after `startMs`. */
const minutesMax = 2 * 24 * 60;

/** What stations sent: each lane's check-ins by minute, and a schedule of what arrives when. */
const story = fc.record({
  lanes: fc.array(fc.array(fc.nat(minutesMax), { minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 3,
  }),
  /** Which lane sends how many of its entries next, how far back it goes first, and what happens to the hub. */
  sendings: fc.array(
    fc.record({
      lane: fc.nat(2),
      count: fc.integer({ min: 1, max: 5 }),
      back: fc.nat(3),
      restart: fc.boolean(),
    }),
    { maxLength: 30 },
  ),
});
type Told<A> = A extends fc.Arbitrary<infer T> ? T : never;
type Story = Told<typeof story>;
/** Of months that are full, too, there are enough with so many. */
const limitedRuns = 40;
/** The story's two days become forty: a month and a part of the next. */
const daysApart = 20;

it('points depend on what happened, and not on the order, the batches, the repeats or the restarts in which it arrived', async () => {
  await fc.assert(
    fc.asyncProperty(story, (told) => withHubOf(undefined, (hub) => arrive(hub, told, 1))),
    { numRuns: runs },
  );
}, 120_000);

it('nor do they where a month has a limit, nights earn more, and the rules change in its midst', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(story, (told) =>
      withHubOf(undefined, async (hub) => {
        await publishRules(hub);
        await arrive(hub, told, daysApart);
        const rows = await hub.store.db.selectFrom('check_in').select('outcome').execute();
        const transfers = await hub.store.db.selectFrom('transfer').selectAll().execute();
        const facts = [
          ...rows.map(({ outcome }) => outcome),
          ...transfers.flatMap(({ code, reason }) => [code, ...reason.split('"')]),
        ];
        for (const fact of facts) seen.set(fact, (seen.get(fact) ?? 0) + 1);
      }),
    ),
    { numRuns: limitedRuns },
  );
  for (const fact of ['monthly-limit', 'daily-limit', 'night', 'correction', 'credited']) {
    expect(seen.get(fact), fact).toBeGreaterThan(0);
  }
}, 180_000);

/** A month that is full after some days; from the middle of March on, by other rules. */
async function publishRules({ store }: IngestHub): Promise<void> {
  const march = {
    ...{ pointsPerCheckIn: 10, pausePerStationMin: 30, pointsPerDayMax: 20 },
    ...{ pointsPerMonthMax: 45, night: { from: '22:30', to: '06:15', points: 3 } },
  };
  const later = { ...march, pointsPerCheckIn: 7, pointsPerMonthMax: 60 };
  for (const [version, effective_from, body] of [
    [2, '2026-03-01', march],
    [3, '2026-03-16', later],
  ] as const) {
    const row = { version, effective_from, body: JSON.stringify(policySchema.parse(body)) };
    await store.db.insertInto('policy').values(row).execute();
  }
}

/** @param apart how many times further apart the check-ins are than the story says */
async function arrive(hub: IngestHub, { lanes, sendings }: Story, apart: number): Promise<void> {
  const minutesOf = (minutes: readonly number[]) => minutes.map((minute) => minute * apart);
  const endMinute = minutesMax * apart;
  hub.nowMs = startMs + (endMinute + 60) * minuteMs;
  const pasts = lanes.map((minutes) => {
    const past = new Past(hub);
    for (const minute of minutesOf(minutes).toSorted((a, b) => a - b))
      past.checkIn(reading(minute));
    return { past, total: minutes.length, sent: 0 };
  });
  let sentMinute = endMinute;
  for (const { lane, count, back, restart } of sendings) {
    const one = pasts[lane % pasts.length];
    if (!one) continue;
    const from = Math.max(1, one.sent + 1 - back);
    const through = Math.min(one.total, from + count - 1);
    if (through >= from) {
      sentMinute += 0.001;
      await hub.give(one.past.message(from, through, Math.floor(sentMinute)));
    }
    one.sent = Math.max(one.sent, through);
    if (restart) await hub.restart();
  }
  for (const one of pasts) await hub.give(one.past.message(1, one.total));
  const checkIns = await hub.store.db.selectFrom('check_in').select('occurred_ms').execute();
  expect(checkIns.map(({ occurred_ms }) => occurred_ms).sort()).toEqual(
    minutesOf(lanes.flat())
      .map((minute) => startMs + minute * minuteMs)
      .sort(),
  );
  await expectPointsByTheRules(hub);
}

const tap = { afterMin: 40, what: 'tap', errorMs: 0 } as const;
/**
 * The first three entries of a boot that never knew the time come with the next boot's message. Its own,
 * with the fourth, has waited for three hours meanwhile, and by it those three would not have happened yet.
 */
const overtaken: [Told<typeof unitStories>, Told<typeof sendings>, number] = [
  [
    [
      { offMin: 0, synced: false, errorMs: 0, steps: [tap, tap, tap] },
      { offMin: 28, synced: true, errorMs: 0, steps: [] },
    ],
  ],
  [
    { unit: 0, at: 750, count: 6, back: 0, latencyMs: latencyMsMax, restart: false },
    { unit: 0, at: 900, count: 3, back: 0, latencyMs: 0, restart: false },
  ],
  0,
];

/** How many stored entries are dated anew in one commit: so many as ever stand open here, or piece by piece. */
describe.each([undefined, 2])(
  'units whose clocks are set late, never, or again, dated anew %s at once',
  (anewAtOnceMax) => {
    const withHub = (run: (hub: IngestHub) => Promise<void>) => withHubOf(anewAtOnceMax, run);

    it('get the same points and dates however their lanes are split, repeated or interrupted', async () => {
      await fc.assert(
        fc.asyncProperty(unitStories, sendings, async (stories, schedule) => {
          await withHub(async (hub) => {
            const units = stories.map((boots, index) => new StoryUnit(hub, `unit-${index}`, boots));
            const endMs = Math.max(...units.map((unit) => unit.endMs)) + latencyMsMax;
            const startAgain = await hub.backUp();
            // Some milliseconds apart, so that the unit that sends them has made other bytes each time.
            const atOnce = schedule.map((sending, index) => ({ ...sending, atMs: endMs + index }));
            await deliver(
              hub,
              units,
              atOnce.map((sending) => ({ ...sending, latencyMs: 0 })),
            );
            const split = await pointsAndDates(hub);
            await expectPointsByTheRules(hub);
            await startAgain();
            await deliver(hub, units, []);
            expect(await pointsAndDates(hub)).toEqual(split);
          });
        }),
        { numRuns: storyRuns, ...storyLimits },
      );
    }, 180_000);

    it('get them again from a hub that was put back to an older backup', async () => {
      await fc.assert(
        fc.asyncProperty(unitStories, sendings, fc.nat(20), async (stories, schedule, backedUp) => {
          await withHub(async (hub) => {
            const units = stories.map((boots, index) => new StoryUnit(hub, `unit-${index}`, boots));
            const endMs = Math.min(...units.map((unit) => unit.endMs)) - 1;
            const live = schedule
              .map((sending) => ({
                ...sending,
                atMs: startMs + Math.round(((endMs - startMs) * sending.at) / 1000),
              }))
              .toSorted((a, b) => a.atMs + a.latencyMs - b.atMs - b.latencyMs);
            const sent = await deliver(hub, units, live.slice(0, backedUp), false);
            const goBack = await hub.backUp();
            await deliver(hub, units, live.slice(backedUp), true, sent);
            const before = await pointsAndDates(hub);
            await expectPointsByTheRules(hub);
            await goBack();
            await deliver(hub, units, []);
            expect(await pointsAndDates(hub)).toEqual(before);
          });
        }),
        { numRuns: storyRuns, ...storyLimits, examples: [overtaken] },
      );
    }, 180_000);
  },
);

async function withHubOf(
  anewAtOnceMax: number | undefined,
  run: (hub: IngestHub) => Promise<void>,
): Promise<void> {
  const hub = await IngestHub.start(undefined, anewAtOnceMax);
  try {
    await run(hub);
  } finally {
    await hub.stop();
  }
}

interface Sending {
  readonly unit: number;
  readonly atMs: number;
  readonly count: number;
  readonly back: number;
  readonly latencyMs: number;
  readonly restart: boolean;
}

/**
 * Sends what there is by then, as scheduled, with what the units were told of their boots; and in the end
 * all of it, in one message for each unit. @returns how far each unit has sent
 */
async function deliver(
  hub: IngestHub,
  units: readonly StoryUnit[],
  schedule: readonly Sending[],
  isAll = true,
  sentBefore: readonly number[] = [],
): Promise<number[]> {
  const sent = units.map((_, index) => sentBefore[index] ?? 0);
  for (const { unit: chosen, atMs, count, back, latencyMs, restart } of schedule) {
    const index = chosen % units.length;
    const unit = units[index];
    const from = Math.max(1, (sent[index] ?? 0) + 1 - back);
    const through = Math.min(unit?.countAt(atMs) ?? 0, from + count - 1);
    if (through >= from) await unit?.send(hub, { from, through, atMs, latencyMs });
    sent[index] = Math.max(sent[index] ?? 0, through);
    if (restart) await hub.restart();
  }
  if (!isAll) return sent;
  // When all that was still under way has come.
  const endMs = Math.max(...units.map((unit) => unit.endMs)) + 2 * latencyMsMax;
  for (const unit of units) {
    const through = unit.countAt(endMs);
    await unit.send(hub, { from: 1, through, atMs: endMs, latencyMs: 0 });
  }
  await hub.ingest.settled();
  return sent;
}

/** The ledger is the fold of its transfers, sums to zero, and says what the pure rules say of all check-ins. */
async function expectPointsByTheRules(hub: IngestHub): Promise<void> {
  const { db } = hub.store;
  // As they happened, not as they came: rules that went by the order of arrival would differ.
  const checkIns = await db
    .selectFrom('check_in')
    .selectAll()
    .where('counts', '=', 1)
    .orderBy('occurred_ms')
    .orderBy('epoch')
    .orderBy('seq')
    .execute();
  const policies = await db
    .selectFrom('policy')
    .selectAll()
    .orderBy('effective_from')
    .orderBy('version')
    .execute();
  const expected = pointsByRules(checkIns, (day) => {
    const row = policies.findLast(({ effective_from }) => effective_from <= day);
    return policySchema.parse(JSON.parse(row?.body ?? ''));
  });
  for (const { checkIn, outcome, points } of expected) {
    expect({ outcome: checkIn.outcome, points: checkIn.points }).toEqual({ outcome, points });
  }
  for (const { minute, occurred_ms } of checkIns) expect(minute).toBe(shanghaiMinute(occurred_ms));
  const transfers = await db.selectFrom('transfer').select(['debit', 'credit', 'amount']).execute();
  const folded = fold(transfers);
  const accounts = await db.selectFrom('account').select(['id', 'balance']).execute();
  for (const { id, balance } of accounts) expect(balance, id).toBe(folded.get(id) ?? 0);
  expect(accounts.reduce((sum, { balance }) => sum + balance, 0)).toBe(0);
  const total = expected.reduce((sum, { points }) => sum + points, 0);
  expect((await hub.balances()).volunteer).toBe(total);
}
