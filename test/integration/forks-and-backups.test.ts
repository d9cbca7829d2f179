import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Decision, decideSetAside, listSetAside } from '../../hub/app/decisions.ts';
import { dayOf, IngestHub, minuteMs, Past, startMs } from '../support/ingest-hub.ts';

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

const decided = (): Decision => ({ by: 'Operator 1', reason: 'seen', atMs: hub.nowMs, dayOf });
const commands = async () =>
  (await hub.outgoing()).filter(({ station }) => station !== null).map(({ body }) => body);
const told = async (): Promise<unknown[]> =>
  (await hub.outgoing()).filter(({ station }) => station === null).map(({ body }) => body);

describe('a copied memory card', () => {
  /** One unit and its copy both went on from the second entry. */
  async function fork(): Promise<{ unit: Past; copy: Past }> {
    const unit = new Past(hub).checkIns(0, 70);
    const copy = unit.copy().checkIns(75, 139);
    unit.checkIns(100);
    hub.nowMs = startMs + 150 * minuteMs;
    await hub.give(unit.message(1, 3));
    await hub.give(copy.message(3, 4));
    return { unit, copy };
  }

  it('is noticed: its entries are set aside, told of, and earn nothing yet', async () => {
    const { copy } = await fork();
    expect(hub.refused).toEqual(['fork']);
    expect(await listSetAside(hub.store)).toMatchObject([
      { station: hub.station, epoch: copy.epoch, entries: 2 },
    ]);
    expect(await told()).toContainEqual(
      expect.objectContaining({ state: 'forked', station: hub.station, entries: 2 }),
    );
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
  });

  it('is told to begin a new epoch, again whenever it sends again, and is kept once', async () => {
    const { copy } = await fork();
    const begin = {
      ...{ name: 'begin-epoch', epoch: copy.epoch, lane: 'routine' },
      ...{ through: 4, hash: copy.hashes[4] },
    };
    expect(await commands()).toMatchObject([{ command: begin }]);
    await hub.give(copy.message(3, 4, 118));
    expect(await commands()).toMatchObject([{ command: begin }, { command: begin }]);
    expect(await listSetAside(hub.store)).toMatchObject([{ entries: 2 }]);
  });

  it('is noticed too when it only shows by what stands before', async () => {
    const { copy } = await fork();
    copy.checkIns(140);
    await hub.give(copy.message(4, 5));
    expect(hub.refused).toEqual(['fork', 'fork']);
    expect(await listSetAside(hub.store)).toMatchObject([{ entries: 3 }]);
  });

  it('may be longer than one message', async () => {
    const { copy } = await fork();
    copy.checkIns(141, 142);
    await hub.give(copy.message(5, 6));
    expect(hub.refused).toEqual(['fork', 'fork']);
    expect(await commands()).toContainEqual(
      expect.objectContaining({
        command: expect.objectContaining({ name: 'begin-epoch', through: 6, hash: copy.hashes[6] }),
      }),
    );
    expect(await listSetAside(hub.store)).toMatchObject([{ entries: 4 }]);
  });

  it('does not disturb the unit that it was copied from', async () => {
    const { unit } = await fork();
    unit.checkIns(170);
    hub.nowMs = startMs + 180 * minuteMs;
    await hub.give(unit.message(4, 4));
    expect(hub.receipts.at(-1)).toMatchObject({ through: 4, hash: unit.hashes[4] });
  });

  it('counts once a person accepts it, in the order in which things happened', async () => {
    const { copy } = await fork();
    const which = { station: hub.station, epoch: copy.epoch };
    expect(await decideSetAside(hub.store, which, 'accepted', decided())).toBe(2);
    // 0, 70 and 139 earn points; 75 and 100 fall into the pause after 70.
    expect(await hub.balances()).toEqual({ volunteer: 30, sum: 0 });
    await expect(decideSetAside(hub.store, which, 'accepted', decided())).rejects.toThrow(
      /waits for a decision/,
    );
    expect(await listSetAside(hub.store)).toEqual([]);
  });

  it('is dated by when each of its messages came, when two copies went on under one epoch', async () => {
    const { copy, unit } = await fork();
    const other = unit.copy();
    other.texts.splice(2);
    other.hashes.splice(3);
    // Three days later, and neither copy had its clock set: only the message that brings it dates it.
    const late = { wallMs: 0, monoMs: 3_600_000, boot: 'boot-2', synced: false };
    other.checkIn(late);
    hub.nowMs = startMs + 3 * 24 * 60 * minuteMs;
    const sent = { ...late, monoMs: late.monoMs + minuteMs };
    await hub.give(other.message(3, 3, 0, { sent }));
    const which = { station: hub.station, epoch: copy.epoch };
    expect(await decideSetAside(hub.store, which, 'accepted', decided())).toBe(3);
    const days = await hub.store.db
      .selectFrom('check_in')
      .select(['day', 'outcome', 'epoch', 'seq'])
      .orderBy('journal_id')
      .execute();
    expect(days.at(-1)).toMatchObject({ day: '2026-03-05', outcome: 'credited', seq: 3 });
    expect(new Set(days.slice(-3).map(({ epoch }) => epoch)).size).toBe(2);
  });

  it('stands in the journal as the station wrote it, and a mistake still names its alarm', async () => {
    const unit = new Past(hub, 'alarm').add(1, { type: 'alarm', gesture: 'hold' });
    const copy = unit.copy();
    unit.add(2, { type: 'alarm', gesture: 'hold' });
    copy.add(3, { type: 'alarm', gesture: 'hold' }).add(4, { type: 'mistake', alarm: 2 });
    for (const seq of [1, 2]) await hub.give(unit.message(seq, seq), hub.macKey, 'alarm');
    for (const seq of [2, 3]) await hub.give(copy.message(seq, seq), hub.macKey, 'alarm');
    const which = { station: hub.station, epoch: unit.epoch };
    expect(await decideSetAside(hub.store, which, 'accepted', decided())).toBe(2);
    const alarms = await hub.store.db.selectFrom('alarm').selectAll().orderBy('id').execute();
    expect(alarms.map(({ seq, mistake_ms }) => [seq, mistake_ms !== null])).toEqual([
      [1, false],
      [2, false],
      [2, true],
    ]);
    const rows = await hub.store.db.selectFrom('journal').select(['seq', 'body']).execute();
    for (const { seq, body } of rows) expect(JSON.parse(body)).toMatchObject({ seq });
    expect(await told()).not.toContainEqual(expect.objectContaining({ state: 'entries-missing' }));
  });

  it('stays out when a person discards it, and is still kept', async () => {
    const { copy } = await fork();
    const which = { station: hub.station, epoch: copy.epoch };
    expect(await decideSetAside(hub.store, which, 'discarded', decided())).toBe(2);
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
    const kept = await hub.store.db.selectFrom('set_aside').select('decision').execute();
    expect(kept).toEqual([{ decision: 'discarded' }, { decision: 'discarded' }]);
    const actions = await hub.store.db.selectFrom('operator_action').selectAll().execute();
    expect(actions.at(-1)).toMatchObject({ by: 'Operator 1', action: 'set-aside discarded' });
  });

  it('that copied an alarm lane raises no alarm of its own here: the station raises it anew', async () => {
    const unit = new Past(hub, 'alarm').add(1, { type: 'alarm', gesture: 'hold' });
    const copy = new Past(hub, 'alarm', unit.epoch).add(2, { type: 'alarm', gesture: 'hold' });
    await hub.give(unit.message(1, 1), hub.macKey, 'alarm');
    await hub.give(copy.message(1, 1), hub.macKey, 'alarm');
    expect(await hub.store.db.selectFrom('alarm').select('seq').execute()).toHaveLength(1);
    expect(await commands()).toMatchObject([{ command: { name: 'begin-epoch', lane: 'alarm' } }]);
  });
});

describe('a hub that comes back from an old backup', () => {
  it('says what it has, gets the rest again, and ends up as if nothing had happened', async () => {
    const past = new Past(hub).checkIns(0, 5, 70);
    await hub.give(past.message(1, 2));
    const goBack = await hub.backUp();
    await hub.give(past.message(3, 3));
    const before = await hub.balances();
    await goBack();
    expect(await hub.journalRows()).toBe(2);
    past.checkIns(80);
    await hub.give(past.message(4, 4));
    expect(hub.receipts.at(-1)).toMatchObject({ through: 2, hash: past.hashes[2] });
    await hub.give(past.message(3, 4, 118));
    expect(hub.receipts.at(-1)).toMatchObject({ through: 4, hash: past.hashes[4] });
    expect(await hub.balances()).toEqual(before);
    expect(await hub.journalRows()).toBe(4);
  });

  it('takes a lane over where the station still has it, and says what is missing', async () => {
    const past = new Past(hub).checkIns(0, 5, 70, 80);
    await hub.give(past.message(3, 4, 119, { oldest: 3 }));
    expect(hub.receipts.at(-1)).toMatchObject({ through: 4, hash: past.hashes[4] });
    expect(await told()).toContainEqual(
      expect.objectContaining({ state: 'entries-missing', from: 1, through: 2 }),
    );
    await hub.give(past.message(3, 4, 118, { oldest: 3 }));
    expect(await hub.journalRows()).toBe(2);
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
  });
});

describe('a lane that was taken over half-way', () => {
  it('takes what comes later from before the gap, and goes no further back for it', async () => {
    const past = new Past(hub).checkIns(0, 1, 2, 70, 71, 80);
    await hub.give(past.message(4, 5, 119, { oldest: 4 }));
    await hub.give(past.message(2, 3, 118, { oldest: 2 }));
    expect(hub.receipts.at(-1)).toMatchObject({ through: 5, hash: past.hashes[5] });
    await hub.give(past.message(4, 6, 117, { oldest: 2 }));
    expect(hub.receipts.at(-1)).toMatchObject({ through: 6, hash: past.hashes[6] });
    expect(await hub.journalRows()).toBe(5);
  });
});

describe('a message that cannot be committed', () => {
  it('does not take those down that came with it', async () => {
    const alarm = new Past(hub, 'alarm').add(1, { type: 'alarm', gesture: 'hold' });
    const past = new Past(hub).checkIns(0);
    // No policy for the day of the check-in: it cannot be scored.
    await sql`DROP TRIGGER policy_is_final`.execute(hub.store.db);
    await hub.store.db.updateTable('policy').set({ effective_from: '2100-01-01' }).execute();
    const [routine, urgent] = await Promise.allSettled([
      hub.give(past.message(1, 1)),
      hub.give(alarm.message(1, 1), hub.macKey, 'alarm'),
    ]);
    expect(routine.status).toBe('rejected');
    expect(urgent.status).toBe('fulfilled');
    expect(hub.receipts).toMatchObject([{ lane: 'alarm', through: 1 }]);
    await hub.store.db.updateTable('policy').set({ effective_from: '1970-01-01' }).execute();
    await hub.give(past.message(1, 1, 118));
    expect(hub.receipts).toMatchObject([{ lane: 'alarm' }, { lane: 'routine', through: 1 }]);
  });
});

it('the feed names a volunteer by pseudonym only, and no card', async () => {
  await hub.give(new Past(hub).checkIns(0).message(1, 1));
  const feed = JSON.stringify(await told());
  expect(feed).toContain(hub.volunteer);
  expect(feed).not.toContain('Volunteer 1');
  expect(feed).not.toContain(hub.card);
});
