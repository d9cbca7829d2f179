import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messageBytesMax } from '../../shared/wire/limits.ts';
import { seal } from '../../shared/wire/mac.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import { IngestHub, Past } from '../support/ingest-hub.ts';

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

describe('ingest', () => {
  it('commits, credits and receipts, with an outcome for each entry', async () => {
    await hub.give(new Past(hub).checkIns(0, 5, 70).message(1, 3));
    expect(hub.receipts).toMatchObject([
      {
        lane: 'routine',
        through: 3,
        outcomes: [
          { seq: 1, outcome: 'credited', points: 10 },
          { seq: 2, outcome: 'already-checked-in', points: 0 },
          { seq: 3, outcome: 'credited', points: 10 },
        ],
      },
    ]);
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
  });

  it('acknowledges a duplicate again and counts it once', async () => {
    const past = new Past(hub).checkIns(0, 70);
    await hub.give(past.message(1, 2));
    await hub.give(past.message(1, 2, 118));
    await hub.give(past.message(2, 2, 117));
    expect(hub.receipts.map(({ through }) => through)).toEqual([2, 2, 2]);
    expect(hub.receipts[1]?.outcomes).toEqual(hub.receipts[0]?.outcomes);
    expect(await hub.journalRows()).toBe(2);
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
  });

  it('answers a gap with how far it is, and commits nothing of it', async () => {
    const past = new Past(hub).checkIns(0, 70, 80);
    await hub.give(past.message(1, 1));
    await hub.give(past.message(3, 3));
    expect(hub.receipts.at(-1)).toMatchObject({ through: 1, outcomes: [] });
    expect(await hub.journalRows()).toBe(1);
  });

  it('goes on from the disk after a restart', async () => {
    const past = new Past(hub).checkIns(0, 70);
    await hub.give(past.message(1, 1));
    await hub.restart();
    await hub.give(past.message(1, 2));
    expect(hub.receipts.at(-1)).toMatchObject({ through: 2 });
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
  });

  it('stores an alarm and its mark as a mistake, and leaves it open', async () => {
    const past = new Past(hub, 'alarm')
      .add(1, { type: 'alarm', gesture: 'hold' })
      .add(1, { type: 'mistake', alarm: 1 });
    await hub.give(past.message(1, 1), hub.macKey, 'alarm');
    await hub.give(past.message(2, 2), hub.macKey, 'alarm');
    const rows = await hub.store.db.selectFrom('alarm').selectAll().execute();
    expect(rows).toMatchObject([{ seq: 1, resolved_ms: null }]);
    expect(rows[0]?.mistake_ms).not.toBeNull();
    expect(hub.receipts.map(({ lane, through }) => [lane, through])).toEqual([
      ['alarm', 1],
      ['alarm', 2],
    ]);
  });

  it('raises an alarm once when its light was told of before its entry came', async () => {
    const past = new Past(hub, 'alarm').add(1, { type: 'alarm', gesture: 'hold' });
    const key = { station: hub.station, epoch: past.epoch, seq: 1 };
    await hub.store.db
      .insertInto('alarm')
      .values({ ...key, raised_ms: 1, stored_ms: 1 })
      .execute();
    await hub.give(past.message(1, 1), hub.macKey, 'alarm');
    expect(hub.receipts).toMatchObject([{ lane: 'alarm', through: 1 }]);
    expect(await hub.store.db.selectFrom('alarm').select('seq').execute()).toHaveLength(1);
    expect(await hub.outgoing()).toEqual([]);
  });

  it('takes what others bring for no sign of life of the connection', async () => {
    const past = new Past(hub, 'alarm').add(1, { type: 'alarm', gesture: 'hold' });
    const topic = stationTopic(hub.station, 'alarm');
    const payload = seal(hub.macKey, past.message(1, 1));
    const message = { topic, payload, retained: false };
    for (const leg of [{ path: 'https' }, { path: 'relay', via: 'st-00000002' }] as const) {
      expect(await hub.ingest.answer(message, leg)).toMatchObject({ kind: 'receipt' });
    }
    expect(hub.heard).toEqual([]);
    await hub.give(past.message(1, 1, 118), hub.macKey, 'alarm');
    expect(hub.heard).toEqual([hub.station]);
  });

  it('rejects, receipts nothing and keeps nothing when the commit fails', async () => {
    await hub.store.db.schema.alterTable('account').renameTo('account_away').execute();
    await expect(hub.give(new Past(hub).checkIns(0).message(1, 1))).rejects.toThrow(/account/);
    expect(hub.receipts).toEqual([]);
    await hub.store.db.schema.alterTable('account_away').renameTo('account').execute();
    expect(await hub.journalRows()).toBe(0);
    await hub.give(new Past(hub).checkIns(0).message(1, 1));
    expect(hub.receipts).toHaveLength(1);
  });
});

describe('what is refused gets one reason, and no receipt', () => {
  const past = () => new Past(hub).checkIns(0);
  const wrongKey = Buffer.alloc(32, 9).toString('base64url');
  const raw = (payload: Buffer, topic = stationTopic(hub.station, 'journal')) =>
    hub.ingest.take({ topic, payload, retained: false });
  const stranger = 'st-zzzzzzzz';

  it.each<[string, () => Promise<void>]>([
    ['wrong-mac', () => hub.give(past().message(1, 1), wrongKey)],
    ['malformed', () => raw(Buffer.from('hello'))],
    ['malformed', () => hub.give({ ...past().message(1, 1), entries: [] })],
    ['oversized', () => raw(Buffer.alloc(messageBytesMax + 1, 0x20))],
    ['unsupported-version', () => hub.give({ ...past().message(1, 1), v: 2 })],
    [
      'wrong-topic',
      () => raw(seal(hub.macKey, past().message(1, 1)), stationTopic(stranger, 'journal')),
    ],
    [
      'unknown-station',
      () =>
        raw(
          seal(hub.macKey, { ...past().message(1, 1), station: stranger }),
          stationTopic(stranger, 'journal'),
        ),
    ],
    ['future', () => hub.give(past().message(1, 1, 131))],
  ])('%s', async (reason, send) => {
    await send();
    expect(hub.refused).toEqual([reason]);
    expect(hub.receipts).toEqual([]);
    expect(await hub.journalRows()).toBe(0);
  });

  it('replayed: the very same bytes again', async () => {
    const bytes = seal(hub.macKey, past().message(1, 1));
    await raw(bytes);
    await raw(bytes);
    expect(hub.refused).toEqual(['replayed']);
    expect(hub.receipts).toHaveLength(1);
  });

  it('fork: another past under the same sequence', async () => {
    const one = new Past(hub);
    const other = one.copy().checkIns(33);
    await hub.give(one.checkIns(0).message(1, 1));
    await hub.give(other.message(1, 1));
    expect(hub.refused).toEqual(['fork']);
    expect(hub.receipts).toHaveLength(1);
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
  });

  it('but an alarm is never refused because of a clock', async () => {
    const alarm = new Past(hub, 'alarm').add(0, { type: 'alarm', gesture: 'hold' });
    await hub.give(alarm.message(1, 1, 131), hub.macKey, 'alarm');
    expect(hub.refused).toEqual([]);
    expect(hub.receipts).toMatchObject([{ lane: 'alarm', through: 1 }]);
  });

  it('is written down, so that an operator can look at it', async () => {
    await hub.give(past().message(1, 1), wrongKey);
    await hub.ingest.refusals.flush(hub.store.db);
    const rows = await hub.store.db.selectFrom('refusal').selectAll().execute();
    expect(rows).toMatchObject([{ reason: 'wrong-mac', station: hub.station, count: 1 }]);
  });
});
