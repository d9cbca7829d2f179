import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listTroubles } from '../../hub/app/troubles.ts';
import { BrokerWatch, brokerAwayAfterMs } from '../../hub/bus/broker-watch.ts';
import { type Store, storeOn } from '../../hub/store/open-store.ts';
import { createLog } from '../../shared/log.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';
import { toldBy } from '../support/outbox-row.ts';

const startMs = Date.parse('2026-03-02T02:00:00Z');

describe('a broker that the hub does not reach', () => {
  let store: Store;
  let time: VirtualTime;
  let watch: BrokerWatch;
  const now = () => startMs + time.now();
  const iso = (afterMs: number) => new Date(startMs + afterMs).toISOString();

  beforeEach(() => {
    store = storeOn(new BetterSqlite(':memory:'));
    time = new VirtualTime();
    watch = begun();
  });
  afterEach(async () => {
    await watch.stop();
    await store.close();
  });

  function begun(): BrokerWatch {
    const log = createLog('test', 'silent');
    const one = new BrokerWatch({ db: store.db, now, timers: time, onCommitted: () => {}, log });
    one.start();
    return one;
  }
  const pass = (ms: number) => time.runUntil(time.now() + ms);
  /** @returns every trouble there was. The watch writes in its own time. */
  async function troubles() {
    await watch.stop();
    return (await listTroubles(store, { all: true })).map(
      ({ kind, station, detail, begunAt, endedAt }) => ({
        kind,
        station,
        detail,
        begunAt,
        endedAt,
      }),
    );
  }
  async function feed() {
    const rows = await store.db.selectFrom('outbox').selectAll().orderBy('id').execute();
    return rows
      .flatMap(toldBy)
      .map(({ topic, body }) => [topic, body['kind'], body['state'], body['at']]);
  }

  it('is trouble from when it was lost until it is back, and the feed will have both', async () => {
    watch.connection(true);
    await pass(1_000);
    expect(watch.connection(false)).toBe(false);
    watch.trouble('connect ECONNREFUSED 192.0.2.7:8883');
    await pass(brokerAwayAfterMs);
    await pass(60_000);
    expect(watch.connection(true), 'followers may be away too').toBe(true);
    const [begunMs, endedMs] = [1_000, 61_000 + brokerAwayAfterMs];
    expect(await troubles()).toEqual([
      {
        ...{ kind: 'broker', station: null, detail: 'connect ECONNREFUSED 192.0.2.7:8883' },
        ...{ begunAt: iso(begunMs), endedAt: iso(endedMs) },
      },
    ]);
    expect(await feed()).toEqual([
      ['yizhan/v1/feed/trouble', 'broker', 'begun', iso(begunMs)],
      ['yizhan/v1/feed/trouble', 'broker', 'ended', iso(endedMs)],
    ]);
  });

  it('is trouble too when it was not there from the start, with the reason of now', async () => {
    watch.trouble('connack timeout');
    await pass(brokerAwayAfterMs);
    watch.trouble('');
    watch.trouble('Connection refused: Not authorized');
    await pass(60_000);
    expect(await troubles()).toMatchObject([
      { detail: 'Connection refused: Not authorized', begunAt: iso(0), endedAt: null },
    ]);
    expect(await feed()).toHaveLength(1);
  });

  it('has a reason that is news once, however many attempts come to the same', async () => {
    const [refused, late] = ['connect ECONNREFUSED 192.0.2.7:8883', 'connack timeout'];
    const news = [refused, refused, '', late, late, refused].map((one) => watch.trouble(one));
    expect(news).toEqual([true, false, false, true, false, true]);
    watch.connection(true);
    expect([watch.trouble(late), watch.trouble(late)], 'each of another visitor').toEqual([
      true,
      true,
    ]);
  });

  it('is none when it is back soon, nor when the hub leaves it', async () => {
    await pass(brokerAwayAfterMs - 1);
    expect(watch.connection(true), 'the first connection').toBe(false);
    watch.connection(false);
    await pass(brokerAwayAfterMs - 1);
    expect(watch.connection(true)).toBe(true);
    await watch.stop();
    watch.connection(false);
    await pass(60_000);
    expect(await troubles()).toEqual([]);
  });

  it('ends what an earlier run of the hub has left open, and goes on with it while it is away', async () => {
    await pass(brokerAwayAfterMs);
    await watch.stop();
    watch = begun();
    await pass(60_000);
    await watch.stop();
    expect((await listTroubles(store)).map(({ begunAt }) => begunAt)).toEqual([iso(0)]);
    watch = begun();
    watch.connection(true);
    expect(await troubles()).toMatchObject([{ begunAt: iso(0), endedAt: iso(time.now()) }]);
  });
});
