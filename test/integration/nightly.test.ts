import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishPolicy } from '../../hub/app/policies.ts';
import { listTroubles } from '../../hub/app/troubles.ts';
import { policySchema } from '../../hub/domain/policy.ts';
import { decideContribution, recordContribution } from '../../hub/ledger/contributions.ts';
import { expirePoints } from '../../hub/ledger/expire-points.ts';
import { type NightlyJob, nightlyJobs } from '../../hub/nightly/jobs.ts';
import { NightlyWatch } from '../../hub/nightly/nightly-watch.ts';
import { Pace } from '../../hub/nightly/pace.ts';
import { runNightly } from '../../hub/nightly/run-nightly.ts';
import { hubSettingsSchema } from '../../hub/settings.ts';
import { createLog } from '../../shared/log.ts';
import { dayOf, IngestHub, Past, startMs } from '../support/ingest-hub.ts';
import { april, march, nightMs, RetentionScene } from '../support/retention-scene.ts';
import { RewardDesk } from '../support/reward-desk.ts';

let hub: IngestHub;
let scene: RetentionScene;
beforeEach(async () => {
  hub = await IngestHub.start();
  scene = new RetentionScene(hub);
});
afterEach(() => hub.stop());

const night = (privacy: object = {}, more: object = {}) =>
  runNightly({
    ...{ store: hub.store, privacy: hubSettingsSchema.parse({ privacy }).privacy },
    ...{ dayOf, by: 'nightly', atMs: nightMs, ...more },
  });
const actions = () =>
  hub.store.db
    .selectFrom('operator_action')
    .select(['by', 'subject', 'detail'])
    .where('action', '=', 'nightly')
    .orderBy('id')
    .execute();
const troubles = async () =>
  (await listTroubles(hub.store)).map(({ kind, part, detail }) => ({ kind, part, detail }));

describe('the nightly work', () => {
  it('removes nothing, and lets nothing expire, unless it is asked for', async () => {
    await scene.give([march, april]);
    const { jobs, isInterrupted } = await night();
    expect(isInterrupted).toBe(false);
    expect(jobs.map(({ job }) => job)).toEqual(nightlyJobs.map(({ name }) => name));
    expect(jobs.every(({ failed }) => failed === undefined)).toBe(true);
    expect(jobs.filter(({ did }) => did === undefined).map(({ job }) => job)).toEqual([
      'expiry',
      'retention',
    ]);
    expect(await scene.checkIns()).toHaveLength(2);
    expect(await hub.store.recall('nightly-day')).toBe('2026-07-01');
  });

  it('does what settings and policy say, and notes it', async () => {
    const rules = { pointsPerCheckIn: 10, pausePerStationMin: 60, pointsPerDayMax: 50 };
    const expiry = { kind: 'after-months', months: 3 };
    const policy = policySchema.parse({ ...rules, expiry });
    const published = { policy, from: '2026-03-03', by: 'x', atMs: startMs, dayOf };
    await publishPolicy(hub.store, published);
    await scene.give([march, march + 90]);
    await scene.give([april]);
    await night({ checkInDays: 75 });
    // What April has earned is three months old when July ends.
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
    const done = (await actions()).map(({ subject, detail }) => [subject, JSON.parse(detail)]);
    expect(Object.fromEntries(done)).toMatchObject({
      expiry: { before: '2026-04-01', volunteers: 1, points: 20 },
      retention: { before: '2026-04-01', checkIns: 2, points: 20 },
    });
    expect(await scene.findings()).toEqual([]);
    const [again] = (await night({ checkInDays: 75 })).jobs.filter(({ job }) => job === 'expiry');
    expect(again?.did).toMatchObject({ points: 0 });
  });

  it('removes texts of contributions, and suspicions, after their time', async () => {
    const { store, volunteer } = hub;
    const today = dayOf(startMs);
    // Long enough for pages of its own, which nothing needs once it is gone.
    const text = 'Words of somebody, '.repeat(500);
    const isInFile = () => {
      store.checkpoint();
      return readFileSync(hub.file, 'latin1').includes('Words of somebody');
    };
    const recorded = { volunteer, kind: 'hazard-removed', points: 20, text };
    const when = { day: today, today, by: 'Operator A', atMs: startMs };
    const id = await recordContribution(store, { ...recorded, ...when });
    const decided = { id, decision: 'approved', by: 'Operator B', atMs: startMs } as const;
    await decideContribution(store, decided);
    const odd = { kind: 'burst', key: 'x', volunteers: '[]', check_ins: '[]', figures: '{}' };
    await store.db
      .insertInto('suspicion')
      .values({ ...odd, found_ms: startMs })
      .execute();
    const kept = await night({ checkInDays: 365, contributionTextDays: 365 });
    expect(kept.jobs).toContainEqual(
      expect.objectContaining({ job: 'contribution-texts', did: { days: 365, texts: 0 } }),
    );
    expect(isInFile()).toBe(true);
    const gone = await night({ checkInDays: 75, contributionTextDays: 100 });
    expect(isInFile()).toBe(false);
    expect(gone.jobs).toContainEqual(
      expect.objectContaining({ job: 'contribution-texts', did: { days: 100, texts: 1 } }),
    );
    expect(gone.jobs).toContainEqual(
      expect.objectContaining({ did: expect.objectContaining({ suspicions: 1 }) }),
    );
    expect(await scene.findings()).toEqual([]);
  });

  const fault: NightlyJob = {
    name: 'retention',
    run: async () => {
      throw new Error('no such thing');
    },
  };
  const works = (did: object): NightlyJob => ({ name: 'expiry', run: async () => did });

  it('tells of a job that fails until it works again, and does the others', async () => {
    const { jobs } = await night({}, { jobs: [fault, works({ n: 1 })] });
    expect(jobs).toMatchObject([{ failed: 'no such thing' }, { did: { n: 1 } }]);
    const told = [{ kind: 'nightly', part: 'retention', detail: 'no such thing' }];
    expect(await troubles()).toEqual(told);
    await night({}, { jobs: [works({ n: 2 })] });
    expect(await troubles()).toEqual(told);
    await night({}, { jobs: [{ ...fault, run: async () => undefined }] });
    expect(await troubles()).toEqual([]);
    expect((await actions()).map(({ subject }) => subject)).toEqual([
      ...['retention', 'expiry', 'expiry'],
    ]);
  });

  it('takes up the next night what was interrupted', async () => {
    const stranger = new Past({ station: hub.station, card: 'f'.repeat(32) });
    await scene.give([march], stranger);
    await scene.give([march + 5]);
    const ending = new AbortController();
    const say = (job: string) => job === 'retention' && ending.abort();
    const report = await night({ checkInDays: 75 }, { signal: ending.signal, say });
    expect(report.isInterrupted).toBe(true);
    expect(await hub.store.recall('nightly-day')).toBeUndefined();
    expect(await troubles()).toEqual([]);
    expect(await scene.findings()).toEqual([]);
    await night({ checkInDays: 75 });
    expect(await scene.checkIns()).toEqual([]);
    expect(await scene.findings()).toEqual([]);
  });

  it('lets another writer in between any two of its transactions', async () => {
    const stranger = new Past({ station: hub.station, card: 'f'.repeat(32) });
    await scene.give(
      Array.from({ length: 200 }, (_, n) => march + n),
      stranger,
    );
    await scene.give(
      Array.from({ length: 200 }, (_, n) => march + 300 + n),
      new Past({
        station: hub.station,
        card: 'e'.repeat(32),
      }),
    );
    const other = new BetterSqlite(hub.file, { timeout: 0 });
    let [turns, refused] = [0, 0];
    const working = night({ checkInDays: 75 });
    let isDone = false;
    void working.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      try {
        other.exec('BEGIN IMMEDIATE; ROLLBACK');
        turns += 1;
      } catch {
        refused += 1; // the lock is held just now: asked for again in a moment
      }
      await setTimeout(1);
    }
    other.close();
    const retention = (await working).jobs.find(({ job }) => job === 'retention');
    expect(retention?.did).toMatchObject({ checkIns: 400 });
    expect(turns).toBeGreaterThan(Math.max(10, refused));
  });
});

it('leaves for the next time whose points move while it reckons', async () => {
  const desk = new RewardDesk(hub);
  await desk.give(40);
  const pace = new Pace();
  const slice = pace.slice.bind(pace);
  pace.slice = async (work) => {
    await desk.give(-15);
    return slice(work);
  };
  const beforeMs = nightMs - 86_400_000;
  const run = { before: '2026-06-30', beforeMs, policy: 1, by: 'nightly', atMs: nightMs };
  expect(await expirePoints(hub.store, run, pace)).toEqual([]);
  expect(await hub.balances()).toEqual({ volunteer: 25, sum: 0 });
  expect(await expirePoints(hub.store, run)).toMatchObject([{ points: 25 }]);
});

describe('the watch', () => {
  /** Half past three in the morning of 1 July, where the scheme lives. */
  const atMs = Date.parse('2026-06-30T19:30:00Z');
  const minuteMs = 60_000;

  function watch(lastDay?: string) {
    const done: number[] = [];
    const clock = { nowMs: 0, monotonicMs: 0 };
    const one = new NightlyWatch({
      ...{ at: '03:30', dayOf, log: createLog('test', 'silent') },
      now: () => clock.nowMs,
      monotonicNow: () => clock.monotonicMs,
      lastDay: async () => lastDay,
      run: async () => void done.push(clock.nowMs),
    });
    const look = async (nowMs: number, upMin: number) => {
      Object.assign(clock, { nowMs, monotonicMs: upMin * minuteMs });
      await one.look();
      return done.length;
    };
    return look;
  }

  it('begins when the time has come, once', async () => {
    const look = watch();
    expect(await look(atMs - minuteMs, 1)).toBe(0);
    expect(await look(atMs, 2)).toBe(1);
    expect(await look(atMs + minuteMs, 3)).toBe(1);
    expect(await look(atMs + 23 * 60 * minuteMs, 4)).toBe(1);
    expect(await look(atMs + 24 * 60 * minuteMs, 5)).toBe(2);
  });

  it('makes up for a night that the hub was off, ten minutes after it is on', async () => {
    const look = watch('2026-06-30');
    expect(await look(atMs + 300 * minuteMs, 1)).toBe(0);
    expect(await look(atMs + 309 * minuteMs, 10)).toBe(1);
  });

  it('does nothing where it was done that day', async () => {
    const look = watch('2026-07-01');
    expect(await look(atMs + 300 * minuteMs, 60)).toBe(0);
  });

  it('does nothing twice when the clock is put back', async () => {
    const look = watch();
    await look(atMs - minuteMs, 1);
    expect(await look(atMs, 2)).toBe(1);
    expect(await look(atMs - minuteMs, 3)).toBe(1);
    expect(await look(atMs, 4)).toBe(1);
  });
});
