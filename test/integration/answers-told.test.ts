import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acknowledgeAlarm, resolveAlarm } from '../../hub/app/alarms.ts';
import type { Ladder } from '../../hub/domain/ladder.ts';
import { LadderWatch } from '../../hub/ladder/ladder-watch.ts';
import type { Notifier } from '../../hub/notify/notifier.ts';
import { createLog } from '../../shared/log.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';
import { startNotifier, startReceiver, stopAll } from '../support/dc09-scene.ts';
import { eventually } from '../support/eventually.ts';
import { IngestHub, Past } from '../support/ingest-hub.ts';
import { RecordingNotifier } from '../support/recording-notifier.ts';

const ladder: Ladder = {
  steps: [
    { afterMs: 0, notify: ['duty', 'Monitoring'] },
    { afterMs: 60_000, notify: ['chief'] },
  ],
  exhaustedAfterMs: 120_000,
  repeatEveryMs: 60_000,
};
const judgement = { cause: 'false', note: 'a child' } as const;

describe('whoever the ladder has called', () => {
  let hub: IngestHub;
  let time: VirtualTime;
  let past: Past;
  let [duty, chief] = [new RecordingNotifier('duty'), new RecordingNotifier('chief')];
  let others: Notifier[];
  let troubles: string[];
  let watch: LadderWatch;

  const wallMs = () => hub.nowMs + time.now();
  const advance = (ms: number) => time.runUntil(time.now() + ms);
  const acknowledge = () => acknowledgeAlarm(hub.store, 1, 'Operator 1', wallMs());
  const resolve = (id = 1) => resolveAlarm(hub.store, id, 'Operator 2', judgement, wallMs());
  const states = ({ answers }: RecordingNotifier) => answers.map(({ answered }) => answered?.state);

  function watchNow(): void {
    watch = new LadderWatch({
      ...{ db: hub.store.db, ladder, notifiers: [duty, chief, ...others], now: wallMs },
      nameOf: () => 'Station 1',
      timers: time,
      onCommitted: () => {},
      onTrouble: (name, trouble) => troubles.push(`${name}: ${trouble ?? 'well'}`),
      log: createLog('test', 'silent'),
    });
    watch.start();
  }
  async function restart(): Promise<void> {
    await watch.stop();
    await hub.restart();
    watchNow();
  }
  const raise = (seq: number) => {
    past.add(100 + seq, { type: 'alarm', gesture: 'hold' });
    return hub.give(past.message(seq, seq), hub.macKey, 'alarm');
  };
  const untold = () => hub.store.db.selectFrom('untold_answer').selectAll().execute();

  beforeEach(async () => {
    hub = await IngestHub.start();
    time = new VirtualTime();
    [duty, chief] = [new RecordingNotifier('duty'), new RecordingNotifier('chief')];
    [others, troubles] = [[], []];
    past = new Past(hub, 'alarm');
    await raise(1);
    watchNow();
  });
  afterEach(async () => {
    await watch.stop();
    await stopAll();
    await hub.stop();
  });

  it('hears once who has acknowledged and who has resolved, and nobody else hears it', async () => {
    await advance(1_000);
    await acknowledge();
    await advance(1_000);
    expect(duty.answers.map(({ answered }) => answered)).toEqual([
      { state: 'acknowledged', by: 'Operator 1', atMs: hub.nowMs + 1_000, othersOpen: 0 },
    ]);
    await resolve();
    await advance(600_000);
    expect(duty.answers.at(-1)?.answered).toEqual({
      ...{ state: 'resolved', by: 'Operator 2', atMs: hub.nowMs + 2_000, othersOpen: 0 },
      cause: 'false',
    });
    await restart();
    await advance(600_000);
    expect(states(duty)).toEqual(['acknowledged', 'resolved']);
    expect(new Set(duty.answers.map(({ id }) => id)).size).toBe(2);
    expect([chief.told, chief.answers]).toEqual([[], []]);
    expect(await untold()).toEqual([]);
  });

  it('hears it once, although the store takes no word of it for a while', async () => {
    await advance(1_000);
    await sql`CREATE TRIGGER locked BEFORE INSERT ON alarm_event WHEN NEW.event = 'answer-told'
      BEGIN SELECT RAISE(ABORT, 'database is locked'); END`.execute(hub.store.db);
    await acknowledge();
    await advance(5_000);
    expect(states(duty)).toEqual(['acknowledged']);
    expect(await untold()).toHaveLength(1);
    await sql`DROP TRIGGER locked`.execute(hub.store.db);
    await advance(20_000);
    expect(await untold()).toEqual([]);
    await restart();
    await advance(60_000);
    expect(states(duty)).toEqual(['acknowledged']);
  });

  it('hears nothing when it had not been called yet', async () => {
    await resolve();
    await advance(10_000);
    expect([duty.told, duty.answers]).toEqual([[], []]);
    expect(await untold()).toEqual([]);
  });

  it('hears it although the call itself failed: it may have arrived all the same', async () => {
    duty.habit = 'refuse';
    await advance(1_000);
    expect(duty.refused).toBe(1);
    duty.habit = 'take';
    await acknowledge();
    await advance(1_000);
    expect(states(duty)).toEqual(['acknowledged']);
    expect(troubles.slice(-1)).toEqual(['duty: well']);
  });

  it.each([["'escalated'"], ["'escalated', 'notified', 'notify-failed'"]])(
    'hears it although the history lacks the step on which it was called: %s',
    async (events) => {
      const { db } = hub.store;
      await sql`CREATE TRIGGER no_room BEFORE INSERT ON alarm_event WHEN NEW.event IN (${sql.raw(events)})
      BEGIN SELECT RAISE(ABORT, 'no room'); END`.execute(db);
      chief.habit = 'refuse';
      await advance(61_000);
      await sql`DROP TRIGGER no_room`.execute(db);
      expect([duty.told.length, chief.refused]).toEqual([1, 1]);
      chief.habit = 'take';
      await acknowledge();
      await advance(1_000);
      expect([states(duty), states(chief)]).toEqual([['acknowledged'], ['acknowledged']]);
    },
  );

  it('is told when the hub is back, if it ended in between, and of the end alone', async () => {
    await advance(61_000);
    await watch.stop();
    await acknowledge();
    await resolve();
    await hub.restart();
    watchNow();
    await advance(1_000);
    expect([states(duty), states(chief)]).toEqual([['resolved'], ['resolved']]);
  });

  it('is told after a restart when the hub was just telling it, and the others not again', async () => {
    await advance(61_000);
    chief.habit = 'hang';
    await acknowledge();
    await advance(1_000);
    expect([states(duty), states(chief)]).toEqual([['acknowledged'], []]);
    chief.habit = 'take';
    await restart();
    await advance(1_000);
    expect([states(duty), states(chief)]).toEqual([['acknowledged'], ['acknowledged']]);
  });

  it('makes trouble when it cannot be told, once, and the ladder stays where it is', async () => {
    await advance(1_000);
    duty.habit = 'refuse';
    await acknowledge();
    await advance(600_000);
    expect(duty.refused).toBe(1);
    expect(troubles.slice(-1)).toEqual(['duty: answered 500']);
    expect([duty.told.length, chief.told.length]).toEqual([1, 0]);
    expect(watch.exhausted).toBe(0);
    const events = await hub.store.db
      .selectFrom('alarm_event')
      .select(['event', 'detail'])
      .where('event', 'like', 'answer%')
      .execute();
    expect(events).toHaveLength(1);
    expect(events[0]?.event).toBe('answer-not-told');
    expect(JSON.parse(events[0]?.detail ?? '')).toMatchObject({
      ...{ state: 'acknowledged', notifier: 'duty', reason: 'answered 500' },
    });
  });

  it('hears of the end after the acknowledgement, and is not held up by others that hang', async () => {
    await advance(61_000);
    duty.habit = 'hang';
    await acknowledge();
    await advance(1_000);
    await resolve();
    await advance(1_000);
    expect(states(chief)).toEqual(['acknowledged', 'resolved']);
    duty.habit = 'take';
    await advance(60_000);
    expect(states(duty)).toEqual(['resolved']);
    expect(troubles.slice(-2)).toEqual(['duty: no answer within 30 s', 'duty: well']);
  });

  it('hears at the end of one alarm that another of that station still stands', async () => {
    await raise(2);
    await advance(1_000);
    await resolve(1);
    await advance(1_000);
    expect(duty.answers[0]?.answered?.othersOpen).toBe(1);
    await resolve(2);
    await advance(1_000);
    expect(duty.answers[1]?.answered?.othersOpen).toBe(0);
  });

  it('as a monitoring station gets the restore of its panic event, when nothing stands there', async () => {
    const receiver = await startReceiver();
    const codes = () => receiver.frames.flatMap(({ id, data }) => (id === 'NULL' ? [] : [data]));
    others = [startNotifier(receiver.port, { zones: { [hub.station]: 7 } })];
    await restart();
    await raise(2);
    await advance(1_000);
    await eventually('both calls', () => codes().length === 2);
    await acknowledge();
    await resolve(1);
    await advance(1_000);
    await resolve(2);
    await advance(1_000);
    await eventually('the restore', () => codes().length > 2);
    expect(codes()).toEqual([...Array(2).fill('#1234|Nri1/PA07'), '#1234|Nri1/PH07']);
  });

  it('as a monitoring station gets the restore with the last alarm, also if not called for that one', async () => {
    const receiver = await startReceiver();
    const codes = () => receiver.frames.flatMap(({ id, data }) => (id === 'NULL' ? [] : [data]));
    others = [startNotifier(receiver.port, { zones: { [hub.station]: 7 } })];
    await restart();
    await advance(1_000);
    await eventually('the call', () => codes().length === 1);
    await watch.stop();
    await raise(2);
    await resolve(1);
    // Nobody is called for the second one.
    await acknowledgeAlarm(hub.store, 2, 'Operator 1', wallMs());
    await hub.restart();
    others = [startNotifier(receiver.port, { zones: { [hub.station]: 7 } })];
    watchNow();
    await advance(1_000);
    await resolve(2);
    await advance(1_000);
    await eventually('the restore', () => codes().length === 2);
    expect(codes()).toEqual(['#1234|Nri1/PA07', '#1234|Nri1/PH07']);
    await raise(3);
    await resolve(3);
    await advance(1_000);
    await eventually('all is told', async () => (await untold()).length === 0);
    expect(codes()).toHaveLength(2); // it has been restored
    expect(states(duty)).toEqual(['resolved']); // of the alarm that they were called for
  });
});
