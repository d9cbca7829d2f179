import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../../hub/app/registry.ts';
import { volunteerAccount } from '../../hub/domain/ledger.ts';
import { startOfDay } from '../../hub/domain/local-time.ts';
import {
  askCorrection,
  decideCorrection,
  waitingCorrections,
} from '../../hub/ledger/corrections.ts';
import { expirePoints, previewExpiry } from '../../hub/ledger/expire-points.ts';
import { postTransfer } from '../../hub/ledger/post-transfer.ts';
import { explain, statementOf } from '../../hub/ledger/statement.ts';
import { dayOf, IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';

const timeZone = 'Asia/Shanghai';
const atMs = startMs + 200 * minuteMs;
const limits = { aloneMax: 100 };
const always = { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER, timeZone };

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

const ask = (points: number, by = 'Operator A') =>
  askCorrection(
    hub.store,
    { volunteer: hub.volunteer, points, reason: 'a reason', by, atMs },
    limits,
  );

describe('corrections by hand', () => {
  it('are booked at once up to the limit, and both sides move', async () => {
    expect(await ask(100)).toMatchObject({ state: 'booked', balance: 100 });
    expect(await hub.balances()).toEqual({ volunteer: 100, sum: 0 });
  });

  it('wait above the limit, and only another person can approve them', async () => {
    const { id } = await ask(101);
    expect(await hub.balances()).toEqual({ volunteer: 0, sum: 0 });
    expect(await waitingCorrections(hub.store)).toMatchObject([{ id, points: 101 }]);
    const approve = (by: string) =>
      decideCorrection(hub.store, { id, decision: 'approved', by, atMs });
    // Nor does another case, another space, or a character that nobody sees make another person.
    for (const same of [' operator  a', 'Oper\u200bator A']) {
      await expect(approve(same)).rejects.toThrow('another person');
    }
    expect(await approve('Operator B')).toBe(101);
    await expect(approve('Operator C')).rejects.toThrow('waits for nobody');
    expect(await hub.balances()).toEqual({ volunteer: 101, sum: 0 });
  });

  it('cannot be split to stay below the limit: what the same person did within a day counts', async () => {
    await ask(60);
    expect(await ask(-50, ' OPERATOR a')).toMatchObject({ state: 'waits' });
    expect(await ask(50, 'Operator B')).toMatchObject({ state: 'booked', balance: 110 });
    const later = { volunteer: hub.volunteer, points: 50, reason: 'a reason', by: 'Operator A' };
    const nextDay = { ...later, atMs: atMs + 24 * 60 * minuteMs };
    expect(await askCorrection(hub.store, nextDay, limits)).toMatchObject({ state: 'booked' });
  });

  it('leave nothing behind in the accounts when they are refused', async () => {
    const { id } = await ask(-500);
    await decideCorrection(hub.store, { id, decision: 'refused', by: 'Operator B', atMs });
    expect(await hub.balances()).toEqual({ volunteer: 0, sum: 0 });
    expect(await waitingCorrections(hub.store)).toEqual([]);
  });

  it('may leave points owed', async () => {
    expect(await ask(-30)).toMatchObject({ state: 'booked', balance: -30 });
    expect((await statementOf(hub.store, hub.volunteer, always)).balance).toBe(-30);
  });

  it.each([0, 1.5, 1_000_001, Number.NaN])('of %s points are refused', async (points) => {
    await expect(ask(points)).rejects.toThrow(Refusal);
  });

  it('need a reason, a name and a volunteer that there is', async () => {
    const asked = { volunteer: hub.volunteer, points: 5, reason: 'a reason', by: 'A', atMs };
    for (const fault of [{ reason: ' ' }, { by: '' }, { volunteer: 'vo-00000000' }]) {
      await expect(askCorrection(hub.store, { ...asked, ...fault }, limits)).rejects.toThrow(
        Refusal,
      );
    }
    expect(await hub.balances()).toEqual({ volunteer: 0, sum: 0 });
  });

  it('are never changed or deleted once asked for', async () => {
    await ask(5);
    const { db } = hub.store;
    await expect(db.updateTable('correction').set({ points: 6 }).execute()).rejects.toThrow(
      'never',
    );
    await expect(
      db.updateTable('correction').set({ decision: 'refused' }).execute(),
    ).rejects.toThrow('never');
    await expect(db.deleteFrom('correction').execute()).rejects.toThrow('never');
  });
});

it('does not let an account be overdrawn by what only spends', async () => {
  await ask(10);
  const spend = hub.store.db.transaction().execute((trx) =>
    postTransfer(
      trx,
      {
        ...{ reference: 'test/1', debit: volunteerAccount(hub.volunteer) },
        ...{ credit: 'scheme:expired', amount: 11, code: 'expiry', atMs },
        reason: { rule: 'expiry', policy: 1, before: '2026-01-01' },
      },
      { mayOwe: false },
    ),
  );
  await expect(spend).rejects.toThrow('this takes 11 points, and the account has 10');
  expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
});

describe('expiry', () => {
  const run = (before: string) => ({
    ...{ before, beforeMs: startOfDay(before, dayOf), policy: 1, by: 'nightly', atMs },
  });

  it('takes what was earned before the day, once, and shows it first', async () => {
    await ask(40);
    const [day, next] = [dayOf(atMs), '2026-03-03'];
    expect(await previewExpiry(hub.store, run(day))).toEqual([]);
    expect(await previewExpiry(hub.store, run(next))).toMatchObject([{ points: 40 }]);
    expect(await hub.balances()).toEqual({ volunteer: 40, sum: 0 });
    expect(await expirePoints(hub.store, run(next))).toMatchObject([{ points: 40 }]);
    expect(await expirePoints(hub.store, run(next))).toEqual([]);
    expect(await hub.balances()).toEqual({ volunteer: 0, sum: 0 });
  });

  it('lets what was taken back count against the oldest points', async () => {
    await ask(40);
    await ask(-15);
    expect(await expirePoints(hub.store, run('2026-03-03'))).toMatchObject([{ points: 25 }]);
  });
});

describe('an explanation', () => {
  it('says of a check-in where, when and by which rules it earned points, in three languages', async () => {
    const past = new Past(hub);
    past.checkIn(reading(0));
    await hub.give(past.message(1, 1));
    const { lines } = await statementOf(hub.store, hub.volunteer, always);
    expect(lines).toMatchObject([{ code: 'check-in', change: 10 }]);
    const line = await explain(hub.store, `${lines[0]?.id}`, { timeZone });
    expect(line.why.en).toBe(
      '10 points for checking in at Station 1 on 2 March 2026 at 10:00, by version 1 of the rules.',
    );
    expect(line.why.zh).toBe('2026年3月2日 10:00 在“Station 1”的签到,按第 1 版规则得 10 分。');
    expect(line.why.ko).toContain('‘Station 1’ 체크인: 규칙 1판에 따라 10포인트 적립.');
    expect(await explain(hub.store, line.reference, { timeZone })).toEqual(line);
  });

  it('says of a correction what became known', async () => {
    const [late, early] = [new Past(hub), new Past(hub)];
    late.checkIn(reading(30));
    early.checkIn(reading(0));
    await hub.give(late.message(1, 1));
    await hub.give(early.message(1, 1));
    const { lines } = await statementOf(hub.store, hub.volunteer, always);
    const correction = lines.find(({ code }) => code === 'correction');
    expect(correction?.change).toBe(-10);
    expect(correction?.why.en).toBe(
      'Correction: 10 points less for checking in at Station 1 on 2 March 2026 at 10:30: other check-ins of that day became known or changed, or what was known of a card changed, and by version 1 of the rules it now comes to 0 points (already checked in there a short while before).',
    );
  });

  it('names who gave points by hand, and who approved', async () => {
    const { id } = await ask(150);
    await decideCorrection(hub.store, { id, decision: 'approved', by: 'Operator B', atMs });
    const { why } = await explain(hub.store, `correction/${id}`, { timeZone });
    expect(why.en).toBe('150 points given by Operator A, approved by Operator B: “a reason”.');
  });

  it('is refused for what is not there', async () => {
    await expect(explain(hub.store, '999', { timeZone })).rejects.toThrow('no transfer 999');
  });
});
