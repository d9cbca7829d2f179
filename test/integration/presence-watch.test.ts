import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addStation, revokeStation } from '../../hub/app/registry.ts';
import { listStations } from '../../hub/app/reports.ts';
import { listTroubles } from '../../hub/app/troubles.ts';
import { silenceLookEveryMs } from '../../hub/domain/presence.ts';
import { PresenceWatch } from '../../hub/presence/presence-watch.ts';
import { openStore, type Store } from '../../hub/store/open-store.ts';
import { newEpoch } from '../../shared/ids.ts';
import { createLog } from '../../shared/log.ts';
import type { HealthMessage, HubMessage, PresenceMessage } from '../../shared/wire/messages.ts';
import { feedTopic } from '../../shared/wire/topics.ts';
import { toldBy } from '../support/outbox-row.ts';

const silentAfterMs = 90_000;
const wallMs = Date.parse('2026-03-02T02:00:00Z');
const [first, second, third] = ['se-000000000001', 'se-000000000002', 'se-000000000003'];

describe('the presence watch', () => {
  let folder: string;
  let store: Store;
  let station: string;
  let watch: PresenceWatch;
  let sent: HubMessage[];
  /** The monotonic clock; the wall clock goes with it unless a test moves it. */
  let nowMs: number;
  let wallJumpMs: number;
  let ownSilenceMs: number | undefined;

  const open = async (): Promise<void> => {
    watch = new PresenceWatch({
      db: store.db,
      directory: {
        ...{ inUse: () => [], nameOf: () => 'Station 1', silentAfterMs: () => ownSilenceMs },
      },
      send: (message) => sent.push(message),
      onCommitted: () => {},
      silentAfterMs,
      now: () => wallMs + nowMs + wallJumpMs,
      monotonicNow: () => nowMs,
      log: createLog('test', 'silent'),
    });
    await watch.start();
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-presence-'));
    store = openStore(folder);
    ({ station } = await addStation(store, 'Station 1', 'test'));
    [sent, nowMs, wallJumpMs, ownSilenceMs] = [[], 0, 0, undefined];
    await open();
  });
  afterEach(async () => {
    await watch.stop();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const presence = (online: boolean, session = first, more = {}): PresenceMessage => ({
    ...{ v: 1, station, kind: 'presence', session, online, sinceMs: wallMs },
    ...{ epoch: newEpoch(), latched: [] },
    ...more,
  });
  const health = (backlog: number, monoMs = 0, session = first): HealthMessage => ({
    ...{ v: 1, station, kind: 'health', session, version: '0', backlog },
    sent: { wallMs, monoMs, boot: 'boot-1', synced: true },
    ...{ reader: 'ready', panel: 'fault', journal: 'ready', diskFreeBytes: 1 },
  });
  const state = async () => (await listStations(store))[0]?.state;
  /** What the feed is told, in order; its troubles are told apart. */
  const told = async (isTrouble = false): Promise<string[]> => {
    const rows = await store.db.selectFrom('outbox').select('messages').orderBy('id').execute();
    const said = z.looseObject({ state: z.string(), station: z.literal(station) });
    return rows
      .flatMap(toldBy)
      .filter(({ topic }) => (topic === feedTopic('trouble')) === isTrouble)
      .map(({ body }) => said.parse(body).state);
  };

  it('knows nothing of a station that never spoke', async () => {
    expect(await state()).toBe('never');
    await watch.sweep();
    expect(await told()).toEqual([]);
  });

  it('tells once that a station is there, and once that it is gone', async () => {
    await watch.take(presence(true));
    await watch.take(presence(true));
    expect(await state()).toBe('online');
    await watch.take(presence(false));
    await watch.take(presence(false));
    expect(await state()).toBe('offline');
    expect(await told()).toEqual(['online', 'offline']);
  });

  it('does not believe a late will', async () => {
    await watch.take(presence(true));
    await watch.take(presence(true, second));
    await watch.take(presence(false));
    expect(await state()).toBe('online');
    expect(await told()).toEqual(['online']);
  });

  it('lets no copy of an old birth take over: the will of the newest connection counts', async () => {
    const birth = presence(true);
    await watch.take(birth);
    await watch.take(presence(true, second));
    expect(await watch.take(birth)).toBe('replayed');
    expect(await watch.take(health(1, 5))).toBe('replayed');
    expect(await watch.take(presence(false))).toBeUndefined();
    expect(await watch.take(presence(false))).toBe('replayed');
    expect(await watch.take(presence(false, second))).toBeUndefined();
    expect(await state()).toBe('offline');
    await watch.stop();
    await open();
    sent = [];
    for (const session of [first, second]) {
      expect(await watch.take(presence(true, session))).toBe('replayed');
      expect(await watch.take(health(1, 9, session))).toBe('replayed');
    }
    expect(sent, 'answers').toEqual([]);
    expect(await state()).toBe('offline');
    expect(await watch.take(presence(true, third))).toBeUndefined();
    expect(await told()).toEqual(['online', 'offline', 'online']);
  });

  it('knows the will of a connection that it never heard of, also when its birth is said later', async () => {
    await watch.take(presence(true));
    expect(await watch.take(presence(false, second))).toBeUndefined();
    expect(await watch.take(presence(true, second))).toBe('replayed');
    expect(await told()).toEqual(['online']);
  });

  it('remembers no more than the newest connections of each station', async () => {
    for (let count = 0; count <= 510; count += 1) {
      const session = `se-${String(count).padStart(12, '0')}`;
      await watch.take(presence(true, session));
    }
    const rows = await store.db.selectFrom('ended_session').select('session').execute();
    expect(rows.length).toBe(500);
    expect(rows[0]?.session).toBe('se-000000000010');
  });

  it('is not kept from finding a silent station by what anybody can say again', async () => {
    const [birth, report] = [presence(true), health(1, 5)];
    await watch.take(birth);
    await watch.take(health(2, 4));
    await watch.take(report);
    await watch.sweep();
    await watch.stop();
    await open();
    for (nowMs = 10_000; nowMs <= silentAfterMs + 10_000; nowMs += 10_000) {
      expect(await watch.take(birth)).toBeUndefined();
      expect(await watch.take(report)).toBe('replayed');
      expect(await watch.take(health(2, 4))).toBe('replayed');
      expect(await watch.take(health(2, 9, second)), 'a session of nobody').toBeUndefined();
      await watch.sweep();
    }
    expect(await state()).toBe('silent');
    expect(await watch.take(health(1, 6))).toBeUndefined();
    await watch.sweep();
    expect(await state()).toBe('online');
    expect(await told()).toEqual(['online', 'silent', 'online']);
  });

  it('finds who fell silent, whatever the wall clock does, and who speaks again', async () => {
    await watch.take(presence(true));
    // The last look that is in time for what comes before the next one.
    nowMs = silentAfterMs - silenceLookEveryMs;
    wallJumpMs = 3_600_000;
    await watch.sweep();
    expect(await state()).toBe('online');
    nowMs += 1;
    await watch.sweep();
    await watch.sweep();
    expect(await state()).toBe('silent');
    expect(watch.count('silent')).toBe(1);
    watch.heard(station);
    await watch.sweep();
    expect(await state()).toBe('online');
    expect(await told()).toEqual(['online', 'silent', 'online']);
  });

  it('blames no station for the time that the hub was away', async () => {
    await watch.take(presence(true));
    await watch.stop();
    nowMs = 10 * silentAfterMs;
    await open();
    await watch.sweep();
    expect(await state()).toBe('online');
    nowMs += silentAfterMs + 1;
    await watch.sweep();
    expect(await told()).toEqual(['online', 'silent']);
  });

  it('keeps the last health report, and only news of the newest', async () => {
    await watch.take(presence(true));
    await watch.take(health(3));
    await watch.take(health(4));
    await watch.sweep();
    nowMs = silentAfterMs + 1;
    await watch.sweep();
    expect(await listStations(store)).toMatchObject([
      { state: 'silent', health: { backlog: 4, panel: 'fault' } },
    ]);
  });

  it('answers who is online with how far the hub is, and what became of its alarms', async () => {
    const epoch = newEpoch();
    await store.db
      .insertInto('alarm')
      .values({ station, epoch, seq: 1, raised_ms: 1, stored_ms: 1, acknowledged_ms: 2 })
      .execute();
    await watch.take(presence(true, first, { epoch, latched: [{ epoch, seq: 1 }] }));
    expect(sent).toMatchObject([
      { kind: 'receipt', lane: 'alarm', epoch, through: 0 },
      { kind: 'receipt', lane: 'routine', epoch, through: 0 },
      { kind: 'command', command: { alarm: { seq: 1 }, state: 'acknowledged' } },
    ]);
  });

  it('raises an alarm that it does not know, once: a light speaks of it', async () => {
    const [epoch, lost] = [newEpoch(), newEpoch()];
    const latched = [{ epoch: lost, seq: 3 }];
    await watch.take(presence(true, first, { epoch, latched }));
    await watch.take(presence(true, first, { epoch, latched }));
    const alarms = await store.db.selectFrom('alarm').selectAll().execute();
    expect(alarms).toMatchObject([{ epoch: lost, seq: 3, resolved_ms: null }]);
    expect(await told()).toEqual(['online', 'raised']);
    expect(sent.at(-1)).toMatchObject({
      command: { alarm: { epoch: lost, seq: 3 }, state: 'stored' },
    });
  });

  it('gives each station its own time, and tells it to speak often enough', async () => {
    ownSilenceMs = 20_000;
    await watch.take(presence(true));
    expect(sent.at(-1)).toMatchObject({ command: { name: 'announce-every', everyMs: 5_666 } });
    nowMs = ownSilenceMs - silenceLookEveryMs;
    await watch.sweep();
    expect(await state()).toBe('online');
    nowMs += 1;
    await watch.sweep();
    expect(await state()).toBe('silent');
    expect(await told(true)).toEqual(['begun']);
  });

  it('notes who is away as trouble, and ends it', async () => {
    await watch.take(presence(true));
    await watch.take(presence(false));
    await watch.take(presence(false));
    nowMs = 60_000;
    await watch.take(presence(true, second));
    expect(await listTroubles(store, { all: true })).toMatchObject([
      {
        kind: 'offline',
        begunAt: new Date(wallMs).toISOString(),
        endedAt: new Date(wallMs + 60_000).toISOString(),
      },
    ]);
    expect(await told(true)).toEqual(['begun', 'ended']);
  });

  it('believes nothing that could not be stored', async () => {
    await store.db.schema.alterTable('station_presence').renameTo('away').execute();
    await expect(watch.take(presence(true))).rejects.toThrow(/station_presence/);
    expect(watch.count('online')).toBe(0);
    await store.db.schema.alterTable('away').renameTo('station_presence').execute();
    await watch.take(presence(true));
    expect(await told()).toEqual(['online']);
  });

  it('shows a revoked station as revoked', async () => {
    await watch.take(presence(true));
    await revokeStation(store, station, 'test');
    expect(await state()).toBe('revoked');
    await expect(revokeStation(store, station, 'test')).rejects.toThrow(/revoked already/);
    await expect(revokeStation(store, 'st-zzzzzzzz', 'test')).rejects.toThrow(/no station/);
  });
});
