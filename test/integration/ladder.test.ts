import BetterSqlite from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acknowledgeAlarm } from '../../hub/app/alarms.ts';
import type { Ladder } from '../../hub/domain/ladder.ts';
import { LadderWatch } from '../../hub/ladder/ladder-watch.ts';
import { createLog } from '../../shared/log.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';
import { IngestHub, Past } from '../support/ingest-hub.ts';
import { RecordingNotifier } from '../support/recording-notifier.ts';

const ladder: Ladder = {
  steps: [
    { afterMs: 0, notify: ['duty'] },
    { afterMs: 60_000, notify: ['chief'] },
  ],
  exhaustedAfterMs: 120_000,
  repeatEveryMs: 60_000,
};

describe('the ladder watch', () => {
  let hub: IngestHub;
  let past: Past;
  let time: VirtualTime;
  let wallMs: () => number;
  let [duty, chief] = [new RecordingNotifier('duty'), new RecordingNotifier('chief')];
  let troubles: string[];
  /** How many times a trouble cannot be written. */
  let troubleFails: number;
  /** The moment between a look at the alarms and what comes of it. */
  let beforeRung: () => void;
  let watch: LadderWatch;

  function watchNow(): void {
    watch = new LadderWatch({
      db: hub.store.db,
      ladder,
      notifiers: [duty, chief],
      nameOf: () => {
        beforeRung();
        return 'Station 1';
      },
      now: () => wallMs(),
      timers: time,
      onCommitted: () => {},
      onTrouble: async (name, trouble) => {
        troubleFails -= 1;
        if (troubleFails >= 0) throw new Error('database is locked');
        troubles.push(`${name}: ${trouble ?? 'well'}`);
      },
      log: createLog('test', 'silent'),
    });
    watch.start();
  }
  /** The hub ends and comes back; `awayMs` passes meanwhile. */
  async function restart(awayMs = 0): Promise<void> {
    await watch.stop();
    await time.runUntil(time.now() + awayMs);
    await hub.restart();
    watchNow();
  }
  const advance = (ms: number) => time.runUntil(time.now() + ms);

  beforeEach(async () => {
    hub = await IngestHub.start();
    time = new VirtualTime();
    const baseMs = hub.nowMs;
    wallMs = () => baseMs + time.now();
    [duty, chief] = [new RecordingNotifier('duty'), new RecordingNotifier('chief')];
    [troubles, beforeRung, troubleFails] = [[], () => {}, 0];
    watchNow();
    past = new Past(hub, 'alarm').add(119, { type: 'alarm', gesture: 'hold' });
    await hub.give(past.message(1, 1), hub.macKey, 'alarm');
  });
  afterEach(async () => {
    await watch.stop();
    await hub.stop();
  });

  const history = async (): Promise<string[]> => {
    const events = await hub.store.db.selectFrom('alarm_event').selectAll().orderBy('id').execute();
    return events.map(({ event, detail, at }) => {
      const {
        kind = '',
        number = '',
        rung = '',
        notifier = '',
      } = JSON.parse(detail?.startsWith('{') ? detail : '{}');
      const about = [`${kind} ${number}`, `${rung} ${notifier}`].find((text) => text.trim()) ?? '';
      return `${Math.round((at - hub.nowMs) / 1000)} s ${event} ${about.trim()}`.trim();
    });
  };

  it('tells step after step, then everybody again and again, until somebody answers', async () => {
    await advance(190_000);
    expect(duty.told.map(({ step }) => step)).toEqual([1, 3, 4]);
    expect(chief.told.map(({ step }) => step)).toEqual([2, 3, 4]);
    expect(new Set(duty.told.map(({ id }) => id)).size).toBe(3);
    expect(watch.exhausted).toBe(1);
    await acknowledgeAlarm(hub.store, 1, 'Operator 1', wallMs());
    await advance(600_000);
    expect(duty.told).toHaveLength(3);
    expect(watch.exhausted).toBe(0);
    expect(await history()).toEqual([
      '-60 s raised',
      '0 s stored',
      '0 s path',
      '0 s escalated step 1',
      '0 s notified step 1 duty',
      '60 s escalated step 2',
      '60 s notified step 2 chief',
      '120 s exhausted round 1',
      '120 s notified round 1 duty',
      '120 s notified round 1 chief',
      '180 s exhausted round 2',
      '180 s notified round 2 duty',
      '180 s notified round 2 chief',
      '190 s acknowledged',
      '190 s answer-told duty',
      '190 s answer-told chief',
    ]);
    const feed = (await hub.outgoing()).filter(({ topic }) => topic.endsWith('feed/alarm'));
    const states = feed.map(({ body }) => body['state']);
    expect(states).toEqual([
      'raised',
      'escalated',
      'escalated',
      'exhausted',
      'exhausted',
      'acknowledged',
    ]);
  });

  it('waits for no notifier that hangs or refuses, and tells of the trouble', async () => {
    duty.habit = 'hang';
    chief.habit = 'refuse';
    await advance(61_000);
    expect(troubles).toEqual(['duty: no answer within 30 s', 'chief: answered 500']);
    chief.habit = 'take';
    await advance(90_000);
    expect(chief.told.map(({ step }) => step)).toEqual([3]);
    expect(troubles.slice(2)).toEqual(['chief: well', 'duty: no answer within 30 s']);
    expect((await history()).filter((line) => line.includes('notify-failed'))).toEqual([
      '30 s notify-failed step 1 duty',
      '60 s notify-failed step 2 chief',
      '150 s notify-failed round 1 duty',
    ]);
  });

  it('gives each notifier the time that its settings ask for', async () => {
    [duty.noticeMaxMs, duty.habit] = [100_000, 'hang'];
    await advance(100_000);
    expect(troubles).toEqual(['chief: well']);
    await advance(2_000);
    expect(troubles).toEqual(['chief: well', 'duty: no answer within 101 s']);
  });

  it('calls off what is being told when somebody answers, and makes no trouble of it', async () => {
    duty.habit = 'hang';
    await advance(1_000);
    duty.habit = 'take'; // but for what hangs already
    await acknowledgeAlarm(hub.store, 1, 'Operator 1', wallMs());
    await advance(1_000);
    expect(duty.calledOff).toBe(1);
    await advance(600_000);
    expect(troubles).toEqual(['duty: well']); // of the notice that somebody has answered
    expect((await history()).filter((line) => line.includes('notify'))).toEqual([]);
  });

  it('goes on after a restart where it was, and makes up for what it missed', async () => {
    await advance(1_000);
    await restart(70_000);
    await advance(1_000);
    expect(duty.told.map(({ step }) => step)).toEqual([1]);
    expect(chief.told.map(({ step }) => step)).toEqual([2]);
  });

  it('tells again whom the hub was just telling when it ended', async () => {
    duty.habit = 'hang';
    await advance(1_000);
    duty.habit = 'take';
    await restart();
    await advance(1_000);
    const events = hub.store.db.selectFrom('alarm_event').select('at');
    const { at } = await events.where('event', '=', 'escalated').executeTakeFirstOrThrow();
    const { epoch } = past;
    const id = `alarm-${hub.station}-${epoch}-1-step-1-${at}-duty`;
    expect(duty.told.map((notice) => notice.id)).toEqual([id]);
  });

  it('gives no notice the name of another one when the hub is put back to a backup', async () => {
    await watch.stop();
    const putBack = await hub.backUp();
    watchNow();
    const raise = async (of: Past) => {
      await hub.give(of.message(1, 1), hub.macKey, 'alarm');
      await advance(1_000);
    };
    await raise(new Past(hub, 'alarm').add(119, { type: 'alarm', gesture: 'hold' }));
    await acknowledgeAlarm(hub.store, 2, 'Operator 1', wallMs());
    await advance(1_000);
    await watch.stop();
    await putBack();
    watchNow();
    await raise(new Past(hub, 'alarm').add(119, { type: 'alarm', gesture: 'hold' }));
    await acknowledgeAlarm(hub.store, 2, 'Operator 1', wallMs());
    await advance(1_000);
    // The alarm of the backup, at the same step for the second time, and the second one of either life.
    expect(duty.told.map(({ alarmId }) => alarmId)).toEqual([1, 2, 1, 2]);
    expect(new Set(duty.told.map(({ id }) => id)).size).toBe(4);
    expect(duty.answers.map(({ alarmId }) => alarmId)).toEqual([2, 2]);
    expect(new Set(duty.answers.map(({ id }) => id)).size).toBe(2);
  });

  it('is not slowed down by a clock that is set back', async () => {
    await advance(1_000);
    const wall = wallMs;
    wallMs = () => wall() - 3_600_000;
    await advance(60_000);
    expect(chief.told).toHaveLength(1);
    await restart();
    await advance(60_000);
    expect(watch.exhausted).toBe(0);
    await advance(61_000);
    expect(watch.exhausted).toBe(1);
  });

  it('is not silenced by a clock that was ahead for a while', async () => {
    const wall = wallMs;
    wallMs = () => wall() + 3_600_000;
    await advance(1_000);
    wallMs = wall;
    await advance(120_000);
    expect(duty.told.map(({ step }) => step)).toEqual([1, 3, 4, 5]);
    wallMs = () => wall() + 3_600_000;
    await advance(60_000);
    wallMs = wall;
    await restart();
    await advance(1_000);
    expect(duty.told.map(({ step }) => step)).toEqual([1, 3, 4, 5, 6, 7]);
  });

  it.each(['acknowledged', 'resolved'])(
    'calls nobody for what was %s while it looked',
    async (state) => {
      await advance(1_000);
      const other = new BetterSqlite(hub.file);
      beforeRung = () => other.exec(`UPDATE alarm SET ${state}_ms = 1, ${state}_by = 'Operator 1'`);
      await advance(120_000);
      other.close();
      expect([duty.told.length, chief.told.length]).toEqual([1, 0]);
      expect((await history()).filter((line) => line.includes('escalated'))).toHaveLength(1);
      const states = (await hub.outgoing()).map(({ body }) => body['state']);
      expect(states.filter((one) => one === 'escalated')).toHaveLength(1);
    },
  );

  it('writes what became of a notice, and the trouble of its notifier, once it can', async () => {
    await sql`CREATE TRIGGER no_room BEFORE INSERT ON alarm_event WHEN NEW.event LIKE 'notif%'
      BEGIN SELECT RAISE(ABORT, 'no room'); END`.execute(hub.store.db);
    duty.habit = 'refuse';
    troubleFails = 2;
    await advance(61_000);
    expect((await history()).filter((line) => line.includes('notif'))).toEqual([]);
    await sql`DROP TRIGGER no_room`.execute(hub.store.db);
    await advance(25_000);
    expect((await history()).filter((line) => line.includes('notif'))).toEqual([
      '0 s notify-failed step 1 duty',
      '60 s notified step 2 chief',
    ]);
    expect(troubles).toEqual(['duty: answered 500', 'chief: well']);
  });

  it('tells people although the store cannot be written', async () => {
    const { sqlite } = { sqlite: hub.store.db };
    await sqlite.schema.alterTable('alarm_event').renameTo('hidden').execute();
    await advance(61_000);
    await sqlite.schema.alterTable('hidden').renameTo('alarm_event').execute();
    expect([duty.told.length, chief.told.length]).toEqual([1, 1]);
  });
});
