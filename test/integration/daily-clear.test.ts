import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dayText } from '../../hub/cli/day-text.ts';
import {
  AlarmDesk,
  dayMs,
  hourMs,
  monday,
  mondayMs,
  thursday,
  tuesday,
  wednesday,
} from '../support/alarm-desk.ts';
import { TroubleTable } from '../support/trouble-table.ts';

let desk: AlarmDesk;
beforeEach(async () => {
  desk = await AlarmDesk.open();
});
afterEach(() => desk.store.close());

const why = (id: number, reason = 'the police have it') => ({ subject: `alarm:${id}`, reason });
const carriesOf = async () => desk.store.db.selectFrom('day_carry').selectAll().execute();

describe('a day', () => {
  it('shows each alarm with the times to store, acknowledge and resolve', async () => {
    const id = await desk.raise({ raisedMs: mondayMs - 200 });
    desk.nowMs = mondayMs - 200 + 42_000;
    await desk.acknowledge(id);
    desk.nowMs = mondayMs - 200 + 185_000;
    await desk.resolve(id, 'real', 'Operator 2');
    desk.nowMs = mondayMs + dayMs;
    const report = await desk.show(monday);
    expect(report).toMatchObject({
      ...{ day: monday, state: 'closable', missing: [], closed: null },
      matters: [
        {
          ...{ subject: 'alarm:1', station: desk.station, stationName: 'Station 1' },
          ...{ standing: 'of-the-day', stored: { afterMs: 200 } },
          acknowledged: { by: 'Operator 1', afterMs: 42_000 },
          done: { by: 'Operator 2', afterMs: 185_000, cause: 'real' },
        },
      ],
    });
    const text = dayText(report);
    expect(text).toMatch(/^matter +station +what +began +stored +acknowledged +done +note$/m);
    expect(text).toContain(
      'after 0.2 s  after 42 s by Operator 1  after 3 min 5 s by Operator 2: real',
    );
    expect(text).toContain(' 09:59:59 ');
    expect(text).toContain('2026-03-02 can be closed: add --by NAME.');
  });

  it('says of an alarm that was resolved unacknowledged that nobody acknowledged it', async () => {
    const id = await desk.raise();
    desk.nowMs += 90_000;
    await desk.resolve(id, 'real', 'Operator 2');
    desk.nowMs += dayMs;
    const report = await desk.close(monday);
    const done = { by: 'Operator 2', afterMs: 90_000 };
    expect(report).toMatchObject({ state: 'closed', matters: [{ acknowledged: null, done }] });
    expect(dayText(report)).toContain('  not acknowledged  after 1 min 30 s by Operator 2: real');
  });

  it('is the local one: what happens an hour apart can be of two days', async () => {
    const midnightMs = Date.parse('2026-03-02T16:00:00Z');
    await desk.raise({ raisedMs: midnightMs - 1 });
    await desk.raise({ raisedMs: midnightMs });
    const of = async (day: string) => (await desk.show(day)).matters.map(({ subject }) => subject);
    expect([await of(monday), await of(tuesday)]).toEqual([['alarm:1'], ['alarm:2']]);
  });

  it('is not closed while an alarm stands open, and says which', async () => {
    const [open, acknowledged, resolved] = [
      ...[await desk.raise(), await desk.raise(), await desk.raise()],
    ] as const;
    await desk.acknowledge(acknowledged);
    await desk.resolve(resolved);
    desk.nowMs += dayMs;
    for (const report of [await desk.show(monday), await desk.close(monday)]) {
      expect(report.state).toBe('open');
      expect(report.missing).toEqual(
        [open, acknowledged].map(
          (id) => `alarm:${id} is not resolved: resolve it, or carry it over with a reason`,
        ),
      );
    }
    const half = await desk.close(monday, [why(open)]);
    expect(half).toMatchObject({ state: 'open', missing: [expect.stringContaining('alarm:2')] });
    expect(await desk.store.db.selectFrom('day_close').selectAll().execute()).toEqual([]);
    expect(await carriesOf()).toEqual([]);
    expect(await desk.told('day')).toEqual([]);
  });

  it('is closed with a signature that stays: in the tables, in the audit log, on the feed', async () => {
    const [open, resolved] = [await desk.raise(), await desk.raise()];
    await desk.resolve(resolved, 'mistake');
    desk.nowMs += dayMs;
    const report = await desk.close(monday, [why(open)]);
    expect(report).toMatchObject({
      ...{ state: 'closed', closed: { by: 'Chief 1' }, late: [] },
      matters: [
        {
          subject: 'alarm:1',
          done: null,
          carriedOver: { by: 'Chief 1', reason: why(open).reason },
        },
        { subject: 'alarm:2', done: { cause: 'mistake' }, carriedOver: null },
      ],
    });
    expect(await carriesOf()).toEqual([{ day: monday, by: 'Chief 1', ...why(open) }]);
    const told = { day: monday, state: 'closed', by: 'Chief 1', cleared: ['alarm:2'] };
    expect(await desk.told('day')).toEqual([
      { at: expect.any(String), ...told, carried: [why(open).subject] },
    ]);
    const actions = desk.store.db.selectFrom('operator_action').selectAll();
    const audit = await actions.where('action', '=', 'day close').execute();
    expect(audit).toMatchObject([{ by: 'Chief 1', subject: monday }]);
    expect(JSON.parse(audit[0]?.detail ?? '')).toEqual({
      ...{ cleared: ['alarm:2'], carried: [why(open)] },
    });
    // What was signed stays as it was signed, whatever becomes of the alarm.
    await desk.resolve(open);
    expect((await desk.show(monday)).matters).toEqual(report.matters);
  });

  it('is closed once', async () => {
    desk.nowMs += dayMs;
    await desk.close(monday);
    await expect(desk.close(monday)).rejects.toThrow(
      `${monday} was closed already by Chief 1 at ${new Date(desk.nowMs).toISOString()}`,
    );
  });

  it('is not closed before it is over', async () => {
    expect(await desk.close(monday)).toMatchObject({ missing: [`${monday} is not over yet`] });
    expect(await desk.close(thursday)).toMatchObject({ missing: [`${thursday} is not over yet`] });
    // The last moment of Monday, and the first of Tuesday.
    desk.nowMs = Date.parse('2026-03-02T16:00:00Z') - 1;
    expect((await desk.close(monday)).state).toBe('open');
    desk.nowMs += 1;
    expect((await desk.close(monday)).state).toBe('closed');
  });

  it('is not closed before an earlier one that had something; days of nothing close as nothing', async () => {
    await desk.resolve(await desk.raise());
    desk.nowMs += 4 * dayMs;
    expect(await desk.close(wednesday)).toMatchObject({
      ...{ state: 'open', missing: [`${monday} is still open: it is closed first`] },
    });
    expect((await desk.close(monday)).state).toBe('closed');
    expect((await desk.close(wednesday)).state).toBe('closed');
    const nothing = await desk.show(tuesday);
    expect(nothing).toMatchObject({ state: 'closed', closed: null, matters: [], late: [] });
    expect(nothing.remarks).toEqual([
      expect.stringMatching(/^2026-03-03 had nothing, and was closed with 2026-03-04 by Chief 1/),
    ]);
    await expect(desk.close(tuesday)).rejects.toThrow(/had nothing, and was closed with/);
  });

  it('is closed by a name, and carries only what stands open on its list', async () => {
    const [open, resolved] = [await desk.raise(), await desk.raise()];
    await desk.resolve(resolved);
    desk.nowMs += dayMs;
    await expect(desk.close(monday, [why(open)], ' ')).rejects.toThrow(/must not be blank/);
    for (const [carry, fault] of [
      [why(9), 'alarm:9 is not on the list of that day'],
      [why(resolved), 'alarm:2 is done: there is nothing to carry over'],
      [why(open, ' '), 'alarm:1 is carried over without a reason'],
    ] as const) {
      await expect(desk.close(monday, [carry])).rejects.toThrow(fault);
    }
    expect(await carriesOf()).toEqual([]);
  });
});

describe('what was carried over', () => {
  it('stands on the next day until it is done, and is signed for every day', async () => {
    const id = await desk.raise();
    desk.nowMs += dayMs;
    await desk.close(monday, [why(id)]);
    const next = await desk.show(tuesday);
    expect(next.matters).toMatchObject([
      { standing: 'carried', day: monday, carriedFrom: { day: monday, by: 'Chief 1' } },
    ]);
    expect(dayText(next)).toContain('carried over from 2026-03-02 by Chief 1: the police have it');
    desk.nowMs += 2 * dayMs;
    expect((await desk.close(tuesday)).missing).toHaveLength(1);
    expect((await desk.close(wednesday, [why(id)])).missing).toEqual([
      `${tuesday} is still open: it is closed first`,
    ]);
    await desk.close(tuesday, [why(id, 'still there')], 'Chief 2');
    await desk.resolve(id);
    expect(await desk.show(wednesday)).toMatchObject({
      state: 'closable',
      matters: [{ subject: 'alarm:1', carriedFrom: { day: tuesday, by: 'Chief 2' } }],
    });
    await desk.close(wednesday);
    desk.nowMs += dayMs;
    expect((await desk.show(thursday)).matters).toEqual([]);
    expect(await carriesOf()).toHaveLength(2);
  });
});

describe('what comes after the close', () => {
  it('is shown as that, and is cleared with the next close', async () => {
    desk.nowMs = mondayMs + dayMs;
    const signed = await desk.close(monday);
    const id = await desk.raise({ raisedMs: mondayMs });
    const closed = await desk.show(monday);
    expect(closed).toMatchObject({ ...signed, late: [{ subject: 'alarm:1', standing: 'late' }] });
    expect(dayText(closed)).toContain('Came after the close, and is cleared with the next one:');
    desk.nowMs += dayMs;
    expect(await desk.close(tuesday)).toMatchObject({
      ...{ state: 'open', missing: [expect.stringContaining('alarm:1 is not resolved')] },
      matters: [{ subject: 'alarm:1', standing: 'late', day: monday }],
    });
    expect(dayText(await desk.show(tuesday))).toContain('came after the close of 2026-03-02');
    await desk.resolve(id);
    expect((await desk.close(tuesday)).matters).toHaveLength(1);
    expect((await desk.show(monday)).late).toEqual([]);
  });

  it('keeps no day of nothing open, and is carried over like everything else', async () => {
    desk.nowMs = mondayMs + 3 * dayMs;
    await desk.close(monday);
    const id = await desk.raise({ raisedMs: mondayMs - 5 * dayMs });
    expect((await desk.close(wednesday, [why(id)])).state).toBe('closed');
    desk.nowMs += dayMs;
    expect((await desk.show(thursday)).matters).toMatchObject([{ standing: 'carried' }]);
  });
});

describe('troubles', () => {
  it('are cleared like alarms: ended, or carried over', async () => {
    const troubles = new TroubleTable(desk.sqlite);
    const ended = troubles.begin(desk.station, 'fault', mondayMs);
    const going = troubles.begin(null, 'notifier', mondayMs + hourMs);
    troubles.end(ended, mondayMs + 95_000);
    desk.nowMs += dayMs;
    const report = await desk.close(monday);
    expect(report).toMatchObject({
      state: 'open',
      missing: [`trouble:${going} has not ended: mend it, or carry it over with a reason`],
      matters: [
        {
          ...{ subject: 'trouble:1', stationName: 'Station 1', what: 'fault: reader: no answer' },
          done: { by: null, afterMs: 95_000 },
        },
        { subject: 'trouble:2', station: null, done: null },
      ],
    });
    expect(dayText(report)).toMatch(
      /trouble:1 +Station 1 +fault: reader: no answer .* after 1 min 35 s/,
    );
    const carry = { subject: `trouble:${going}`, reason: 'a new one is ordered' };
    expect((await desk.close(monday, [carry])).state).toBe('closed');
    expect((await desk.show(tuesday)).matters).toMatchObject([{ subject: 'trouble:2' }]);
  });
});
