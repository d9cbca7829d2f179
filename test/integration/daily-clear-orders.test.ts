import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dayAfter } from '../../hub/domain/day-close.ts';
import { AlarmDesk, dayMs, dayOf, hourMs, mondayMs } from '../support/alarm-desk.ts';

type Act =
  | { act: 'raise'; hoursAgo: number }
  | { act: 'acknowledge' | 'resolve'; which: number }
  | { act: 'close'; afterHours: number; skip: number; carry: boolean }
  | { act: 'wait'; hours: number };

const hoursAgo = fc.constantFrom(0, 1, 20, 50, 80);
const which = fc.nat(9);
const acts: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ act: fc.constant('raise' as const), hoursAgo }),
  fc.record({ act: fc.constantFrom('acknowledge' as const, 'resolve' as const), which }),
  fc.record({
    ...{ act: fc.constant('close' as const), carry: fc.boolean() },
    afterHours: fc.constantFrom(0, 24),
    skip: fc.constantFrom(0, 0, 0, 1, 2),
  }),
  fc.record({ act: fc.constant('wait' as const), hours: fc.integer({ min: 10, max: 40 }) }),
);

/** What the tables say, read past the program. */
async function facts({ store: { db } }: AlarmDesk) {
  const closes = await db.selectFrom('day_close').selectAll().orderBy('day').execute();
  const carried = await db.selectFrom('day_carry').selectAll().execute();
  const cleared = await db.selectFrom('day_cleared').selectAll().execute();
  const alarms = await db.selectFrom('alarm').selectAll().orderBy('id').execute();
  return {
    closedThrough: closes.at(-1)?.day,
    alarms: alarms.map((row) => ({
      subject: `alarm:${row.id}`,
      day: dayOf(row.raised_ms),
      isResolved: row.resolved_ms !== null,
      isCleared: cleared.some(({ subject }) => subject === `alarm:${row.id}`),
      carriedOn: carried.flatMap((one) => (one.subject === `alarm:${row.id}` ? [one.day] : [])),
    })),
  };
}

/** Closes a day, with everything that stands open carried over, or with nothing carried. */
async function tryToClose(desk: AlarmDesk, skip: number, carry: boolean): Promise<void> {
  const { closedThrough, alarms } = await facts(desk);
  const earliest = alarms.map((one) => one.day).sort()[0] ?? dayOf(mondayMs);
  let day = closedThrough === undefined ? earliest : dayAfter(closedThrough);
  for (let days = 0; days < skip; days += 1) day = dayAfter(day);
  const { matters } = await desk.show(day);
  const open = carry ? matters.filter(({ done }) => done === null) : [];
  const carries = open.map(({ subject }) => ({ subject, reason: 'it waits' }));
  const { state } = await desk.close(day, carries);
  if (state !== 'closed') return;
  // The claim of a close: of every day up to it, nothing stands open that nobody signed for.
  for (const one of alarms.filter((alarm) => alarm.day <= day && !alarm.isResolved)) {
    const now = (await facts(desk)).alarms.find(({ subject }) => subject === one.subject);
    expect(now?.carriedOn).toContain(day);
  }
}

async function perform(desk: AlarmDesk, act: Act): Promise<void> {
  switch (act.act) {
    case 'raise':
      await desk.raise({ raisedMs: desk.nowMs - act.hoursAgo * hourMs });
      return;
    case 'wait':
      desk.nowMs += act.hours * hourMs;
      return;
    case 'close':
      desk.nowMs += act.afterHours * hourMs;
      return tryToClose(desk, act.skip, act.carry);
    default: {
      const { alarms } = await facts(desk);
      const id = act.which % Math.max(1, alarms.length);
      if (alarms.length === 0) return;
      // A second operator is refused, and that is all that comes of it.
      await desk[act.act](id + 1).catch((error: unknown) =>
        expect(String(error)).toMatch(/already/),
      );
    }
  }
}

/** No alarm has left the lists but one that is resolved, and stood resolved on a closed list. */
async function nothingIsLost(desk: AlarmDesk): Promise<void> {
  const { closedThrough, alarms } = await facts(desk);
  for (const { subject, day, isResolved, isCleared } of alarms) {
    if (isCleared) expect(isResolved).toBe(true);
    const due = closedThrough !== undefined && day <= closedThrough ? dayAfter(closedThrough) : day;
    const { matters } = await desk.show(due);
    expect(matters.some((line) => line.subject === subject)).toBe(!isCleared);
  }
}

it('whatever is done in whatever order, no alarm leaves the lists without being resolved or carried', async () => {
  let closed = 0;
  let lateOnes = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(acts, { minLength: 12, maxLength: 30 }), async (list) => {
      const desk = await AlarmDesk.open();
      for (const act of list) {
        await perform(desk, act);
        await nothingIsLost(desk);
        if (act.act !== 'raise') continue;
        const { late } = await desk.show(dayOf(desk.nowMs - act.hoursAgo * hourMs));
        lateOnes += late.length;
      }
      const { alarms, closedThrough } = await facts(desk);
      closed += closedThrough === undefined ? 0 : 1;
      // And there is always a way out: resolve everything, and close day by day.
      for (const [index, one] of alarms.entries())
        if (!one.isResolved) await desk.resolve(index + 1);
      desk.nowMs += 2 * dayMs;
      const earliest = alarms.map(({ day }) => day).sort()[0] ?? dayOf(mondayMs);
      let day = closedThrough === undefined ? earliest : dayAfter(closedThrough);
      for (; day < dayOf(desk.nowMs); day = dayAfter(day)) {
        expect((await desk.close(day)).state).toBe('closed');
      }
      expect((await facts(desk)).alarms.every(({ isCleared }) => isCleared)).toBe(true);
      await desk.store.close();
    }),
    { numRuns: 30 },
  );
  // Otherwise it has shown nothing.
  expect(closed).toBeGreaterThan(10);
  expect(lateOnes).toBeGreaterThan(5);
}, 120_000);
