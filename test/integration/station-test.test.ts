import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { revokeStation } from '../../hub/app/registry.ts';
import { listStations } from '../../hub/app/reports.ts';
import { askForTest, listTests, watchStation } from '../../hub/app/station-tests.ts';
import { listTroubles } from '../../hub/app/troubles.ts';
import { inTimeMaxMs } from '../../hub/domain/trouble.ts';
import { TestWatch } from '../../hub/presence/test-watch.ts';
import { createLog } from '../../shared/log.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import { IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';

const dayMs = 86_400_000;
/** Of the test's journal; what the light says may stand in one that took its place. */
const epoch = 'ep-0000000000000001';
const request = 'te-000000000001';
const operatorTest = { type: 'test', by: 'operator', request };

describe('a test of the alarm', () => {
  let hub: IngestHub;
  beforeEach(async () => {
    hub = await IngestHub.start();
    said = new Past(hub);
  });
  afterEach(() => hub.stop());

  const tests = () => hub.store.db.selectFrom('station_test').selectAll().execute();
  const alarms = () => hub.store.db.selectFrom('alarm').selectAll().execute();
  const feed = async (kind: string) =>
    (await hub.outgoing())
      .filter(({ topic }) => topic.endsWith(`/feed/${kind}`))
      .map(({ body }) => body);
  /** The station is there, as far as the hub knows. */
  const present = (state: 'online' | 'offline') =>
    hub.store.db
      .insertInto('station_presence')
      .values({ station: hub.station, state, session: '', since_ms: 0, heard_ms: 0, health: null })
      .execute();
  const ask = () =>
    askForTest(hub.store, {
      ...{ station: hub.station, by: 'Operator 1', atMs: hub.nowMs },
      newRequest: () => request,
    });
  /** Sent so long after it was begun, and so long on its way; the hub's clock goes with it. */
  const send = (draft: object, waitedMs: number, { underWayMs = 0, synced = true } = {}) => {
    const past = new Past(hub, 'alarm', epoch).add(100, draft);
    const begun = reading(100, { synced });
    const later = { wallMs: begun.wallMs + waitedMs, monoMs: begun.monoMs + waitedMs };
    hub.nowMs = later.wallMs + underWayMs;
    return hub.give(
      past.message(1, past.texts.length, 100, { sent: { ...begun, ...later } }),
      hub.macKey,
      'alarm',
    );
  };
  /** The station says what its light said in the end of a test, by its sequence. */
  let said: Past;
  const shine = (light: 'stored' | 'undelivered', { test = 1, of = epoch, tookMs = 45 } = {}) => {
    const draft = { type: 'test-shown', test, epoch: of, light, tookMs };
    const seq = said.add(100, draft).texts.length;
    return hub.give(said.message(seq, seq, 100));
  };
  const lastTest = async () => (await listStations(hub.store))[0]?.lastTest;
  const watch = (testEveryDays = 90) =>
    new TestWatch({
      ...{ db: hub.store.db, testEveryDays, now: () => hub.nowMs },
      ...{ onCommitted: () => {}, log: createLog('test', 'silent') },
    });

  it('is recorded and receipted, told to the operators, and is no alarm', async () => {
    await send({ type: 'test', by: 'unit' }, 40);
    expect(await alarms()).toEqual([]);
    expect(await tests()).toMatchObject([{ by: 'unit', operator: null, seq: 1 }]);
    expect(hub.receipts).toMatchObject([{ lane: 'alarm', through: 1 }]);
    expect(await feed('alarm')).toMatchObject([
      { station: hub.station, state: 'test', by: 'unit', waitedMs: 40 },
    ]);
  });

  it('has gone the whole way once the light said so, and not before', async () => {
    await send({ type: 'test', by: 'unit' }, 40);
    expect(await lastTest(), 'stored, and not yet on the light').toBeNull();
    await shine('stored');
    expect(await lastTest()).toBe(new Date(startMs + 100 * minuteMs).toISOString());
    expect((await feed('alarm')).at(-1)).toMatchObject({
      ...{ station: hub.station, alarm: { seq: 1 }, state: 'test-shown', by: 'unit', testId: 1 },
      ...{ light: 'stored', tookMs: 45, inTime: true },
    });
  });

  it('of which the light said that it was not delivered was no success, however soon it was stored', async () => {
    await send({ type: 'test', by: 'unit' }, 40);
    await shine('undelivered');
    expect(await lastTest()).toBeNull();
    expect((await feed('alarm')).at(-1)).toMatchObject({ light: 'undelivered', inTime: false });
    await shine('stored');
    expect(await lastTest(), 'a light says it once').toBeNull();
    expect(await feed('alarm')).toHaveLength(2);
  });

  it.each([
    [inTimeMaxMs, true],
    [inTimeMaxMs + 1, false],
  ])('whose light said so after %i ms, such as behind that of an alarm: %s', async (tookMs, ok) => {
    await send({ type: 'test', by: 'unit' }, 40);
    await shine('stored', { tookMs });
    expect((await lastTest()) !== null).toBe(ok);
    expect((await listTests(hub.store, { max: 1 }))[0]).toMatchObject({ inTime: ok });
    expect((await feed('alarm')).at(-1)).toMatchObject({ light: 'stored', inTime: ok });
  });

  it('has gone it also for a hub from a backup, which is told of the light first', async () => {
    await shine('stored');
    expect(await feed('alarm')).toEqual([]);
    await send({ type: 'test', by: 'unit' }, 40);
    expect(await lastTest()).not.toBeNull();
    expect((await feed('alarm')).map(({ state }) => state)).toEqual(['test', 'test-shown']);
  });

  it('is that of the journal which the light named, and no other', async () => {
    await send({ type: 'test', by: 'unit' }, 40);
    await shine('stored', { of: said.epoch });
    await shine('stored', { test: 2 });
    expect(await lastTest()).toBeNull();
  });

  it('that an operator asked for is that one, with the name of who asked', async () => {
    await present('online');
    hub.nowMs = startMs + 100 * minuteMs;
    const id = await ask();
    const command = (await hub.outgoing()).find(
      ({ topic }) => topic === stationTopic(hub.station, 'command'),
    );
    expect(command?.body).toMatchObject({ command: { name: 'test', request } });
    await send(operatorTest, 40);
    expect(await tests()).toMatchObject([{ id, operator: 'Operator 1', seq: 1 }]);
    const actions = await hub.store.db.selectFrom('operator_action').selectAll().execute();
    expect(actions.at(-1)).toMatchObject({ action: 'station test', by: 'Operator 1' });
  });

  it('that comes again is one; that a restored hub does not know is recorded all the same', async () => {
    const past = new Past(hub, 'alarm').add(100, operatorTest);
    await hub.give(past.message(1, 1), hub.macKey, 'alarm');
    await hub.give(past.message(1, 1, 118), hub.macKey, 'alarm');
    expect(await tests()).toMatchObject([{ by: 'operator', operator: null, seq: 1 }]);
  });

  it('is asked of a station that is there only', async () => {
    await expect(ask()).rejects.toThrow(/not heard of/);
    await present('offline');
    await expect(ask()).rejects.toThrow(/is offline/);
    const stranger = { station: 'st-zzzzzzzz', by: 'Operator 1' };
    await expect(askForTest(hub.store, stranger)).rejects.toThrow(/no station/);
    await revokeStation(hub.store, hub.station, 'test');
    await expect(ask()).rejects.toThrow(/revoked/);
    expect(await tests()).toEqual([]);
  });

  it('that never was, or not for long, is trouble until there is one', async () => {
    hub.nowMs = Date.now() + 90 * dayMs - minuteMs;
    await watch().sweep();
    expect(await listTroubles(hub.store)).toEqual([]);
    hub.nowMs += 2 * minuteMs;
    await watch().sweep();
    await watch().sweep();
    expect(await listTroubles(hub.store)).toMatchObject([
      { kind: 'never-tested', station: hub.station, endedAt: null },
    ]);
    await send({ type: 'test', by: 'unit' }, 40);
    expect(await listTroubles(hub.store), 'not on the light yet').toHaveLength(1);
    await shine('stored');
    expect(await listTroubles(hub.store)).toEqual([]);
    expect(await feed('trouble')).toMatchObject([{ state: 'begun' }, { state: 'ended' }]);
    // After two days another rule finds it wanting again.
    hub.nowMs += 2 * dayMs;
    await watch(1).sweep();
    expect(await listTroubles(hub.store)).toHaveLength(1);
    await watch(3650).sweep();
    expect(await listTroubles(hub.store)).toEqual([]);
  });

  describe('by other paths too', () => {
    let lane: Past;
    let told: Past;
    beforeEach(() => {
      [lane, told] = [new Past(hub, 'alarm'), new Past(hub)];
    });
    const test = async (paths: readonly string[] | undefined) => {
      const by = { type: 'test', by: 'unit', ...(paths === undefined ? {} : { paths }) };
      const seq = lane.add(100, by).texts.length;
      await hub.give(lane.message(seq, seq, 100), hub.macKey, 'alarm');
      return seq;
    };
    const say = (of: number, ...tried: object[]) => {
      const seq = told.add(100, { type: 'second-path', test: of, tried }).texts.length;
      return hub.give(told.message(seq, seq, 100));
    };
    const well = (path: string) => ({ path, tookMs: 240, detail: '' });
    const bad = (path: string) => ({ path, tookMs: null, detail: 'ECONNREFUSED' });
    const paths = async (seq: number) => {
      const found = await listTests(hub.store, { station: hub.station, max: 50 });
      return found.at(-seq)?.paths;
    };
    const open = async () =>
      (await listTroubles(hub.store)).map(({ kind, part, detail }) => [kind, part, detail]);

    it('is that of the journal which it names: the one in which it is told may have taken its place', async () => {
      const seq = await test(['https']);
      const draft = { type: 'second-path', test: seq, epoch: lane.epoch, tried: [well('https')] };
      await hub.give(told.add(100, draft).message(1, 1, 100));
      expect(told.epoch).not.toBe(lane.epoch);
      expect(await paths(1)).toEqual([{ path: 'https', answered: true, tookMs: 240, detail: '' }]);
    });

    it('is recorded with what came of each, whichever is heard of first', async () => {
      told = new Past(hub, 'routine', lane.epoch);
      await say(1, well('https'), bad('relay'));
      await test(['https', 'relay']);
      expect(await paths(1)).toEqual([
        { path: 'https', answered: true, tookMs: 240, detail: '' },
        { path: 'relay', answered: false, tookMs: null, detail: 'ECONNREFUSED' },
      ]);
      expect(await alarms()).toEqual([]);
      await test(['https']);
      expect(await paths(2)).toMatchObject([{ path: 'https', answered: null }]);
      expect(await paths(1)).toHaveLength(2);
    });

    it('makes a path that does not answer trouble, from then until it does', async () => {
      await test(['https', 'relay']);
      await say(1, bad('https'), bad('relay'));
      await say(1, bad('https'), well('relay'));
      expect(await open()).toEqual([['second-path', 'https', 'ECONNREFUSED']]);
      await say(2, well('https'), well('relay'));
      expect(await open()).toEqual([]);
      const stories = (await feed('trouble')).map(({ kind, part, state }) => [kind, part, state]);
      expect(stories).toEqual([
        ['second-path', 'https', 'begun'],
        ['second-path', 'relay', 'begun'],
        ['second-path', 'relay', 'ended'],
        ['second-path', 'https', 'ended'],
      ]);
    });

    it('ends the trouble of a path by which it is sent no more', async () => {
      await test(['https', 'relay']);
      await say(1, bad('https'), bad('relay'));
      await test(['relay']);
      expect(await open()).toEqual([['second-path', 'relay', 'ECONNREFUSED']]);
      await test(undefined);
      expect(await open()).toEqual([]);
    });

    it('is listed of a station that there is only', async () => {
      const stranger = listTests(hub.store, { station: 'st-zzzzzzzz', max: 1 });
      await expect(stranger).rejects.toThrow(/no station/);
    });
  });

  it('is missed of no station that is revoked', async () => {
    hub.nowMs = Date.now() + 91 * dayMs;
    await watch().sweep();
    await revokeStation(hub.store, hub.station, 'test');
    await watch().sweep();
    expect(await listTroubles(hub.store)).toEqual([]);
    expect(await listTroubles(hub.store, { all: true })).toHaveLength(1);
  });

  it('a station that may be silent for less is told to speak more often', async () => {
    const { store, station } = hub;
    const defaultMs = 90_000;
    await watchStation(store, station, { silentAfterMs: 20_000, defaultMs }, 'test');
    await watchStation(store, station, { silentAfterMs: undefined, defaultMs }, 'test');
    const commands = (await hub.outgoing()).map(({ body }) => body['command']);
    expect(commands).toEqual([
      { name: 'announce-every', everyMs: 5_666 },
      { name: 'announce-every', everyMs: 29_000 },
    ]);
  });
});
