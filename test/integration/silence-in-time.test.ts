import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addStation } from '../../hub/app/registry.ts';
import { listTroubles } from '../../hub/app/troubles.ts';
import { PresenceWatch } from '../../hub/presence/presence-watch.ts';
import { hubSettingsSchema } from '../../hub/settings.ts';
import { type Store, storeOn } from '../../hub/store/open-store.ts';
import { newEpoch } from '../../shared/ids.ts';
import { createLog } from '../../shared/log.ts';
import { announceEveryDefaultMs } from '../../shared/wire/limits.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';

const wallMs = Date.parse('2026-03-02T02:00:00Z');
/** EN 50136, SP5 and DP4: the promise is in seconds, whatever the settings are called. */
const promisedMs = 90_000;

describe('the silence of a station', () => {
  let store: Store;
  let station: string;
  let time: VirtualTime;
  let watch: PresenceWatch;

  beforeEach(async () => {
    store = storeOn(new BetterSqlite(':memory:'));
    ({ station } = await addStation(store, 'Station 1', 'test'));
    time = new VirtualTime();
    const { silentAfterMs } = hubSettingsSchema.parse({});
    watch = new PresenceWatch({
      ...{ db: store.db, send: () => {}, onCommitted: () => {}, silentAfterMs },
      directory: { inUse: () => [], nameOf: () => 'Station 1', silentAfterMs: () => undefined },
      ...{ now: () => wallMs + time.now(), monotonicNow: () => time.now() },
      every: (ms, run) => time.every(ms, run),
      log: createLog('test', 'silent'),
    });
    await watch.start();
  });
  afterEach(async () => {
    await watch.stop();
    await store.close();
  });

  const says = () =>
    watch.take({
      ...{ v: 1, station, kind: 'presence', session: 'se-000000000001', online: true },
      ...{ sinceMs: wallMs, epoch: newEpoch(), latched: [] },
    });
  const pass = (ms: number) => time.runUntil(time.now() + ms);
  const troubles = async () =>
    (await listTroubles(store)).map(({ kind, begunAt }) => ({ kind, begunAt }));

  it.each([0, 1, 499, 999])(
    'is trouble within 90 s of its last word, by default, whenever that was (%i ms after a look)',
    async (afterLookMs) => {
      await pass(5_000 + afterLookMs);
      await says();
      const lastMs = time.now();
      await pass(promisedMs - 3_000);
      expect(await troubles(), 'not hurried beyond need').toEqual([]);
      await pass(3_000);
      const [trouble] = await troubles();
      expect(trouble?.kind).toBe('silent');
      expect(Date.parse(trouble?.begunAt ?? '') - wallMs - lastMs).toBeLessThanOrEqual(promisedMs);
    },
  );

  it('is none when two words of a station are lost and the third is a second on its way', async () => {
    await says();
    for (let rounds = 0; rounds < 5; rounds += 1) {
      await pass(3 * announceEveryDefaultMs + 1_000);
      watch.heard(station);
      expect(await troubles()).toEqual([]);
    }
  });
});
