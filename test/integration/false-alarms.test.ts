import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alarmFigures } from '../../hub/app/false-alarms.ts';
import { addStation } from '../../hub/app/registry.ts';
import type { AlarmCause } from '../../hub/domain/alarm.ts';
import { AlarmDesk, dayMs } from '../support/alarm-desk.ts';

let desk: AlarmDesk;
beforeEach(async () => {
  desk = await AlarmDesk.open();
});
afterEach(() => desk.store.close());

const told = async (state: string) =>
  (await desk.told('alarm')).filter((body) => body['state'] === state);

async function judged(n: number, cause: AlarmCause, more: Parameters<AlarmDesk['raise']>[0] = {}) {
  for (let alarms = 0; alarms < n; alarms += 1) await desk.resolve(await desk.raise(more), cause);
}

describe('the feed', () => {
  it('is told once when a station goes over its limit, and why the button stays', async () => {
    await judged(3, 'mistake', { marked: true });
    await judged(2, 'real');
    expect(await told('suggestion')).toEqual([]);
    await judged(1, 'mistake', { marked: true });
    await judged(4, 'false');
    expect(await told('suggestion')).toEqual([
      {
        ...{ at: expect.any(String), station: desk.station, stationName: 'Station 1', alarmId: 6 },
        ...{ state: 'suggestion', suggestion: 'longer-hold', falseAlarms: 4 },
        ...{ perDays: 90, limit: 3, causes: { real: 2, false: 0, mistake: 4, test: 0 } },
        text: expect.stringMatching(
          /longer hold.* The button stays in force: nothing here silences/,
        ),
      },
    ]);
  });

  it('is told again when the station was within its limit in between', async () => {
    await judged(4, 'false');
    desk.nowMs += 91 * dayMs;
    await judged(4, 'false');
    expect((await told('suggestion')).map((body) => body['alarmId'])).toEqual([4, 8]);
  });

  it('hears nothing of other stations, nor of what was long ago', async () => {
    const { station } = await addStation(desk.store, 'Station 2', 'test');
    await judged(3, 'false');
    await judged(3, 'false', { station });
    const old = await desk.raise({ raisedMs: desk.nowMs - 100 * dayMs });
    await desk.resolve(old, 'false');
    expect(await told('suggestion')).toEqual([]);
  });
});

describe('figures', () => {
  it('count per station and cause, and suggest where it is over the limit', async () => {
    const { station } = await addStation(desk.store, 'Station 2', 'test');
    await judged(4, 'false', { station });
    await judged(1, 'real');
    await judged(1, 'test');
    await judged(1, 'mistake');
    await desk.raise();
    const ask = (days: number) =>
      alarmFigures(desk.store, { days, rule: desk.rule, nowMs: desk.nowMs });
    expect(await ask(90)).toMatchObject([
      {
        ...{ stationName: 'Station 2', falseAlarms: 4, unresolved: 0, suggestion: 'relabel' },
        causes: { real: 0, false: 4, mistake: 0, test: 0 },
      },
      {
        ...{ stationName: 'Station 1', falseAlarms: 1, unresolved: 1, suggestion: null },
        causes: { real: 1, false: 0, mistake: 1, test: 1 },
      },
    ]);
    // The limit looks back over its own days, whatever is shown.
    desk.nowMs += 10 * dayMs;
    expect(await ask(5)).toEqual([]);
    await judged(1, 'real', { station });
    expect(await ask(5)).toMatchObject([{ falseAlarms: 0, suggestion: 'relabel' }]);
  });
});

describe('nothing silences a button', () => {
  it('not a hundred false alarms, nor anything that operators do: the next press is raised', async () => {
    desk.rule = { perDays: 366, limit: 1 };
    for (let presses = 1; presses <= 100; presses += 1) {
      const id = await desk.raise();
      // Raised, stored, in front of everybody, told: like the first.
      expect((await told('raised')).at(-1)).toMatchObject({ alarmId: id });
      expect((await told('raised')).length).toBe(presses);
      const row = desk.store.db.selectFrom('alarm').selectAll().where('id', '=', id);
      expect(await row.executeTakeFirstOrThrow()).toMatchObject({
        ...{ acknowledged_ms: null, resolved_ms: null },
      });
      await desk.acknowledge(id);
      await desk.resolve(id, presses % 2 === 0 ? 'false' : 'mistake');
      if (presses % 10 !== 0) continue;
      const day = new Date(desk.nowMs + 8 * 3_600_000).toISOString().slice(0, 10);
      desk.nowMs += dayMs;
      expect((await desk.close(day)).state).toBe('closed');
      await alarmFigures(desk.store, { days: 1, rule: desk.rule, nowMs: desk.nowMs });
    }
    expect(await told('suggestion')).toHaveLength(1);
  });
});
