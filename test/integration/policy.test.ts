import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addCard } from '../../hub/app/cards.ts';
import { pauseVolunteer, resumeVolunteer } from '../../hub/app/pauses.ts';
import { doubtsAbout, listPolicies, policyOfDay, publishPolicy } from '../../hub/app/policies.ts';
import { replayPolicy } from '../../hub/app/policy-replay.ts';
import { audit } from '../../hub/audit/audit.ts';
import { policySchema } from '../../hub/domain/policy.ts';
import { previewBounties, settleBounties } from '../../hub/ledger/bounties.ts';
import { explain, statementOf } from '../../hub/ledger/statement.ts';
import { cardToken } from '../../shared/card-token.ts';
import { dayOf, IngestHub, minuteMs, Past, startMs } from '../support/ingest-hub.ts';

const first = { pointsPerCheckIn: 10, pausePerStationMin: 60, pointsPerDayMax: 50 };
const always = { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER, timeZone: 'Asia/Shanghai' };
const day = 24 * 60;
/** Monday, 2 March, ten in the morning. */
const today = dayOf(startMs);

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

const publish = (from: string, more: object = {}, at: object = {}) =>
  publishPolicy(hub.store, {
    policy: policySchema.parse({ ...first, ...more }),
    ...{ from, by: 'Operator 1', atMs: startMs, dayOf, ...at },
  });

const taps = (...minutes: number[]): Promise<void> => hub.tapsAt(...minutes);
const balance = async () => (await hub.balances()).volunteer;
const isSound = async () => (await audit(hub.store)).findings;

describe('publishing a policy', () => {
  it('is for days to come; old days keep theirs, also for what comes late', async () => {
    expect(await publish('2026-03-04', { pointsPerCheckIn: 7 })).toBe(2);
    await taps(0, day, 2 * day, 3 * day);
    expect(await balance()).toBe(10 + 10 + 7 + 7);
    await taps(day + 120, 2 * day + 120);
    expect(await balance()).toBe(10 + 20 + 14 + 7);
    expect(await isSound()).toEqual([]);
  });

  it('is refused for today, for a day gone, and for one that has check-ins which count', async () => {
    for (const from of ['2026-03-01', today]) {
      await expect(publish(from), from).rejects.toThrow('begins on a day to come');
    }
    await taps(2 * day);
    await expect(publish('2026-03-04')).rejects.toThrow('check-ins of 2026-03-04 count already');
    expect(await publish('2026-03-05')).toBe(2);
  });

  it('is refused by the database, too, and what was published is never changed', async () => {
    await taps(0);
    const { db } = hub.store;
    const row = { version: 9, effective_from: today, body: JSON.stringify(first) };
    await expect(db.insertInto('policy').values(row).execute()).rejects.toThrow(
      'keep their policy',
    );
    const change = db.updateTable('policy').set({ body: '{}' }).execute();
    await expect(change).rejects.toThrow('never changed');
    await expect(db.deleteFrom('policy').execute()).rejects.toThrow('never deleted');
  });

  it('keeps what it leaves to defaults, and who published it', async () => {
    await publish('2026-03-04');
    const { body } = await hub.store.db
      .selectFrom('policy')
      .select('body')
      .where('version', '=', 2)
      .executeTakeFirstOrThrow();
    expect(JSON.parse(body)).toEqual(policySchema.parse(first));
    const action = await hub.store.db
      .selectFrom('operator_action')
      .selectAll()
      .where('action', '=', 'policy publish')
      .executeTakeFirstOrThrow();
    expect(action).toMatchObject({ by: 'Operator 1', subject: '2' });
    await expect(publish('2026-03-04', {}, { by: ' ' })).rejects.toThrow('must not be blank');
  });

  it('shows how every version stands', async () => {
    await publish('2026-03-04');
    await publish('2026-03-04', { pointsPerCheckIn: 7 });
    await publish('2026-03-10');
    const standing = async (on: string) =>
      (await listPolicies(hub.store, on)).map(({ version, state, until }) => [
        ...[version, state, until],
      ]);
    expect(await standing('2026-03-05')).toEqual([
      [1, 'past', '2026-03-04'],
      [2, 'replaced', '2026-03-04'],
      [3, 'in-force', '2026-03-10'],
      [4, 'to-come', null],
    ]);
    expect(await policyOfDay(hub.store, '2026-03-09', today)).toMatchObject({ version: 3 });
  });

  it('warns of what may not be meant', async () => {
    await publish('2026-03-10');
    const policy = policySchema.parse({ ...first, pointsPerMonthMax: 300 });
    const doubts = (from: string, of = policy) => doubtsAbout(hub.store, of, { from, today });
    expect(await doubts('2026-03-02')).toEqual([
      expect.stringContaining('old days keep their policy'),
      expect.stringContaining('version 2 takes over on 2026-03-10'),
      expect.stringContaining('within a month'),
    ]);
    expect(await doubts('2026-03-10', policySchema.parse(first))).toEqual([
      expect.stringContaining('takes the place of version 2'),
      expect.stringContaining('what version 2 says already'),
    ]);
  });
});

describe('the bounties of a month', () => {
  const bounty = { fewerThan: 3, points: 20, budgetPerMonth: 50 };
  const aprilMs = startMs + 31 * day * minuteMs;
  const settle = (month = '2026-03', atMs = aprilMs) =>
    settleBounties(hub.store, { month, by: 'Operator 1', atMs, dayOf });
  beforeEach(async () => {
    await publish('2026-03-03', { bounty });
  });

  it('are paid once, and again only as far as late check-ins change them', async () => {
    await taps(0, 2 * day, 3 * day, 4 * day);
    expect(
      await previewBounties(hub.store, { month: '2026-03', thisMonth: '2026-04' }),
    ).toMatchObject({ bounties: 2, points: 40 });
    expect(await balance()).toBe(40);
    expect(await settle()).toMatchObject({ changes: [{ volunteer: hub.volunteer, change: 40 }] });
    expect(await balance()).toBe(80);
    expect(await settle()).toMatchObject({ points: 40, changes: [] });
    await taps(day);
    expect(await settle()).toMatchObject({ points: 40, changes: [] });
    expect(await hub.balances()).toEqual({ volunteer: 90, sum: 0 });
    const { lines } = await statementOf(hub.store, hub.volunteer, always);
    const told = lines.filter(({ reference }) => reference.startsWith('bounty/'));
    expect(told.map(({ code, change }) => [code, change])).toEqual([
      ...[
        ['bounty', 20],
        ['bounty', 20],
        ['bounty', 20],
        ['correction', -20],
      ],
    ]);
    expect(told[0]?.why.en).toBe(
      '20 points for checking in on 4 March 2026 at 10:00 at Station 1, which was visited 0 times in the month before: bounty of 2026-03, by version 2 of the rules.',
    );
    expect(told[3]?.why.en).toMatch(/^Correction: 20 points less for checking in on 5 March/);
    expect(await isSound()).toEqual([]);
  });

  it('are none where people came', async () => {
    await taps(2 * day, 3 * day, 4 * day, 32 * day);
    const april = await settle('2026-04', startMs + 65 * day * minuteMs);
    expect(april).toMatchObject({ bounties: 0, changes: [] });
  });

  it('wait until the month is over, and rest when that is long ago', async () => {
    await expect(settle('2026-04')).rejects.toThrow('2026-04 is not over');
    await expect(settle('2025-08')).rejects.toThrow('stays as it is');
  });

  it('that somebody paid behind the back of the hub are found by the audit', async () => {
    await taps(2 * day);
    await settle();
    const { db } = hub.store;
    const row = await db
      .selectFrom('transfer')
      .selectAll()
      .where('code', '=', 'bounty')
      .executeTakeFirstOrThrow();
    const { id: _, ...copy } = { ...row, reference: `${row.reference}0` };
    await db.insertInto('transfer').values(copy).execute();
    expect(await isSound()).toContainEqual(
      expect.objectContaining({ subject: '2026-03', detail: expect.stringContaining('40') }),
    );
  });
});

it("settles a month anew when a card turns out to be somebody's who has one already", async () => {
  await publish('2026-03-03', { pointsPerMonthMax: 20 });
  await taps(2 * day, 3 * day, 4 * day);
  const uid = '04D4E5F6';
  const card = cardToken(await hub.store.schemeKey(), uid);
  const past = new Past({ station: hub.station, card }).checkIns(day, day + 70);
  await hub.give(past.message(1, 2, 4 * day));
  await addCard(hub.store, hub.volunteer, uid, 'Operator 1');
  const rows = await hub.store.db
    .selectFrom('check_in')
    .selectAll()
    .orderBy('occurred_ms')
    .execute();
  expect(rows.map(({ outcome }) => outcome)).toEqual([
    ...['credited', 'credited', 'monthly-limit', 'monthly-limit', 'monthly-limit'],
  ]);
  expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
  expect(await isSound()).toEqual([]);
});

it('leaves out of the month what was tapped in a pause, in a replay too', async () => {
  await publish('2026-03-03', { pointsPerMonthMax: 20 });
  await taps(day, 2 * day, 3 * day, 4 * day);
  const change = (days: number) => ({ by: 'Operator 1', atMs: startMs + days * day * minuteMs });
  expect(await balance()).toBe(20);
  await pauseVolunteer(hub.store, hub.volunteer, change(1.5));
  expect(await balance()).toBe(10);
  await resumeVolunteer(hub.store, hub.volunteer, change(2.5));
  expect(await balance()).toBe(20);
  const policy = policySchema.parse({ ...first, pointsPerCheckIn: 3 });
  const span = { from: '2026-03-01', to: '2026-03-31', minuteOf: dayOf.minuteOf };
  const report = await replayPolicy(hub.store.db, { policy, ...span });
  expect(report).toMatchObject({ was: 20, wouldBe: 9, checkIns: 4 });
  expect(await isSound()).toEqual([]);
});

it('explains what a night adds, and what a month has no room for', async () => {
  const night = { from: '22:00', to: '05:00', points: 3 };
  await publish('2026-03-03', { pointsPerMonthMax: 33, night });
  await taps(day + 13 * 60, 2 * day, 3 * day);
  expect(hub.receipts.at(-1)?.outcomes.map(({ outcome }) => outcome)).toEqual([
    ...['credited', 'credited', 'credited'],
  ]);
  await taps(day);
  expect(await balance()).toBe(33);
  expect(hub.receipts.at(-1)?.outcomes).toMatchObject([{ outcome: 'credited', points: 10 }]);
  await taps(4 * day);
  expect(hub.receipts.at(-1)?.outcomes).toEqual([{ seq: 1, outcome: 'recorded', points: 0 }]);
  const { lines } = await statementOf(hub.store, hub.volunteer, always);
  const atNight = lines.find(({ change }) => change === 13);
  expect(atNight?.why.en).toMatch(/ \(10 for the check-in, 3 for the night hours\)\.$/);
  const { why } = await explain(hub.store, `${lines.at(-1)?.id}`, { timeZone: always.timeZone });
  expect(why.en).toContain(
    'other check-ins of that day, or of the month before it, became known or changed, or what was known of a card changed, and by version 2 of the rules it now comes to 0 points (monthly limit reached).',
  );
  expect(why.zh).toContain('本月积分已达上限');
  expect(why.ko).toContain('이번 달 적립 한도 도달');
  expect(await isSound()).toEqual([]);
});
