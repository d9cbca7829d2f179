import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pauseVolunteer, resumeVolunteer } from '../../hub/app/pauses.ts';
import { addVolunteer, Refusal } from '../../hub/app/registry.ts';
import { startOfDay } from '../../hub/domain/local-time.ts';
import { policySchema } from '../../hub/domain/policy.ts';
import { expirePoints } from '../../hub/ledger/expire-points.ts';
import { explain, statementOf } from '../../hub/ledger/statement.ts';
import { changeReward, listRewards, retireReward } from '../../hub/rewards/catalogue.ts';
import { cancelRedemption } from '../../hub/rewards/close-redemption.ts';
import { schemeRules } from '../../hub/rewards/redemption-rules.ts';
import { listRedemptions } from '../../hub/rewards/redemptions.ts';
import { dayOf, IngestHub } from '../support/ingest-hub.ts';
import { RewardDesk } from '../support/reward-desk.ts';

const timeZone = 'Asia/Shanghai';
const dayMs = 86_400_000;

let hub: IngestHub;
let desk: RewardDesk;
beforeEach(async () => {
  hub = await IngestHub.start();
  desk = new RewardDesk(hub);
});
afterEach(async () => {
  expect((await desk.audit()).findings).toEqual([]);
  await hub.stop();
});

const cancel = (which: string, reason = 'a reason') =>
  cancelRedemption(hub.store, which, { ...desk.change, reason });

const rulesOfPolicy = { pointsPerCheckIn: 10, pausePerStationMin: 60, pointsPerDayMax: 50 };

describe('a reward', () => {
  it('is set aside with its points, and handed out to who says the code', async () => {
    const id = await desk.add();
    await desk.give(100);
    const { code, points, balance } = await desk.redeem(id);
    expect({ points, balance }).toEqual({ points: 30, balance: 70 });
    expect(await desk.accounts()).toEqual({ volunteer: 70, reserved: 30, redeemed: 0 });
    expect(await desk.stockOf(id)).toBe(4);
    await desk.handOut(` ${code.slice(0, 3)}-${code.slice(3).toLowerCase()} `);
    expect(await desk.accounts()).toEqual({ volunteer: 70, reserved: 0, redeemed: 30 });
    expect(await listRewards(hub.store)).toMatchObject([{ stock: 4, reserved: 0, handedOut: 1 }]);
  });

  it('comes back with its points when the redemption is cancelled, by code or by number', async () => {
    const id = await desk.add();
    await desk.give(60);
    const [first, second] = [await desk.redeem(id), await desk.redeem(id)];
    expect((await cancel(first.code)).balance).toBe(30);
    expect((await cancel(`${second.id}`)).balance).toBe(60);
    expect(await desk.accounts()).toEqual({ volunteer: 60, reserved: 0, redeemed: 0 });
    expect(await desk.stockOf(id)).toBe(5);
  });

  it('that was handed out or cancelled is neither again', async () => {
    const id = await desk.add();
    await desk.give(60);
    const [given, back] = [await desk.redeem(id), await desk.redeem(id)];
    await desk.handOut(given.code);
    await cancel(back.code);
    const handed = `redemption ${given.id} was handed out already, by Operator A`;
    await expect(cancel(given.code)).rejects.toThrow(handed);
    await expect(desk.handOut(given.code)).rejects.toThrow(handed);
    await expect(desk.handOut(back.code)).rejects.toThrow('was cancelled already');
    await expect(cancel(`${back.id}`)).rejects.toThrow('was cancelled already');
    expect(await desk.accounts()).toEqual({ volunteer: 30, reserved: 0, redeemed: 30 });
  });

  it('is handed out to nobody without the code', async () => {
    const id = await desk.add();
    await desk.give(30);
    const { id: redemption } = await desk.redeem(id);
    for (const code of ['', 'CCCCCC', `${redemption}`, "' OR 1=1"]) {
      await expect(desk.handOut(code)).rejects.toThrow('no redemption has this pick-up code');
    }
    await expect(cancel('999')).rejects.toThrow('there is no redemption 999');
    await expect(cancel(`${redemption}`, ' ')).rejects.toThrow('the reason must not be blank');
  });

  it('that was retired or changed after it was reserved is handed out as it was agreed', async () => {
    const id = await desk.add();
    await desk.give(60);
    const [first, second] = [await desk.redeem(id), await desk.redeem(id)];
    await changeReward(hub.store, id, { cost: 50 }, desk.change);
    await retireReward(hub.store, id, desk.change);
    await desk.handOut(first.code);
    expect((await cancel(second.code)).balance).toBe(30);
  });
});

describe('nothing is redeemed', () => {
  const refused = async (asked: Promise<unknown>, line: string) => {
    await expect(asked).rejects.toThrow(Refusal);
    await expect(asked).rejects.toThrow(line);
    expect(await desk.accounts()).toMatchObject({ reserved: 0, redeemed: 0 });
  };

  it('with too few points, or while points are owed', async () => {
    const id = await desk.add();
    await desk.give(29);
    await refused(desk.redeem(id), 'this takes 30 points, and the account has 29');
    await desk.give(-40);
    await refused(desk.redeem(id), 'this takes 30 points, and the account has 0');
    expect(await desk.stockOf(id)).toBe(5);
  });

  it('of what is out of stock, retired, or not there', async () => {
    await desk.give(100);
    const [none, old] = [await desk.add({}, 0), await desk.add()];
    await retireReward(hub.store, old, desk.change);
    await refused(desk.redeem(none), `reward ${none} is out of stock`);
    await refused(desk.redeem(old), `reward ${old} was retired`);
    await refused(desk.redeem(99), 'there is no reward 99');
  });

  it('by who is unknown, paused or erased, by nobody, or on a day that is closed', async () => {
    await desk.give(100);
    const id = await desk.add();
    await refused(desk.redeem(id, { volunteer: 'vo-00000000' }), 'no volunteer vo-00000000');
    const rules = { ...schemeRules(hub.store), standingOf: async () => 'erased' as const };
    await refused(desk.redeem(id, { rules }), `${hub.volunteer} is erased`);
    await pauseVolunteer(hub.store, hub.volunteer, { by: 'Operator A', atMs: desk.atMs });
    await refused(desk.redeem(id), `${hub.volunteer} is paused`);
    await resumeVolunteer(hub.store, hub.volunteer, { by: 'Operator A', atMs: desk.atMs });
    const window = { kind: 'days-of-month', from: 3, to: 5 };
    const body = JSON.stringify(
      policySchema.parse({ ...rulesOfPolicy, redemptionWindows: [window] }),
    );
    const row = { version: 2, effective_from: '2026-03-01', body };
    await hub.store.db.insertInto('policy').values(row).execute();
    await refused(desk.redeem(id), 'nothing can be redeemed on 2026-03-02');
    const nobody = new RewardDesk(hub);
    Object.defineProperty(nobody, 'by', { value: ' ' });
    await refused(nobody.redeem(id), 'the name of who does it must not be blank');
    desk.atMs += dayMs;
    await desk.redeem(id);
  });

  it('before the first or after the last day of the reward', async () => {
    await desk.give(100);
    const [early, late] = [
      await desk.add({ from: '2026-03-03' }),
      await desk.add({ to: '2026-03-02' }),
    ];
    await refused(desk.redeem(early), 'can be redeemed from 2026-03-03 only, and it is 2026-03-02');
    desk.atMs += dayMs;
    await refused(desk.redeem(late), 'can be redeemed to 2026-03-02 only, and it is 2026-03-03');
  });
});

it('uses the oldest points first: what is set aside does not expire, and what comes back does', async () => {
  const id = await desk.add();
  await desk.give(40);
  const { code } = await desk.redeem(id);
  const run = { before: '2026-03-03', beforeMs: startOfDay('2026-03-03', dayOf), policy: 1 };
  const expire = () => expirePoints(hub.store, { ...run, by: 'nightly', atMs: desk.atMs });
  expect(await expire()).toMatchObject([{ points: 10 }]);
  expect(await expire()).toEqual([]);
  // They come back after the day, and are as old as they were.
  desk.atMs += 2 * dayMs;
  await cancel(code);
  expect(await desk.accounts()).toEqual({ volunteer: 30, reserved: 0, redeemed: 0 });
  expect(await expire()).toMatchObject([{ points: 30 }]);
});

describe('the limit for one person', () => {
  it('is counted in its period, without what was cancelled, and for each person apart', async () => {
    const id = await desk.add({ cost: 1, limit: { max: 2, per: 'month' } });
    const other = await addVolunteer(hub.store, 'Volunteer 2', 'test');
    await desk.give(100);
    await desk.give(1, other);
    const first = await desk.redeem(id);
    await desk.redeem(id);
    const line = `nobody redeems more than 2 of reward ${id} in a month`;
    await expect(desk.redeem(id)).rejects.toThrow(line);
    await cancel(first.code);
    await desk.handOut((await desk.redeem(id)).code);
    await expect(desk.redeem(id)).rejects.toThrow(line);
    await desk.redeem(id, { volunteer: other });
    await desk.redeem(await desk.add({ cost: 1, limit: { max: 1, per: 'ever' } }));
    desk.atMs += 30 * dayMs;
    await desk.redeem(id);
    expect(await desk.stockOf(id)).toBe(1);
  });
});

describe('a pick-up code', () => {
  it('is never that of two open redemptions, and free again when one is closed', async () => {
    const id = await desk.add({ cost: 1 });
    await desk.give(10);
    const codes = ['CCCCCC', 'CCCCCC', 'CCCCCC', 'DDDDDD', 'CCCCCC'];
    const makeCode = () => codes.shift() ?? 'FFFFFF';
    const first = await desk.redeem(id, { makeCode });
    expect(first.code).toBe('CCCCCC');
    expect((await desk.redeem(id, { makeCode })).code).toBe('DDDDDD');
    await desk.handOut('CCCCCC');
    const again = await desk.redeem(id, { makeCode });
    expect(again.code).toBe('CCCCCC');
    expect((await desk.handOut('CCCCCC')).id).toBe(again.id);
    await desk.redeem(id, { makeCode });
    await expect(desk.redeem(id, { makeCode })).rejects.toThrow('in a row are open already');
  });

  it('stands in no list, no log of actions, no feed and no transfer', async () => {
    const id = await desk.add();
    await desk.give(60);
    const { code } = await desk.redeem(id);
    await desk.handOut(code);
    const { db } = hub.store;
    const written = JSON.stringify([
      await db.selectFrom('operator_action').selectAll().execute(),
      await db.selectFrom('transfer').selectAll().execute(),
      await hub.outgoing(),
      await listRedemptions(hub.store),
    ]);
    expect(written).toContain('redemption hand-out');
    expect(written).not.toContain(code);
  });
});

it('tells the feed how many points went and came back, and for which reward, by its number', async () => {
  const id = await desk.add();
  await desk.give(60);
  await cancel((await desk.redeem(id)).code);
  const told = (await hub.outgoing()).map(({ body }) => body).slice(-2);
  const about = { volunteer: { id: hub.volunteer }, reward: id };
  expect(told).toMatchObject([
    { ...about, code: 'redemption-reserve', change: -30, balance: 30 },
    { ...about, code: 'redemption-cancel', change: 30, balance: 60 },
  ]);
  expect(JSON.stringify(told)).not.toMatch(/Umbrella|雨伞|우산|a reason/);
});

it('lists redemptions newest first, by person, or those that are open', async () => {
  const id = await desk.add({ cost: 1 });
  await desk.give(3);
  const made = [await desk.redeem(id), await desk.redeem(id), await desk.redeem(id)];
  await desk.handOut(made[1]?.code ?? '');
  const ids = async (filter: object) => {
    const { redemptions, isAll } = await listRedemptions(hub.store, filter);
    return { ids: redemptions.map((one) => one.id), isAll };
  };
  expect(await ids({})).toEqual({ ids: [3, 2, 1], isAll: true });
  expect(await ids({ limit: 2 })).toEqual({ ids: [3, 2], isAll: false });
  expect(await ids({ open: true })).toEqual({ ids: [3, 1], isAll: true });
  expect(await ids({ volunteer: hub.volunteer, limit: 3 })).toEqual({
    ids: [3, 2, 1],
    isAll: true,
  });
  await expect(ids({ volunteer: 'vo-00000000' })).rejects.toThrow('no volunteer');
});

it('explains each step in three languages, also the one that moves no points of the volunteer', async () => {
  const id = await desk.add();
  await desk.give(60);
  const [first, second] = [await desk.redeem(id), await desk.redeem(id)];
  await desk.handOut(first.code);
  await cancel(second.code, 'did not come');
  await changeReward(hub.store, id, { name: { en: 'Hat' } }, desk.change);
  const why = async (reference: string) => {
    const line = await explain(hub.store, `redemption/${reference}`, { timeZone });
    expect(line.volunteer.id).toBe(hub.volunteer);
    return { change: line.change, ...line.why };
  };
  expect(await why('1/reserve')).toEqual({
    change: -30,
    en: '30 points set aside by Operator A for “Umbrella”, which is to be picked up.',
    zh: '兑换“雨伞”,预留 30 分,待领取(经办:Operator A)。',
    ko: '‘우산’ 교환: 30포인트 예약, 수령 대기 (담당: Operator A).',
  });
  expect(await why('1/hand-out')).toMatchObject({
    change: 0,
    en: '“Umbrella” was handed out by Operator A: the 30 points set aside for it are redeemed.',
  });
  expect(await why('2/cancel')).toMatchObject({
    change: 30,
    en: '30 points back: Operator A cancelled the redemption of “Umbrella”: “did not come”.',
  });
  const always = { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER, timeZone };
  const { lines, balance } = await statementOf(hub.store, hub.volunteer, always);
  expect(lines.map(({ change }) => change)).toEqual([60, -30, -30, 30]);
  expect(balance).toBe(30);
});
