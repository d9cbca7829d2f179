import BetterSqlite from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decideReview } from '../../hub/app/decisions.ts';
import { audit } from '../../hub/audit/audit.ts';
import { startOfDay } from '../../hub/domain/local-time.ts';
import { previewExpiry } from '../../hub/ledger/expire-points.ts';
import { statementOf } from '../../hub/ledger/statement.ts';
import { Pace } from '../../hub/nightly/pace.ts';
import { removeOld } from '../../hub/privacy/remove-old.ts';
import { dayOf, IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';

const dayMin = 24 * 60;
const dayMs = dayMin * minuteMs;
const timeZone = 'Asia/Shanghai';
/** Early on 1 July: 75 days before is 17 April, so that March goes and April stays. */
const nightMs = Date.parse('2026-06-30T19:30:00Z');

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

const remove = (atMs = nightMs, checkInDays = 31) =>
  removeOld(hub.store, { checkInDays, by: 'nightly', atMs, dayOf }, new Pace());
const sound = async () => (await audit(hub.store)).findings;
const lines = async () =>
  (
    await statementOf(hub.store, hub.volunteer, {
      ...{ fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER, timeZone },
    })
  ).lines;
const checkIns = () => hub.store.db.selectFrom('check_in').selectAll().execute();

/** Gives check-ins of one epoch, each at its minute, and the hub has them soon after the last. */
async function give(minutes: readonly number[], past = new Past(hub)): Promise<Past> {
  const from = past.texts.length + 1;
  for (const minute of minutes) past.checkIn(reading(minute));
  const last = minutes.at(-1) ?? 0;
  hub.nowMs = Math.max(hub.nowMs, startMs + (last + 1) * minuteMs);
  await hub.give(past.message(from, past.texts.length, last));
  return past;
}

const [march, april, may] = [0, 30 * dayMin, 65 * dayMin];

describe('the nightly removal', () => {
  it('removes where and when somebody was, and keeps what it came to', async () => {
    const past = await give([march, march + 90]);
    await give([april, may], past);
    const before = await hub.balances();
    const report = await remove();
    expect(report).toMatchObject({ before: '2026-04-01', days: 75, checkIns: 2, points: 20 });
    expect(await hub.balances()).toEqual(before);
    expect((await checkIns()).map(({ seq }) => seq)).toEqual([3, 4]);
    const bodies = await hub.store.db
      .selectFrom('journal')
      .select(['body', 'hash'])
      .orderBy('seq')
      .execute();
    expect(bodies.map(({ body }) => body.includes(hub.card))).toEqual([false, false, true, true]);
    expect(bodies.map(({ hash }) => hash)).toEqual(past.hashes.slice(1));
    const [sum, ...others] = await lines();
    expect(sum).toMatchObject({ code: 'check-ins-summed', change: 20 });
    expect(sum?.why.en).toBe(
      '20 points for 2 check-ins of 2026-03; where and when they were was removed after its time (retention run 1).',
    );
    expect(others.map(({ code }) => code)).toEqual(['check-in', 'check-in']);
    expect(await sound()).toEqual([]);
  });

  it('says what it removed, and has nothing to say the next night', async () => {
    await give([march]);
    await remove();
    expect(await remove()).toMatchObject({ run: undefined, checkIns: 0 });
    const actions = await hub.store.db
      .selectFrom('operator_action')
      .select(['by', 'subject', 'detail'])
      .where('action', '=', 'privacy retention')
      .execute();
    expect(actions).toMatchObject([{ by: 'nightly', subject: '2026-04-01' }]);
    expect(JSON.parse(actions[0]?.detail ?? '')).toMatchObject({ checkIns: 1, points: 10 });
  });

  it('never removes what a check-in could still come for', async () => {
    await give([march, april]);
    const { days } = await remove(nightMs, 31);
    expect(days).toBe(75);
    expect(await remove(nightMs, 365)).toMatchObject({ days: 365, checkIns: 0 });
  });

  it('takes a message that comes again for the same one, and goes on with the lane', async () => {
    const past = await give([march, march + 90]);
    await remove();
    const rows = await hub.journalRows();
    await hub.give(past.message(1, 2, march + 95));
    expect(hub.receipts.at(-1)).toMatchObject({ through: 2 });
    expect(await hub.journalRows()).toBe(rows);
    expect(hub.refused).toEqual([]);
    await give([may], past);
    expect(hub.receipts.at(-1)).toMatchObject({ through: 3 });
    expect(await hub.balances()).toEqual({ volunteer: 30, sum: 0 });
    expect(await sound()).toEqual([]);
  });

  it('still sees that a past is another one', async () => {
    const past = await give([march, march + 90]);
    await remove();
    const other = new Past(hub, 'routine', past.epoch).checkIns(march, march + 91);
    await hub.give(other.message(1, 2, march + 95));
    expect(hub.refused).toEqual(['fork']);
  });

  it('dates what has no time of its own by what it has emptied', async () => {
    const past = await give([march, march + 90]);
    await remove();
    const at = { wallMs: 0, monoMs: (march + 91) * minuteMs, boot: 'boot-1', synced: false };
    past.checkIn(at);
    hub.nowMs = nightMs;
    await hub.give(past.message(3, 3, may));
    expect(await checkIns()).toMatchObject([
      { occurred_ms: startMs + (march + 91) * minuteMs, review: 'too-old' },
    ]);
    expect(await sound()).toEqual([]);
  });

  it('leaves alone what waits for a person, and lets nobody accept it for a month that is summed up', async () => {
    await give([march, april]);
    await remove();
    hub.nowMs = nightMs;
    const late = new Past(hub).checkIns(march + 200);
    await hub.give(late.message(1, 1, march + 201));
    const held = (await checkIns()).find(({ review }) => review === 'too-old');
    expect(held).toMatchObject({ outcome: 'held-for-review', counts: 0 });
    const decide = (decision: 'accepted' | 'refused') =>
      decideReview(hub.store, held?.journal_id ?? 0, decision, {
        ...{ by: 'Operator A', reason: 'a reason', atMs: nightMs, dayOf },
      });
    expect(await remove(nightMs + dayMs)).toMatchObject({ checkIns: 0, waiting: 1 });
    await expect(decide('accepted')).rejects.toThrow('summed up');
    await decide('refused');
    expect(await remove(nightMs + dayMs)).toMatchObject({ checkIns: 1, points: 0 });
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
    expect(await sound()).toEqual([]);
  });

  it('removes what has waited for as long as details are kept', async () => {
    hub.nowMs = startMs + 60 * dayMs;
    const late = new Past(hub).checkIns(march);
    await hub.give(late.message(1, 1, march + 1));
    expect(await remove()).toMatchObject({ checkIns: 0, waiting: 1 });
    expect(await remove(nightMs + 60 * dayMs)).toMatchObject({ checkIns: 1, waiting: 0 });
    expect(await sound()).toEqual([]);
  });

  it('removes taps of cards that are nobody’s', async () => {
    const stranger = new Past({ station: hub.station, card: 'f'.repeat(32) });
    await give([march, march + 5], stranger);
    expect(await remove()).toMatchObject({ checkIns: 2, transfers: 0 });
    expect(await checkIns()).toEqual([]);
    expect(await sound()).toEqual([]);
  });

  it('empties what was set aside and decided on, and samples of what was refused', async () => {
    const past = await give([march, march + 90]);
    const other = past.copy();
    await hub.give(new Past(hub, 'routine', past.epoch).checkIns(1, 2).message(1, 2, 96));
    await hub.ingest.refusals.flush(hub.store.db);
    await hub.store.db.updateTable('set_aside').set({ decision: 'discarded' }).execute();
    expect(other.texts).toHaveLength(2);
    expect(await remove()).toMatchObject({ setAside: 2, samples: 1 });
    const bodies = await hub.store.db.selectFrom('set_aside').select('body').execute();
    const samples = await hub.store.db.selectFrom('refusal_sample').select('payload').execute();
    expect(bodies.map(({ body }) => body)).toEqual(['', '']);
    expect(samples.map(({ payload }) => payload.length)).toEqual([0]);
  });

  it('leaves a volunteer’s month as it is when its sums do not come out, says so, and does the others', async () => {
    await give([march]);
    const stranger = new Past({ station: hub.station, card: 'f'.repeat(32) });
    await give([march + 5], stranger);
    const sqlite = new BetterSqlite(hub.file);
    sqlite.exec('UPDATE check_in SET points = 20 WHERE points = 10');
    sqlite.close();
    await expect(remove()).rejects.toThrow('20 points in 1 transfers, and there are 10 in 1');
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
    expect((await checkIns()).map(({ points }) => points)).toEqual([20]);
  });
});

describe('the database itself', () => {
  const open = (beforeDay: string, month: string, then: string, close = true) => {
    const sqlite = new BetterSqlite(hub.file);
    sqlite.pragma('foreign_keys = ON');
    const run = sqlite.transaction(() => {
      sqlite
        .prepare("INSERT INTO retention_run (before_day, by, at) VALUES (?, 'x', 0)")
        .run(beforeDay);
      sqlite
        .prepare(
          'INSERT INTO retention_slice (run_id, volunteer_id, month, open) VALUES (1, ?, ?, 1)',
        )
        .run(hub.volunteer, month);
      sqlite.exec(then);
      if (close) sqlite.exec('UPDATE retention_slice SET open = NULL');
    });
    try {
      run();
    } finally {
      sqlite.close();
    }
  };
  const all = 'DELETE FROM transfer';

  beforeEach(() => give([march, april]));

  it('lets go of no transfer but in an open slice', async () => {
    await expect(hub.store.db.deleteFrom('transfer').execute()).rejects.toThrow('never deleted');
  });

  it.each([
    ['of a day that stays', '2026-03-01', '2026-03', all],
    ['of another month', '2026-05-01', '2026-03', all],
    [
      'that stands for many',
      '2026-05-01',
      '2026-03',
      "DELETE FROM transfer WHERE code <> 'check-in'",
    ],
  ])('lets go of none %s', async (what, beforeDay, month, then) => {
    if (what === 'that stands for many') {
      await hub.store.db
        .insertInto('transfer')
        .values({
          ...{ reference: 'x', debit: 'scheme:expired', credit: 'scheme:corrections', amount: 1 },
          ...{ code: 'check-ins-summed', at: 0, check_in_id: null, reason: '{}' },
        })
        .execute();
    }
    expect(() => open(beforeDay, month, then)).toThrow('a transfer is never deleted');
  });

  it('does not commit a slice that is open', () => {
    expect(() => open('2026-04-01', '2026-03', 'SELECT 1', false)).toThrow('FOREIGN KEY');
    expect(() =>
      open('2026-04-01', '2026-03', 'INSERT INTO retention_door VALUES (1)', false),
    ).toThrow('never left open');
  });

  it('lets no closed slice be opened again, and no run be changed', async () => {
    await remove();
    const { db } = hub.store;
    await expect(db.updateTable('retention_slice').set({ open: 1 }).execute()).rejects.toThrow(
      'closed once',
    );
    await expect(db.deleteFrom('retention_slice').execute()).rejects.toThrow('never');
    await expect(db.updateTable('retention_run').set({ by: 'y' }).execute()).rejects.toThrow(
      'never',
    );
    await expect(db.deleteFrom('retention_run').execute()).rejects.toThrow('never');
    await expect(
      db.updateTable('journal').set({ emptied_by: 1 }).where('seq', '=', 2).execute(),
    ).rejects.toThrow('open slice');
  });
});

/** What somebody could do behind the program's back under cover of retention. */
it.each([
  [
    'an entry is emptied that no run has emptied',
    `DROP TRIGGER journal_is_emptied_by_a_slice;
      UPDATE journal SET emptied_by = 1, body = '{}' WHERE seq = 2`,
    'entries are emptied as the retention runs say, and no others',
  ],
  [
    'a sum is made larger, balances and all',
    `INSERT INTO transfer (reference, debit, credit, amount, code, at, reason)
        SELECT 'check-ins/1/9', debit, credit, 5, code, at, reason FROM transfer
        WHERE code = 'check-ins-summed';
      UPDATE account SET balance = balance + 5 WHERE volunteer_id IS NOT NULL;
      UPDATE account SET balance = balance - 5 WHERE id = 'scheme:issued-for-check-ins'`,
    'where check-ins were removed stands what they came to, and nothing else',
  ],
  [
    'a sum is made up, balances and all',
    `INSERT INTO transfer (reference, debit, credit, amount, code, at, reason)
        SELECT 'check-ins/9/1', debit, credit, 5, code, at, reason FROM transfer
        WHERE code = 'check-ins-summed';
      UPDATE account SET balance = balance + 5 WHERE volunteer_id IS NOT NULL;
      UPDATE account SET balance = balance - 5 WHERE id = 'scheme:issued-for-check-ins'`,
    'where check-ins were removed stands what they came to, and nothing else',
  ],
])('the audit finds that %s', async (_, sql, claim) => {
  await give([march, april]);
  await remove();
  const sqlite = new BetterSqlite(hub.file);
  sqlite.exec(sql);
  sqlite.close();
  const { checks } = await audit(hub.store);
  expect(checks.filter(({ findings }) => findings > 0).map((check) => check.claim)).toContain(
    claim,
  );
});

it('counts in the audit what it could not look at any more', async () => {
  await give([march, march + 90, april]);
  await remove();
  const { checks } = await audit(hub.store);
  expect(checks.map(({ passedOver }) => passedOver).filter((n) => n > 0)).toEqual([2, 2]);
});

const cutoffs = [
  '2026-03-01',
  '2026-04-01',
  '2026-05-01',
  '2026-06-01',
  '2026-07-01',
  '2026-08-01',
];

it('leaves balances, audit and what expires in whatever month as they were', async () => {
  let corrected = 0;
  const minutes = fc.array(fc.nat(3 * dayMin), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      // Three days about the end of a month, in several lanes, each received after so many days.
      fc.array(fc.record({ minutes, delay: fc.nat(40) }), { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 3 }),
      async (lanes, nights) => {
        const one = await IngestHub.start();
        try {
          for (const { minutes: some, delay } of lanes) {
            const sorted = [...some].sort((a, b) => a - b).map((minute) => 28 * dayMin + minute);
            one.nowMs = startMs + (32 + delay) * dayMs;
            const past = new Past(one).checkIns(...sorted);
            await one.give(past.message(1, sorted.length, 32 * dayMin));
          }
          const expiring = () =>
            Promise.all(
              cutoffs.map(async (before) => {
                const beforeMs = startOfDay(before, dayOf);
                const run = { before, beforeMs, policy: 1, by: 'x', atMs: nightMs };
                return (await previewExpiry(one.store, run)).map(({ points }) => points);
              }),
            );
          const before = { balances: await one.balances(), expiring: await expiring() };
          const codes = await one.store.db.selectFrom('transfer').select('code').execute();
          corrected += codes.filter(({ code }) => code === 'correction').length;
          for (const months of nights) {
            const atMs = nightMs + months * 31 * dayMs;
            const asked = { checkInDays: 31, by: 'nightly', atMs, dayOf };
            await removeOld(one.store, asked, new Pace());
            expect({ balances: await one.balances(), expiring: await expiring() }).toEqual(before);
            expect((await audit(one.store)).findings).toEqual([]);
          }
        } finally {
          await one.stop();
        }
      },
    ),
    { numRuns: 20, interruptAfterTimeLimit: 90_000, markInterruptAsFailure: false },
  );
  expect(corrected).toBeGreaterThan(0);
}, 120_000);
