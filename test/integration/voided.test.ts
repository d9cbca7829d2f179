import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeCard } from '../../hub/app/cards.ts';
import { decideReview, voidCheckIn } from '../../hub/app/decisions.ts';
import { audit } from '../../hub/audit/audit.ts';
import { cardReference } from '../../hub/domain/card.ts';
import { explain } from '../../hub/ledger/statement.ts';
import { dayOf, IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';

const nextDayMinute = 24 * 60;
const timeZone = 'Asia/Shanghai';

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(async () => {
  expect((await audit(hub.store)).findings).toEqual([]);
  await hub.stop();
});

const by = () => ({ by: 'Operator 1', reason: 'nobody was there', atMs: hub.nowMs, dayOf });
const checkIns = () =>
  hub.store.db.selectFrom('check_in').selectAll().orderBy('epoch').orderBy('seq').execute();
const outcomes = async (): Promise<string[]> => (await checkIns()).map(({ outcome }) => outcome);
/** Voids the check-in of this sequence in a lane. */
async function voidTap({ epoch }: Past, seq: number): Promise<void> {
  const row = (await checkIns()).find((one) => one.epoch === epoch && one.seq === seq);
  await voidCheckIn(hub.store, row?.journal_id ?? 0, by());
}
const points = async () =>
  (await hub.outgoing())
    .filter(({ topic }) => topic.endsWith('/feed/points'))
    .map(({ body }) => body);

describe('a check-in that a person voids', () => {
  it('gives its points back, and lets another of its day count', async () => {
    const past = new Past(hub).checkIns(0, 30, 70);
    await hub.give(past.message(1, 3));
    expect(await outcomes()).toEqual(['credited', 'already-checked-in', 'credited']);
    await voidTap(past, 1);
    expect(await outcomes()).toEqual(['voided', 'credited', 'already-checked-in']);
    expect((await checkIns())[0]).toMatchObject({ counts: 0, review: 'refused', points: 0 });
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
    expect(await points()).toContainEqual(
      expect.objectContaining({ stationName: 'Station 1', outcome: 'voided', change: -10 }),
    );
    await hub.give(past.message(1, 3, 118));
    expect(hub.receipts.at(-1)?.outcomes[0]).toEqual({ seq: 1, outcome: 'recorded', points: 0 });
  });

  it('is told in the book of actions, and explained in three languages', async () => {
    const past = new Past(hub).checkIns(0);
    await hub.give(past.message(1, 1));
    await voidTap(past, 1);
    const actions = await hub.store.db
      .selectFrom('operator_action')
      .select(['by', 'subject', 'detail'])
      .where('action', '=', 'review voided')
      .execute();
    const [{ journal_id } = { journal_id: 0 }] = await checkIns();
    const detail = '{"reason":"nobody was there"}';
    expect(actions).toEqual([{ by: 'Operator 1', subject: `${journal_id}`, detail }]);
    const reference = `check-in/${hub.station}/${past.epoch}/1/2`;
    const { why, change, code } = await explain(hub.store, reference, { timeZone });
    expect({ change, code }).toEqual({ change: -10, code: 'correction' });
    expect(why.zh).toMatch(/^更正:.*已撤销,因此扣 10 分。$/);
    expect(why.en).toMatch(/^Correction: 10 points less .* was voided by a person\.$/);
    expect(why.ko).toMatch(/^정정: .*취소됨\. 따라서 10포인트 차감\.$/);
  });

  it.each(['before', 'after'])('comes to the same %s a late entry of the day', async (when) => {
    const past = new Past(hub).checkIns(30, 100);
    const late = new Past(hub).checkIns(0, 80);
    await hub.give(past.message(1, 2));
    if (when === 'before') await voidTap(past, 1);
    await hub.give(late.message(1, 2));
    if (when === 'after') await voidTap(past, 1);
    const rows = (await checkIns()).toSorted((a, b) => a.occurred_ms - b.occurred_ms);
    expect(rows.map(({ outcome }) => outcome)).toEqual([
      ...['credited', 'voided', 'credited', 'already-checked-in'],
    ]);
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
  });

  it('stays voided when it is dated anew', async () => {
    const unset = reading(30, { wallMs: 7, monoMs: 5, boot: 'boot-x', synced: false });
    const past = new Past(hub).checkIn(reading(0)).checkIn(unset).checkIn(reading(70));
    hub.nowMs = startMs + nextDayMinute * minuteMs;
    const sent = { sent: reading(nextDayMinute) };
    await hub.give(past.message(1, 2, 0, sent));
    expect(await outcomes()).toEqual(['credited', 'held-for-review']);
    await voidTap(past, 2);
    await hub.give(past.message(3, 3, 0, sent));
    expect(await outcomes()).toEqual(['credited', 'voided', 'credited']);
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
  });

  it('stays voided whatever is said of its card', async () => {
    const past = new Past(hub).checkIns(30, 100);
    await hub.give(past.message(1, 2));
    await voidTap(past, 1);
    const request = { subject: cardReference(hub.card), ...by(), sinceMs: startMs + minuteMs };
    await changeCard(hub.store, 'lost', request);
    expect(await outcomes()).toEqual(['voided', 'blocked-card']);
    await changeCard(hub.store, 'unblock', request);
    expect(await outcomes()).toEqual(['voided', 'credited']);
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
  });

  it('may be one that a person has let count, or that is nobody’s', async () => {
    const past = new Past(hub)
      .checkIn(reading(131))
      .add(131, { type: 'check-in', card: 'f'.repeat(32) });
    await hub.give(past.message(1, 2));
    const [{ journal_id } = { journal_id: 0 }] = await checkIns();
    await decideReview(hub.store, journal_id, 'accepted', by());
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
    await voidTap(past, 1);
    await voidTap(past, 2);
    expect(await outcomes()).toEqual(['voided', 'voided']);
    expect(await hub.balances()).toEqual({ volunteer: 0, sum: 0 });
  });

  it('is refused where there is nothing to void, or nobody says why', async () => {
    const past = new Past(hub).checkIns(0).add(1, { type: 'check-in', card: 'f'.repeat(32) });
    await hub.give(past.message(1, 2));
    await expect(voidCheckIn(hub.store, 999, by())).rejects.toThrow('there is no check-in 999');
    await expect(voidTap(past, 2)).rejects.toThrow('neither counts nor waits');
    const [{ journal_id } = { journal_id: 0 }] = await checkIns();
    const nameless = voidCheckIn(hub.store, journal_id, { ...by(), reason: ' ' });
    await expect(nameless).rejects.toThrow('the reason');
    await voidTap(past, 1);
    await expect(voidTap(past, 1)).rejects.toThrow('was voided already');
    expect(await hub.balances()).toEqual({ volunteer: 0, sum: 0 });
  });
});
