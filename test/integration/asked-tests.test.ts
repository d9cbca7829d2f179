import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askForTest, testOf } from '../../hub/app/station-tests.ts';
import { testAwaitedMs } from '../../hub/domain/trouble.ts';
import { TestWatch } from '../../hub/presence/test-watch.ts';
import { createLog } from '../../shared/log.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';
import { IngestHub, Past, reading } from '../support/ingest-hub.ts';

const looksWithinMs = 1_000;
const requests = ['te-000000000001', 'te-000000000002'] as const;

describe('a test that a station does not answer', () => {
  let hub: IngestHub;
  let time: VirtualTime;
  let past: Past;
  let said: Past;
  let stop: () => Promise<void>;
  let startedMs = 0;

  const watch = async () => {
    const now = () => hub.nowMs;
    const log = createLog('test', 'silent');
    const options = { db: hub.store.db, testEveryDays: 90, now, timers: time, log };
    stop = await new TestWatch({ ...options, onCommitted: () => {} }).start();
  };
  /** Time passes for the hub's clock as well. */
  const pass = async (ms: number) => {
    await time.runUntil(time.now() + ms);
    hub.nowMs = startedMs + time.now();
  };
  const ask = (request: string) =>
    askForTest(hub.store, {
      ...{ station: hub.station, by: 'Operator 1', atMs: hub.nowMs },
      newRequest: () => request,
    });
  /** The station does it now: its entry comes at once, and so does what its light says of it. */
  const answer = async (request: string) => {
    past.add(100, { type: 'test', by: 'operator', request });
    const { length } = past.texts;
    const sent = { ...reading(100), wallMs: hub.nowMs };
    await hub.give(past.message(length, length, 100, { sent }), hub.macKey, 'alarm');
    const { epoch } = past;
    said.add(100, { type: 'test-shown', test: length, epoch, light: 'stored', tookMs: 45 });
    await hub.give(said.message(length, length));
  };
  const told = async () =>
    (await hub.outgoing())
      .filter(({ topic }) => topic.endsWith('/feed/alarm'))
      .map(({ body }) => [body['state'], body['testId'], body['inTime']]);
  const rows = () => hub.store.db.selectFrom('station_test').selectAll().execute();

  beforeEach(async () => {
    hub = await IngestHub.start();
    time = new VirtualTime();
    past = new Past(hub, 'alarm');
    said = new Past(hub);
    startedMs = hub.nowMs;
    const presence = { state: 'online', session: '', since_ms: 0, heard_ms: 0, health: null };
    const values = { station: hub.station, ...presence };
    await hub.store.db.insertInto('station_presence').values(values).execute();
    await watch();
  });
  afterEach(async () => {
    await stop();
    await hub.stop();
  });

  it('has failed when its time is over, once and for good, and the feed is told', async () => {
    const id = await ask(requests[0]);
    await pass(testAwaitedMs - 1);
    expect(await testOf(hub.store, id)).toMatchObject({ storedAt: null, timedOutAt: null });
    await pass(looksWithinMs);
    expect(await testOf(hub.store, id)).toMatchObject({
      ...{ storedAt: null, timedOutAt: expect.any(String), inTime: false },
    });
    await pass(600_000);
    expect(await told()).toEqual([['test-timed-out', id, undefined]]);
  });

  it('takes a late answer for that test: no success, and neither another test nor the next one', async () => {
    const first = await ask(requests[0]);
    await pass(testAwaitedMs + looksWithinMs);
    const second = await ask(requests[1]);
    await answer(requests[0]);
    expect(await testOf(hub.store, first)).toMatchObject({
      ...{ storedAt: expect.any(String), timedOutAt: expect.any(String), inTime: false },
    });
    expect(await testOf(hub.store, second)).toMatchObject({ storedAt: null, timedOutAt: null });
    await answer(requests[1]);
    expect(await testOf(hub.store, second)).toMatchObject({ timedOutAt: null, inTime: true });
    expect(await rows()).toHaveLength(2);
    expect(await told()).toEqual([
      ['test-timed-out', first, undefined],
      ['test', first, undefined],
      ['test-shown', first, false],
      ['test', second, undefined],
      ['test-shown', second, true],
    ]);
  });

  it('stays failed although a clock that was set back makes the answer look early', async () => {
    const id = await ask(requests[0]);
    await pass(testAwaitedMs + looksWithinMs);
    hub.nowMs = startedMs;
    await answer(requests[0]);
    expect(await testOf(hub.store, id)).toMatchObject({ inTime: false });
  });

  it('is not ended by a jump of the clock, nor by an absence of the hub', async () => {
    const id = await ask(requests[0]);
    hub.nowMs += 3_600_000;
    await pass(1_000);
    expect(await testOf(hub.store, id)).toMatchObject({ timedOutAt: null });
    await stop();
    await pass(3_600_000);
    await watch();
    await pass(testAwaitedMs - 1);
    expect(await testOf(hub.store, id)).toMatchObject({ timedOutAt: null });
    await pass(looksWithinMs);
    expect(await testOf(hub.store, id)).toMatchObject({ timedOutAt: expect.any(String) });
  });

  it('that is answered, or begun at the unit, is never given up', async () => {
    const id = await ask(requests[0]);
    await answer(requests[0]);
    past.add(100, { type: 'test', by: 'unit' });
    await hub.give(past.message(2, 2, 100), hub.macKey, 'alarm');
    await pass(600_000);
    expect((await rows()).map((row) => row.timed_out_ms)).toEqual([null, null]);
    expect(await testOf(hub.store, id)).toMatchObject({ inTime: true });
  });
});
