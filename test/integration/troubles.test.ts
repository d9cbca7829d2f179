import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decideSetAside } from '../../hub/app/decisions.ts';
import { revokeStation } from '../../hub/app/registry.ts';
import { withTroubles } from '../../hub/app/trouble-book.ts';
import { endTrouble, endTroublesOfStrangers, listTroubles } from '../../hub/app/troubles.ts';
import { migrations } from '../../hub/store/migrations.ts';
import { storeOn } from '../../hub/store/open-store.ts';
import { dayOf, IngestHub, minuteMs, Past, startMs } from '../support/ingest-hub.ts';

const iso = (minute: number): string => new Date(startMs + minute * minuteMs).toISOString();
const fault = (state: 'begun' | 'ended', part = 'reader') => ({
  ...{ type: 'fault', part, state },
  detail: 'no reader is plugged in',
});

describe('troubles', () => {
  let hub: IngestHub;
  beforeEach(async () => {
    hub = await IngestHub.start();
  });
  afterEach(() => hub.stop());

  const open = () => listTroubles(hub.store);
  const all = () => listTroubles(hub.store, { all: true });
  const feed = async () =>
    (await hub.outgoing())
      .filter(({ topic }) => topic === 'yizhan/v1/feed/trouble')
      .map(({ body }) => body);

  it('begin and end with the fault entries of a station, dated as those are', async () => {
    const past = new Past(hub).add(10, fault('begun')).add(20, fault('begun'));
    await hub.give(past.message(1, 2));
    expect(await open()).toMatchObject([
      { kind: 'reader', part: null, station: hub.station, begunAt: iso(10), endedAt: null },
    ]);
    await hub.give(past.add(30, fault('ended')).add(40, fault('ended')).message(3, 4));
    expect(await open()).toEqual([]);
    expect(await all()).toMatchObject([{ begunAt: iso(10), endedAt: iso(30) }]);
    const [{ id = 0 } = {}] = await all();
    expect(await feed()).toMatchObject([
      { troubleId: id, kind: 'reader', state: 'begun', since: iso(10), at: iso(10) },
      { troubleId: id, kind: 'reader', state: 'ended', since: iso(10), at: iso(30) },
    ]);
  });

  it('come again as others, and of another part beside', async () => {
    const past = new Past(hub).add(1, fault('begun')).add(2, fault('ended'));
    past.add(3, fault('begun')).add(4, fault('begun', 'power'));
    await hub.give(past.message(1, 4));
    expect((await all()).map(({ kind, endedAt }) => [kind, endedAt])).toEqual([
      ['reader', iso(2)],
      ['reader', null],
      ['power', null],
    ]);
  });

  it('are not told twice by what is sent twice', async () => {
    const past = new Past(hub).add(1, fault('begun')).add(2, fault('ended'));
    await hub.give(past.message(1, 2));
    await hub.give(past.message(1, 2, 118));
    expect(await all()).toHaveLength(1);
    expect(await feed()).toHaveLength(2);
  });

  it('are entries that never came, until they do, or a person has looked into it', async () => {
    const past = new Past(hub).checkIns(1, 2, 3, 4, 5, 6);
    await hub.give(past.message(1, 1));
    await hub.give(past.message(4, 4, 119, { oldest: 4 }));
    await hub.give(past.message(6, 6, 119, { oldest: 6 }));
    const parts = (await open()).map(({ kind, part }) => `${kind} ${part}`);
    expect(parts).toEqual([
      `entries-missing ${past.epoch} routine 2-3`,
      `entries-missing ${past.epoch} routine 5-5`,
    ]);
    await hub.give(past.message(2, 2));
    expect(await open()).toHaveLength(2);
    await hub.give(past.message(3, 3));
    const [left, ...others] = await open();
    expect(others).toEqual([]);
    const closing = { by: 'Operator 1', note: 'the memory card was worn out' };
    await endTrouble(hub.store, left?.id ?? 0, closing);
    expect(await open()).toEqual([]);
    expect((await all()).at(-1)).toMatchObject({ endedBy: 'Operator 1', note: closing.note });
    await expect(endTrouble(hub.store, left?.id ?? 0, closing)).rejects.toThrow(/has ended/);
    await expect(endTrouble(hub.store, 99, closing)).rejects.toThrow(/no trouble 99/);
  });

  it('that end by themselves are ended by no person', async () => {
    await hub.give(new Past(hub).add(1, fault('begun')).message(1, 1));
    const [{ id = 0 } = {}] = await open();
    const closing = { by: 'Operator 1', note: 'it works, I think' };
    await expect(endTrouble(hub.store, id, closing)).rejects.toThrow(/ends by itself/);
  });

  it('are a fork, until it is decided on', async () => {
    const past = new Past(hub).checkIns(1, 2);
    const copy = past.copy().checkIns(3);
    await hub.give(past.checkIns(4).message(1, 3));
    await hub.give(copy.message(1, 3));
    const { epoch } = past;
    expect(await open()).toMatchObject([{ kind: 'fork', part: epoch }]);
    const by = { by: 'Operator 1', reason: 'a copy', atMs: hub.nowMs, dayOf };
    await decideSetAside(hub.store, { station: hub.station, epoch }, 'discarded', by);
    expect(await open()).toEqual([]);
  });

  it('of a revoked station are over, and none begins', async () => {
    await hub.give(new Past(hub).add(1, fault('begun')).message(1, 1));
    await revokeStation(hub.store, hub.station, 'test');
    expect(await open()).toEqual([]);
    const { station } = hub;
    await withTroubles(hub.store.db, hub.nowMs, (book) =>
      book.begin({ station, kind: 'offline', detail: '' }, hub.nowMs),
    );
    expect(await open()).toEqual([]);
  });

  it('of the hub itself have no station, and one for each part', async () => {
    const { db } = hub.store;
    const about = { kind: 'notifier', detail: 'answers 500' } as const;
    for (const part of ['first', 'second', 'second']) {
      await withTroubles(db, hub.nowMs, (book) => book.begin({ ...about, part }, hub.nowMs));
    }
    expect(await open()).toMatchObject([
      { kind: 'notifier', part: 'first', station: null },
      { kind: 'notifier', part: 'second', station: null },
    ]);
    expect((await feed())[0]).not.toHaveProperty('station');
    await withTroubles(db, hub.nowMs, (book) =>
      book.end({ kind: 'notifier', part: 'second' }, hub.nowMs),
    );
    expect((await open()).map(({ part }) => part)).toEqual(['first']);
  });

  it('of a notifier can be ended by a person too', async () => {
    const key = { kind: 'notifier', part: 'ops' } as const;
    await withTroubles(hub.store.db, hub.nowMs, (book) =>
      book.begin({ ...key, detail: 'answered 500' }, hub.nowMs),
    );
    const [{ id = 0 } = {}] = await open();
    await endTrouble(hub.store, id, { by: 'Operator 1', note: 'its server was mended' });
    expect(await open()).toEqual([]);
  });

  it('of notifiers that there are no more are over, and no others', async () => {
    await hub.give(new Past(hub).add(1, fault('begun')).message(1, 1));
    for (const part of ['ops', 'gone']) {
      await withTroubles(hub.store.db, hub.nowMs, (book) =>
        book.begin({ kind: 'notifier', part, detail: 'answered 500' }, hub.nowMs),
      );
    }
    await endTroublesOfStrangers(hub.store.db, ['ops'], hub.nowMs);
    expect((await open()).map(({ kind, part }) => [kind, part])).toEqual([
      ['reader', null],
      ['notifier', 'ops'],
    ]);
    expect((await feed()).at(-1)).toMatchObject({ part: 'gone', state: 'ended', by: 'hub' });
  });

  it('say why they are there now, and keep their last reason for good', async () => {
    const key = { kind: 'notifier', part: 'ops' } as const;
    await withTroubles(hub.store.db, hub.nowMs, async (book) => {
      await book.begin({ ...key, detail: 'no such host' }, hub.nowMs);
      await book.begin({ ...key, detail: 'answered 500' }, hub.nowMs);
    });
    expect(await open()).toMatchObject([{ detail: 'answered 500' }]);
    await withTroubles(hub.store.db, hub.nowMs, async (book) => {
      await book.end(key, hub.nowMs);
      await book.begin({ ...key, detail: 'answered 403' }, hub.nowMs);
    });
    expect((await all()).map(({ detail }) => detail)).toEqual(['answered 500', 'answered 403']);
    expect((await feed()).map(({ detail }) => detail)).toEqual([
      ...['no such host', 'answered 500', 'answered 403'],
    ]);
  });

  it('are kept with the transaction that found them, or not at all', async () => {
    const failing = withTroubles(hub.store.db, hub.nowMs, async (book) => {
      await book.begin({ kind: 'notifier', detail: '' }, hub.nowMs);
      throw new Error('the disk is full');
    });
    await expect(failing).rejects.toThrow('the disk is full');
    expect(await all()).toEqual([]);
    expect(await feed()).toEqual([]);
  });

  it('are never deleted, and one that has ended is never changed', async () => {
    const past = new Past(hub).add(1, fault('begun')).add(2, fault('ended'));
    await hub.give(past.message(1, 2));
    const { db } = hub.store;
    await expect(db.deleteFrom('trouble').execute()).rejects.toThrow(/never deleted/);
    const reopen = db.updateTable('trouble').set({ ended_ms: null }).execute();
    await expect(reopen).rejects.toThrow(/never changed/);
  });
});

it('a store of before gets the troubles that it is in', async () => {
  const sqlite = new Database(':memory:');
  const before = migrations.findIndex((sql) => sql.includes('CREATE TABLE trouble'));
  for (const sql of migrations.slice(0, before)) sqlite.exec(sql);
  sqlite.pragma(`user_version = ${before}`);
  const add = sqlite.prepare("INSERT INTO station VALUES (?, ?, 'k', 'h', 0, ?)");
  const stand = sqlite.prepare("INSERT INTO station_presence VALUES (?, ?, 's', 5, 5, NULL)");
  for (const [id, state, revoked] of [
    ['st-00000001', 'offline', null],
    ['st-00000002', 'online', null],
    ['st-00000003', 'silent', 9],
  ]) {
    add.run(id, id, revoked);
    stand.run(id, state);
  }
  const store = storeOn(sqlite);
  expect(await listTroubles(store)).toMatchObject([{ station: 'st-00000001', kind: 'offline' }]);
  await store.close();
});
