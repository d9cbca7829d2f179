import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../hub/store/open-store.ts';
import { newEpoch } from '../../shared/ids.ts';
import { dayOf } from '../support/alarm-desk.ts';
import { eventually } from '../support/eventually.ts';
import { FeedListener } from '../support/feed-listener.ts';
import { Scheme } from '../support/scheme.ts';

const dayMs = 86_400_000;

describe('daily-clear, as the chief on duty runs it', { timeout: 120_000 }, () => {
  let scheme: Scheme;
  /** Two alarms of yesterday. */
  let yesterday = '';
  beforeEach(async () => {
    scheme = await Scheme.create('04A1B2C3', ['--virtual']);
    const store = openStore(scheme.folder);
    const { id: station } = await store.db
      .selectFrom('station')
      .select('id')
      .executeTakeFirstOrThrow();
    const raised = Date.now() - dayMs;
    yesterday = dayOf(raised);
    const epoch = newEpoch();
    for (const seq of [1, 2]) {
      const row = { station, epoch, seq, raised_ms: raised, stored_ms: raised + 180 };
      await store.db.insertInto('alarm').values(row).execute();
      const event = { alarm_id: seq, at: raised, event: 'raised', detail: 'hold' };
      await store.db.insertInto('alarm_event').values(event).execute();
    }
    await store.close();
  });
  afterEach(() => scheme.remove());
  const clear = (...args: string[]) => scheme.askHub('daily-clear', '--date', yesterday, ...args);

  it('shows and refuses with exit code 1, closes with 0, and tells the feed', async () => {
    const shown = clear();
    expect(shown.status).toBe(1);
    expect(shown.stdout).toMatch(/alarm:1 is not resolved/);
    expect(shown.stdout).toMatch(/alarm:2 is not resolved/);
    expect(clear('--by', 'Chief 1').status).toBe(1);
    scheme.hubSays(
      'alarm',
      'resolve',
      '1',
      '--by',
      'Operator 1',
      '--cause',
      'real',
      '--note',
      'tried out',
    );
    const hub = await scheme.startHub();
    const feed = await FeedListener.start(scheme.mqttPort);
    const closed = clear('--by', 'Chief 1', '--carry', 'alarm:2=the police have it', '--json');
    expect({ status: closed.status, stderr: closed.stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(closed.stdout)).toMatchObject({
      ...{ day: yesterday, state: 'closed', closed: { by: 'Chief 1' } },
      matters: [
        { subject: 'alarm:1', done: { by: 'Operator 1', cause: 'real' } },
        { subject: 'alarm:2', carriedOver: { reason: 'the police have it', by: 'Chief 1' } },
      ],
    });
    await eventually('the feed', () => feed.messages('day').length === 1);
    expect(feed.messages('day')).toMatchObject([
      { state: 'closed', day: yesterday, by: 'Chief 1', cleared: ['alarm:1'] },
    ]);
    await feed.stop();
    await hub.stop();
    expect(clear().status).toBe(0);
    const again = clear('--by', 'Chief 2');
    expect(again.status).toBe(2);
    const local = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d';
    const refusal = `^\\S+ was closed already by Chief 1 at ${local} \\(Asia/Shanghai\\)\\n$`;
    expect(again.stderr).toMatch(new RegExp(refusal));
    expect(clear('--by', 'Chief 2', '--json').stderr).toMatch(/at [\d-]+T[\d:.]+Z\n$/);
  });

  it('answers what cannot be with one clear line and exit code 2', () => {
    const says = (...args: string[]) => {
      const { status, stderr } = scheme.askHub('daily-clear', ...args);
      expect(status).toBe(2);
      return stderr;
    };
    expect(says('--date', '2026-02-30')).toMatch(/expected a date as YYYY-MM-DD/);
    expect(says('--date', 'today')).toMatch(/expected a date as YYYY-MM-DD/);
    expect(says()).toMatch(/required option '--date <day>'/);
    const on = ['--date', yesterday];
    expect(says(...on, '--carry', 'alarm:1=waits')).toMatch(/^--carry needs --by/);
    expect(says(...on, '--by', 'Chief 1', '--carry', 'alarm:1=')).toMatch(/alarm:ID=REASON/);
    expect(says(...on, '--by', 'Chief 1', '--carry', 'alarm:7=waits')).toMatch(/not on the list/);
    expect(says(...on, '--by', ' ')).toMatch(/must not be blank/);
  });

  it('goes with the history of an alarm, and with the figures of false ones', () => {
    scheme.hubSays('alarm', 'acknowledge', '1', '--by', 'Operator 1');
    const resolve = ['--by', 'Operator 2', '--cause', 'false', '--note', 'a child'];
    scheme.hubSays('alarm', 'resolve', '1', ...resolve);
    const time = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d';
    const shown = scheme.hubSays('alarm', 'show', '1');
    for (const line of [
      'raised  hold',
      'acknowledged  by Operator 1',
      'resolved  by Operator 2  cause: false, note: a child',
    ]) {
      expect(shown).toMatch(new RegExp(`^${time}  ${line}$`, 'm'));
    }
    expect(shown.match(/Asia\/Shanghai/g), 'the zone, once').toHaveLength(1);
    expect(scheme.hubSays('alarm', 'show', '1', '--json')).toMatch(/"at":"[\d-]+T[\d:.]+Z"/);
    for (const list of [['alarm', 'list'], ['status'], ['station', 'list']]) {
      expect(scheme.hubSays(...list), list.join()).not.toMatch(/\d\dT\d\d:/);
    }
    expect(scheme.hubSays('alarm', 'list')).toMatch(
      new RegExp(
        `^id  state +raised +station +note\\n2 +raised  ${time}  Station 1\\nTimes: Asia/Shanghai$`,
      ),
    );
    expect(scheme.askHub('alarm', 'show', '9').stderr).toBe('there is no alarm 9\n');
    expect(scheme.hubSays('alarm', 'figures')).toMatch(
      /^station +real {2}false {2}mistake {2}test {2}unresolved\nStation 1 +0 +1 +0 +0 +1$/m,
    );
    expect(scheme.hubSays('alarm', 'figures', '--days', '1')).toMatch(/within 1 day$/m);
    const figures: unknown = JSON.parse(scheme.hubSays('alarm', 'figures', '--json'));
    expect(figures).toMatchObject({ days: 90, rule: { limit: 3 }, stations: [{ falseAlarms: 1 }] });
  });
});
