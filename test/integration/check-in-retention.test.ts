import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decideReview, decideSetAside } from '../../hub/app/decisions.ts';
import { audit } from '../../hub/audit/audit.ts';
import { proposeHonour } from '../../hub/honours/candidates.ts';
import { statementOf } from '../../hub/ledger/statement.ts';
import { makeReport } from '../../hub/reports/make-report.ts';
import { periodOf } from '../../hub/reports/period.ts';
import { removedText } from '../../hub/reports/report.ts';
import { dayOf, IngestHub, minuteMs, Past, startMs } from '../support/ingest-hub.ts';
import { april, dayMs, march, may, nightMs, RetentionScene } from '../support/retention-scene.ts';

const timeZone = 'Asia/Shanghai';

let hub: IngestHub;
let scene: RetentionScene;
beforeEach(async () => {
  hub = await IngestHub.start();
  scene = new RetentionScene(hub);
});
afterEach(() => hub.stop());

const remove = (atMs?: number, checkInDays?: number) => scene.remove(atMs, checkInDays);
const give = (minutes: readonly number[], past?: Past) => scene.give(minutes, past);
const checkIns = () => scene.checkIns();
const sound = () => scene.findings();
const lines = async () =>
  (
    await statementOf(hub.store, hub.volunteer, {
      ...{ fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER, timeZone },
    })
  ).lines;

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

  it('is said in a report on such a month, so that its empty tables are not believed', async () => {
    const past = await give([march, march + 90]);
    await give([may], past);
    const noteOf = async (period: string) =>
      removedText(await makeReport(hub.store, periodOf(period), timeZone), 'en');
    expect(await noteOf('2026-03')).toBeUndefined();
    await remove();
    expect(await noteOf('2026-03')).toContain('The check-ins of 2026-03 were removed');
    const proposed = proposeHonour(hub.store, '2026-03', 'patrol-pacesetter', dayOf);
    await expect(proposed).rejects.toThrow('are summed up');
    expect(await noteOf('2026-05')).toBeUndefined();
  });

  it('has nothing to do the next night', async () => {
    await give([march]);
    await remove();
    expect(await remove()).toMatchObject({ run: undefined, checkIns: 0 });
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

  it('dates what comes late from between by what it has emptied', async () => {
    const past = await give([march, march + 90]);
    await remove();
    past.checkIn({ wallMs: 0, monoMs: may * minuteMs, boot: 'boot-1', synced: false });
    past.checkIns(may + 1);
    hub.nowMs = startMs + (may + 2) * minuteMs;
    await hub.give(past.message(4, 4, may + 1, { oldest: 4 }));
    await hub.give(past.message(3, 3, may + 2));
    expect((await checkIns()).map(({ occurred_ms }) => occurred_ms)).toEqual(
      [may + 1, may].map((minute) => startMs + minute * minuteMs),
    );
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

  it('holds what a fork brings for a month that is summed up, however early it came', async () => {
    const past = await give([march, march + 90]);
    const other = new Past(hub, 'routine', past.epoch).checkIns(march + 1, march + 300);
    hub.nowMs = startMs + 302 * minuteMs;
    await hub.give(other.message(1, 2, march + 301));
    expect(hub.refused).toEqual(['fork']);
    await remove();
    const asked = { by: 'Operator A', reason: 'a reason', atMs: nightMs, dayOf };
    const fork = { station: hub.station, epoch: past.epoch };
    expect(await decideSetAside(hub.store, fork, 'accepted', asked)).toBe(2);
    expect(await checkIns()).toMatchObject([{ review: 'too-old' }, { review: 'too-old' }]);
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
