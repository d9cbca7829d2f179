import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pauseVolunteer, resumeVolunteer } from '../../hub/app/pauses.ts';
import { changeVolunteer, listVolunteers, showVolunteer } from '../../hub/app/volunteers.ts';
import { fold } from '../../hub/domain/ledger.ts';
import { IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';

const at = (minute: number) => ({ by: 'Operator 1', atMs: startMs + minute * minuteMs });

const outcomesOf = async (hub: IngestHub) =>
  (
    await hub.store.db
      .selectFrom('check_in')
      .select(['outcome', 'points'])
      .orderBy('occurred_ms')
      .execute()
  ).map(({ outcome, points }) => `${outcome} ${points}`);

describe('a volunteer who is paused', () => {
  let hub: IngestHub;
  let past: Past;
  beforeEach(async () => {
    hub = await IngestHub.start();
    past = new Past(hub);
  });
  afterEach(() => hub.stop());
  const pause = (minute: number) => pauseVolunteer(hub.store, hub.volunteer, at(minute));
  const resume = (minute: number, undo = false) =>
    resumeVolunteer(hub.store, hub.volunteer, { ...at(minute), undo });

  it('earns nothing, and the tap is recorded and told as such', async () => {
    await pause(5);
    past.checkIns(10);
    await hub.give(past.message(1, 1));
    expect(await outcomesOf(hub)).toEqual(['recorded 0']);
    expect(hub.receipts.at(-1)?.outcomes).toEqual([{ seq: 1, outcome: 'recorded', points: 0 }]);
    expect((await hub.outgoing()).at(-1)?.body).toMatchObject({ outcome: 'recorded', points: 0 });
    expect(await hub.balances()).toEqual({ volunteer: 0, sum: 0 });
  });

  it('is judged by when the tap was made, not by when it came', async () => {
    past.checkIns(0, 65, 130);
    await pause(60);
    await resume(120);
    await hub.give(past.message(1, 3));
    expect(await outcomesOf(hub)).toEqual(['credited 10', 'recorded 0', 'credited 10']);
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
  });

  it('is not kept from earning by a tap of the pause', async () => {
    past.checkIns(50, 70);
    await pause(40);
    await resume(60);
    await hub.give(past.message(1, 2));
    expect(await outcomesOf(hub)).toEqual(['recorded 0', 'credited 10']);
  });

  it('loses nothing when the pause was a mistake', async () => {
    past.checkIns(10, 80);
    await pause(5);
    await hub.give(past.message(1, 2));
    await resume(90, true);
    expect(await outcomesOf(hub)).toEqual(['credited 10', 'credited 10']);
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
    expect((await hub.outgoing()).at(-1)).toMatchObject({
      ...{ topic: 'yizhan/v1/feed/points', body: { change: 10, balance: 20 } },
    });
  });

  it('is paused once, resumed once, and known', async () => {
    await expect(resume(1)).rejects.toThrow('is not paused');
    await pause(2);
    await expect(pause(3)).rejects.toThrow('is paused already');
    expect(await listVolunteers(hub.store, { state: 'paused' })).toHaveLength(1);
    expect(await listVolunteers(hub.store, { state: 'active' })).toEqual([]);
    await resume(4);
    await expect(resume(5)).rejects.toThrow('is not paused');
    const { state, pauses } = await showVolunteer(hub.store, hub.volunteer);
    const by = { pausedBy: 'Operator 1', resumedBy: 'Operator 1' };
    const [from, until] = [2, 4].map((minute) => new Date(at(minute).atMs).toISOString());
    expect({ state, pauses }).toEqual({ state: 'active', pauses: [{ from, until, ...by }] });
    await expect(pauseVolunteer(hub.store, 'vo-00000000', at(1))).rejects.toThrow('no volunteer');
    await expect(pauseVolunteer(hub.store, hub.volunteer, { ...at(6), by: ' ' })).rejects.toThrow(
      'must not be blank',
    );
    expect((await showVolunteer(hub.store, hub.volunteer)).state).toBe('active');
  });

  it('stays so in the database, whoever writes to it', async () => {
    await pause(1);
    await resume(2);
    const { db } = hub.store;
    await expect(db.deleteFrom('volunteer_pause').execute()).rejects.toThrow('never deleted');
    await expect(
      db
        .updateTable('volunteer_pause')
        .set({ until_ms: at(9).atMs })
        .execute(),
    ).rejects.toThrow('only ended, and once');
  });

  it('may be called by an alias on the feed, once that was asked for', async () => {
    past.checkIns(0, 70);
    await hub.give(past.message(1, 1));
    expect((await hub.outgoing()).at(-1)?.body['volunteer']).toEqual({ id: hub.volunteer });
    await changeVolunteer(hub.store, hub.volunteer, { displayName: '  小平安 ' }, 'Operator 1');
    await hub.give(past.message(2, 2));
    const named = { id: hub.volunteer, displayName: '小平安' };
    expect((await hub.outgoing()).at(-1)?.body['volunteer']).toEqual(named);
  });
});

const minutesMax = 600;
const story = fc.record({
  taps: fc.uniqueArray(fc.nat(minutesMax), { minLength: 1, maxLength: 10 }),
  /** When somebody pauses or resumes, in turn. */
  turns: fc.uniqueArray(fc.nat(minutesMax), { maxLength: 5 }),
  undo: fc.boolean(),
  /** Before which of the turns each message comes; the rest comes in the end. */
  arrivals: fc.array(fc.nat(5), { minLength: 10, maxLength: 10 }),
});

it('points are the same whether taps come before a pause is known, or after', async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ taps, turns, undo, arrivals }) => {
      const [some, all] = [await IngestHub.start(), await IngestHub.start()];
      try {
        for (const [hub, isSplit] of [
          [some, true],
          [all, false],
        ] as const) {
          hub.nowMs = startMs + (minutesMax + 60) * minuteMs;
          const past = new Past(hub);
          for (const minute of taps.toSorted((a, b) => a - b)) past.checkIn(reading(minute));
          let sent = 0;
          const send = async (through: number): Promise<void> => {
            if (through <= sent) return;
            await hub.give(past.message(sent + 1, through, minutesMax));
            sent = through;
          };
          for (const [turn, minute] of turns.toSorted((a, b) => a - b).entries()) {
            const come = arrivals.slice(0, taps.length).filter((when) => when <= turn).length;
            if (isSplit) await send(come);
            if (turn % 2 === 0) await pauseVolunteer(hub.store, hub.volunteer, at(minute));
            else await resumeVolunteer(hub.store, hub.volunteer, { ...at(minute), undo });
          }
          await send(taps.length);
        }
        expect(await outcomesOf(some)).toEqual(await outcomesOf(all));
        expect((await some.balances()).sum).toBe(0);
        const transfers = await some.store.db.selectFrom('transfer').selectAll().execute();
        const points = fold(transfers).get(`volunteer:${some.volunteer}`) ?? 0;
        expect((await some.balances()).volunteer).toBe(points);
      } finally {
        await some.stop();
        await all.stop();
      }
    }),
    { numRuns: 20 },
  );
}, 120_000);
