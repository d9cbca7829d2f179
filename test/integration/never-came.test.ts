import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addStation, revokeStation } from '../../hub/app/registry.ts';
import { listTroubles } from '../../hub/app/troubles.ts';
import { StationDirectory } from '../../hub/ingest/station-directory.ts';
import { PresenceWatch } from '../../hub/presence/presence-watch.ts';
import { openStore, type Store } from '../../hub/store/open-store.ts';
import { newEpoch } from '../../shared/ids.ts';
import { createLog } from '../../shared/log.ts';

const silentAfterMs = 90_000;

describe('a station that has never said that it is there', () => {
  let folder: string;
  let store: Store;
  let directory: StationDirectory;
  let watch: PresenceWatch;
  let nowMs = 0;

  const open = async (): Promise<void> => {
    directory = new StationDirectory(store.db);
    await directory.refresh();
    watch = new PresenceWatch({
      ...{ db: store.db, directory, silentAfterMs, send: () => {}, onCommitted: () => {} },
      ...{ now: () => Date.now() + nowMs, monotonicNow: () => nowMs, every: () => () => {} },
      log: createLog('test', 'silent'),
    });
    await watch.start();
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-never-came-'));
    store = openStore(folder);
  });
  afterEach(async () => {
    await watch.stop();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const add = async (name: string): Promise<string> => {
    const { station } = await addStation(store, name, 'test');
    await directory?.refresh();
    return station;
  };
  const pass = async (ms: number): Promise<void> => {
    nowMs += ms;
    await watch.sweep();
  };
  const silent = async () =>
    (await listTroubles(store)).map(({ station, kind }) => [station, kind]);
  const comes = (station: string) =>
    watch.take({
      ...{ v: 1, station, kind: 'presence', session: 'se-000000000001', online: true },
      ...{ sinceMs: 0, epoch: newEpoch(), latched: [] },
    });

  it('is silent after its time, once, until it comes', async () => {
    const { station } = await addStation(store, 'Station 1', 'test');
    await open();
    await pass(silentAfterMs);
    expect(await silent()).toEqual([]);
    await pass(1);
    await pass(silentAfterMs);
    expect(await silent()).toEqual([[station, 'silent']]);
    expect(watch.count('silent')).toBe(1);
    await comes(station);
    await pass(1_000);
    expect(await silent()).toEqual([]);
    expect([watch.count('silent'), watch.count('online')]).toEqual([0, 1]);
    expect(await listTroubles(store, { all: true })).toHaveLength(1);
  });

  it('has the whole time from when it was added, and may have one of its own', async () => {
    await open();
    await pass(silentAfterMs);
    const first = await add('Station 1');
    const second = await add('Station 2');
    await store.db
      .updateTable('station')
      .set({ silent_after_ms: 20_000 })
      .where('id', '=', second)
      .execute();
    await directory.refresh();
    await pass(1_000);
    await pass(20_001);
    expect(await silent()).toEqual([[second, 'silent']]);
    await pass(silentAfterMs - 20_001);
    expect(await silent()).toHaveLength(1);
    await pass(1);
    expect((await silent()).map(([station]) => station).sort()).toEqual([first, second].sort());
  });

  it("is missed once over a restart of the hub, whose absence is nobody's silence", async () => {
    const { station } = await addStation(store, 'Station 1', 'test');
    await open();
    await pass(silentAfterMs - 1);
    await watch.stop();
    await open();
    await pass(silentAfterMs);
    expect(await silent()).toEqual([]);
    await pass(1);
    await watch.stop();
    await open();
    await pass(silentAfterMs + 1);
    expect(await listTroubles(store, { all: true })).toHaveLength(1);
    await comes(station);
    expect(await silent()).toEqual([]);
  });

  it('is not missed when it is revoked', async () => {
    await open();
    const station = await add('Station 1');
    await pass(1_000);
    await pass(silentAfterMs + 1);
    await revokeStation(store, station, 'test');
    await directory.refresh();
    await pass(silentAfterMs);
    expect(await silent()).toEqual([]);
    expect(watch.count('silent')).toBe(0);
  });
});
