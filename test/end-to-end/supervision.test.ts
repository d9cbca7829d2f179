import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../support/eventually.ts';
import { FeedListener } from '../support/feed-listener.ts';
import { Program } from '../support/program.ts';
import { Scheme } from '../support/scheme.ts';
import { VirtualStation } from '../support/virtual-station.ts';

const stationsSchema = z.array(
  z.looseObject({ id: z.string(), lastTest: z.string().nullable(), troubles: z.array(z.string()) }),
);
const troublesSchema = z.array(z.looseObject({ kind: z.string(), endedAt: z.string().nullable() }));

describe('a hub that looks after its station', { timeout: 180_000 }, () => {
  let scheme: Scheme;
  let hub: Program;
  let station: VirtualStation;
  let feed: FeedListener;

  beforeEach(async () => {
    scheme = await Scheme.create('04A1B2C3', ['--virtual']);
    hub = await scheme.startHub();
    station = await VirtualStation.start(scheme.stationFile);
    await station.light('all-well');
    feed = await FeedListener.start(scheme.mqttPort);
  }, 120_000);
  afterEach(async () => {
    await feed.stop();
    await station.stop();
    await hub.stop();
    scheme.remove();
  });

  const found = () => {
    const rows = stationsSchema.parse(JSON.parse(scheme.hubSays('station', 'list', '--json')));
    if (rows[0] === undefined) throw new Error('no station');
    return rows[0];
  };
  const troubles = (...options: string[]) =>
    troublesSchema.parse(JSON.parse(scheme.hubSays('trouble', 'list', '--json', ...options)));

  it('tries the whole way of an alarm, and alarms nobody', async () => {
    const { id, lastTest } = found();
    expect(lastTest).toBeNull();
    const shown = station.light('test-stored');
    const asked = Program.start(
      'hub/main.ts',
      [...['station', 'test', id, '--by', 'Operator 1', '--data', scheme.folder]],
      /the hub has the test of st-\w+, \d+ ms after it was asked for, and its light said so \d+ ms after/,
    );
    await shown;
    await (await asked).stop();
    await station.light('all-well');
    expect(found().lastTest).not.toBeNull();
    expect(scheme.hubSays('alarm', 'list', '--all')).toBe('no open alarms');
    await eventually('the feed says it', () => feed.messages('alarm').length > 1);
    expect(feed.messages('alarm')).toMatchObject([
      { state: 'test', by: 'operator', operator: 'Operator 1' },
      { state: 'test-shown', operator: 'Operator 1', light: 'stored', inTime: true },
    ]);
    expect(scheme.hubSays('status')).toMatch(/0 open troubles/);
  });

  it('says in a line what it cannot test or watch', async () => {
    const { id } = found();
    const says = (...args: string[]) => {
      const { status, stderr } = scheme.askHub(...args);
      return `${status} ${stderr.trim()}`;
    };
    expect(says('station', 'test', 'st-zzzzzzzz')).toMatch(/^2 there is no station st-zzzzzzzz$/);
    expect(says('station', 'watch', id)).toMatch(/^2 say either --silent-after/);
    expect(says('station', 'watch', id, '--silent-after', '19')).toMatch(/^2 .*from 20 to 600/);
    await station.stop();
    await eventually('the station is offline', () => found().troubles.includes('offline'));
    expect(says('station', 'test', id)).toMatch(/^2 station st-\w+ is offline$/);
    expect(troubles()).toMatchObject([{ kind: 'offline', endedAt: null }]);
    station = await VirtualStation.start(scheme.stationFile);
    await eventually('the trouble has ended', () => troubles().length === 0);
    expect(troubles('--all')).toMatchObject([{ kind: 'offline', endedAt: expect.any(String) }]);
    await eventually('the feed says both', () => feed.messages('trouble').length >= 2);
    expect(feed.messages('trouble').map(({ state }) => state)).toEqual(['begun', 'ended']);
  });

  it('gives a test of a station that hangs up in time, for good, and says so', async () => {
    const { id } = found();
    process.kill(station.program.pid, 'SIGSTOP');
    try {
      const asked = scheme.askHub('station', 'test', id, '--by', 'Operator 1');
      expect(asked.status).toBe(1);
      expect(asked.stdout).toMatch(
        /^test 1: st-\w+ has not answered within 15 s\. It is recorded as failed;/,
      );
    } finally {
      process.kill(station.program.pid, 'SIGCONT');
    }
    await eventually('the late answer', () => feed.messages('alarm').length >= 3);
    expect(feed.messages('alarm')).toMatchObject([
      { state: 'test-timed-out', operator: 'Operator 1', testId: 1, awaitedMs: 15_000 },
      { state: 'test', operator: 'Operator 1', testId: 1 },
      { state: 'test-shown', operator: 'Operator 1', testId: 1, inTime: false },
    ]);
    expect(found().lastTest).toBeNull();
  });

  it('misses a station that hangs as soon as it was told to', async () => {
    scheme.hubSays('station', 'watch', found().id, '--silent-after', '20');
    // It is heard of often enough for that, on a machine that is busy: nothing is missed.
    await delay(25_000);
    expect(troubles('--all')).toEqual([]);
    process.kill(station.program.pid, 'SIGSTOP');
    try {
      await delay(15_000);
      await eventually('it is missed', () => feed.messages('trouble').length > 0);
      // The broker gives up on its connection a moment later; it was missed before that.
      expect(feed.messages('trouble')[0]).toMatchObject({ kind: 'silent', state: 'begun' });
    } finally {
      process.kill(station.program.pid, 'SIGCONT');
    }
    await eventually('it is back', () => troubles().length === 0);
  });
});
