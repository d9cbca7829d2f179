import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withTroubles } from '../../hub/app/trouble-book.ts';
import { listTroubles } from '../../hub/app/troubles.ts';
import { reportedFaultAfterMs, reportedReadyAfterMs } from '../../hub/domain/trouble.ts';
import { PresenceWatch } from '../../hub/presence/presence-watch.ts';
import { newEpoch } from '../../shared/ids.ts';
import { createLog } from '../../shared/log.ts';
import { feedTopic } from '../../shared/wire/topics.ts';
import { IngestHub } from '../support/ingest-hub.ts';

const wallMs = Date.parse('2026-03-02T02:00:00Z');
const session = 'se-000000000001';

describe('the presence watch takes a health report', () => {
  let hub: IngestHub;
  let watch: PresenceWatch;
  /** The monotonic clock; the wall clock goes with it. */
  let nowMs: number;
  /** Of the station, so that no report is older than the one before. */
  let reports: number;

  beforeEach(async () => {
    hub = await IngestHub.start();
    [nowMs, reports] = [0, 0];
    watch = new PresenceWatch({
      db: hub.store.db,
      directory: { inUse: () => [], nameOf: () => 'Station 1', silentAfterMs: () => undefined },
      ...{ send: () => {}, onCommitted: () => {}, silentAfterMs: 90_000 },
      ...{ now: () => wallMs + nowMs, monotonicNow: () => nowMs },
      log: createLog('test', 'silent'),
    });
    await watch.start();
    await watch.take({
      ...{ v: 1, station: hub.station, kind: 'presence', session, online: true },
      ...{ sinceMs: wallMs, epoch: newEpoch(), latched: [] },
    });
  });
  afterEach(async () => {
    await watch.stop();
    await hub.stop();
  });

  const report = (panel: 'ready' | 'starting' | 'fault') =>
    watch.take({
      ...{ v: 1, station: hub.station, kind: 'health', session, version: '0', backlog: 0 },
      sent: { wallMs, monoMs: ++reports, boot: 'boot-1', synced: true },
      ...{ reader: 'ready', panel, journal: 'ready', diskFreeBytes: 1 },
    });
  const told = async () =>
    (await hub.outgoing())
      .filter(({ topic }) => topic === feedTopic('trouble'))
      .map(({ body }) => body['state']);
  const kinds = async () => (await listTroubles(hub.store)).map(({ kind }) => kind);
  const pass = async (ms: number) => {
    nowMs += ms;
    watch.heard(hub.station);
    await watch.sweep();
  };
  /** As the station's entry begins it. */
  const entry = (change: 'begin' | 'end') =>
    withTroubles(hub.store.db, wallMs + nowMs, (book) =>
      book[change]({ station: hub.station, kind: 'panel', detail: 'unplugged' }, wallMs + nowMs),
    );

  it('that goes on telling a fault for its beginning', async () => {
    await report('fault');
    await pass(reportedFaultAfterMs - 1);
    expect(await kinds()).toEqual([]);
    await pass(1);
    await pass(1);
    expect(await kinds()).toEqual(['panel']);
  });

  it('for no news of a fault that an entry has begun or just ended', async () => {
    await report('fault');
    await entry('begin');
    await pass(reportedFaultAfterMs);
    await report('ready');
    await entry('end');
    await pass(reportedFaultAfterMs);
    expect(await told()).toEqual(['begun', 'ended']);
  });

  it('for the end only when it has said so for long, whatever came and went before', async () => {
    await entry('begin');
    for (let flap = 0; flap < 3; flap += 1) {
      await report('fault');
      await pass(reportedReadyAfterMs / 2);
      await report('ready');
      await pass(reportedReadyAfterMs - 1);
      expect(await kinds()).toEqual(['panel']);
    }
    await pass(1);
    expect(await kinds()).toEqual([]);
    expect(await told()).toEqual(['begun', 'ended']);
  });

  it('for no end of what was told after it', async () => {
    await report('ready');
    await pass(reportedReadyAfterMs);
    await entry('begin');
    await pass(reportedReadyAfterMs - 1);
    expect(await kinds()).toEqual(['panel']);
  });

  it('of a part that is starting for neither', async () => {
    await entry('begin');
    await report('starting');
    await pass(reportedReadyAfterMs);
    expect(await kinds()).toEqual(['panel']);
  });
});
