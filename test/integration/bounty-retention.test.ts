import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { publishPolicy } from '../../hub/app/policies.ts';
import { replayPolicy } from '../../hub/app/policy-replay.ts';
import { audit } from '../../hub/audit/audit.ts';
import { policySchema } from '../../hub/domain/policy.ts';
import { previewBounties, settleBounties } from '../../hub/ledger/bounties.ts';
import { statementOf } from '../../hub/ledger/statement.ts';
import { dayOf, IngestHub, startMs } from '../support/ingest-hub.ts';
import { april, dayMin, dayMs, nightMs, RetentionScene } from '../support/retention-scene.ts';

const policy = policySchema.parse({
  ...{ pointsPerCheckIn: 10, pausePerStationMin: 60, pointsPerDayMax: 50 },
  bounty: { fewerThan: 3, points: 20, budgetPerMonth: 100 },
});

let hub: IngestHub;
let scene: RetentionScene;
beforeEach(async () => {
  hub = await IngestHub.start();
  scene = new RetentionScene(hub);
  const by = 'Operator 1';
  await publishPolicy(hub.store, { policy, from: '2026-03-03', by, atMs: startMs, dayOf });
  await scene.give([2 * dayMin, 3 * dayMin]);
  await settle();
  await scene.give([april]);
});
afterEach(() => hub.stop());

const settle = (month = '2026-03', atMs = startMs + 31 * dayMs) =>
  settleBounties(hub.store, { month, by: 'Operator 1', atMs, dayOf });

it('sums up the bounties of a month with its check-ins', async () => {
  const before = await hub.balances();
  expect(before).toEqual({ volunteer: 70, sum: 0 });
  expect(await scene.remove()).toMatchObject({ points: 20, bounties: 40, transfers: 4 });
  expect(await hub.balances()).toEqual(before);
  const { lines } = await statementOf(hub.store, hub.volunteer, {
    ...{ fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER, timeZone: 'Asia/Shanghai' },
  });
  expect(lines.map(({ code, change }) => [code, change])).toEqual(
    expect.arrayContaining([
      ['bounties-summed', 40],
      ['check-ins-summed', 20],
      ['check-in', 10],
    ]),
  );
  expect(lines.find(({ code }) => code === 'bounties-summed')?.why.en).toBe(
    '40 points for the bounties of 2026-03; for which stations they were was removed after its time (retention run 1).',
  );
  const rest = await hub.store.db.selectFrom('transfer').select('reason').execute();
  expect(rest.filter(({ reason }) => reason.includes('2026-03-0'))).toEqual([]);
  expect(await scene.findings()).toEqual([]);
});

it('settles no bounty and replays no day whose check-ins are gone', async () => {
  await scene.remove();
  await expect(settle('2026-03', nightMs)).rejects.toThrow('check-ins of 2026-03 are summed up');
  await expect(settle('2026-04', nightMs)).rejects.toThrow('the bounties of 2026-04 stay');
  const preview = (month: string) =>
    previewBounties(hub.store, { month, thisMonth: dayOf(nightMs).slice(0, 7) });
  await expect(preview('2026-03')).rejects.toThrow('check-ins of 2026-03 are summed up');
  await expect(preview('2026-04')).rejects.toThrow('the bounties of 2026-04 stay');
  await expect(preview('2025-01')).rejects.toThrow('more than 6 months ago');
  const replay = (from: string) =>
    replayPolicy(hub.store.db, { policy, from, to: '2026-04-30', minuteOf: dayOf.minuteOf });
  await expect(replay('2026-03-31')).rejects.toThrow('before 2026-04-01 are summed up');
  expect(await replay('2026-04-01')).toMatchObject({ checkIns: 1 });
});

it('is held against the runs by the audit', async () => {
  await scene.remove();
  const sqlite = new BetterSqlite(hub.file);
  sqlite.exec(`INSERT INTO transfer (reference, debit, credit, amount, code, at, reason)
      SELECT reference || '0', debit, credit, 5, code, at, reason FROM transfer
      WHERE code = 'bounties-summed';
    UPDATE account SET balance = balance + 5 WHERE volunteer_id IS NOT NULL;
    UPDATE account SET balance = balance - 5 WHERE id = 'scheme:issued-for-bounties'`);
  sqlite.close();
  const { checks } = await audit(hub.store);
  expect(checks.filter(({ findings }) => findings > 0).map(({ claim }) => claim)).toEqual([
    'the bounties of each month come to what they were settled at last',
    'where check-ins were removed stands what they came to, and nothing else',
  ]);
});
