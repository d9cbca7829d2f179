import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addCard, addStation, addVolunteer } from '../../hub/app/registry.ts';
import { localDay } from '../../hub/domain/dating.ts';
import { Ingest } from '../../hub/ingest/ingest.ts';
import { StationDirectory } from '../../hub/ingest/station-directory.ts';
import { openStore, type Store } from '../../hub/store/open-store.ts';
import { cardToken } from '../../shared/card-token.ts';
import { newEpoch } from '../../shared/ids.ts';
import { createLog } from '../../shared/log.ts';
import { decodeHubMessage } from '../../shared/wire/codec.ts';
import { chainHash, entryText, genesisHash, type Lane } from '../../shared/wire/entry.ts';
import { messageBytesMax } from '../../shared/wire/limits.ts';
import { seal } from '../../shared/wire/mac.ts';
import type { ReceiptMessage } from '../../shared/wire/messages.ts';
import { stationTopic } from '../../shared/wire/topics.ts';

const log = createLog('test', 'silent');
const uid = '04A1B2C3';
const minuteMs = 60_000;
const startMs = Date.parse('2026-03-02T02:00:00Z');

let folder: string;
let store: Store;
let ingest: Ingest;
let station: string;
let macKey: string;
let volunteer: string;
let card: string;
let receipts: ReceiptMessage[];
let refused: string[];
const epoch = newEpoch();

async function openHub(): Promise<void> {
  store = openStore(folder);
  const directory = new StationDirectory(store.db);
  await directory.refresh();
  ingest = new Ingest({
    store,
    directory,
    bus: {
      publish: async (_topic, payload) => {
        const message = decodeHubMessage(macKey, payload);
        if (message.ok && message.value.kind === 'receipt') receipts.push(message.value);
      },
    },
    presence: { heard: () => {}, take: async () => {} },
    onCommitted: () => {},
    meter: { refused: (reason) => refused.push(reason), committed: () => {}, receipted: () => {} },
    now: () => startMs + 120 * minuteMs,
    arrivals: setImmediate,
    dayOf: localDay('Asia/Shanghai'),
    log,
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yizhan-ingest-'));
  receipts = [];
  refused = [];
  store = openStore(folder);
  ({ station, macKey } = await addStation(store, 'Station 1', 'test'));
  volunteer = await addVolunteer(store, 'Volunteer 1', 'test');
  await addCard(store, volunteer, uid, 'test');
  card = cardToken(await store.schemeKey(), uid);
  await store.close();
  await openHub();
});
afterEach(async () => {
  await ingest.settled();
  await store.close();
  rmSync(folder, { recursive: true });
});

/** A station's lane, as its journal would hold it. */
class Past {
  readonly texts: string[] = [];
  readonly hashes: string[];
  readonly #lane: Lane;

  constructor(lane: Lane = 'routine') {
    this.#lane = lane;
    this.hashes = [genesisHash(epoch, lane)];
  }

  add(minute: number, draft: object): this {
    const seq = this.texts.length + 1;
    const text = entryText({ seq, at: reading(minute), ...draft });
    this.texts.push(text);
    this.hashes.push(chainHash(this.hashes.at(-1) ?? '', text));
    return this;
  }

  checkIns(...minutes: number[]): this {
    for (const minute of minutes) this.add(minute, { type: 'check-in', card });
    return this;
  }

  /** The message that carries entries `from` through `through`; another `sentMinute` makes other bytes. */
  message(from: number, through: number, sentMinute = 119, more: object = {}): object {
    return {
      v: 1,
      station,
      kind: this.#lane === 'alarm' ? 'alarm' : 'journal',
      epoch,
      sent: reading(sentMinute),
      oldest: 1,
      previous: this.hashes[from - 1],
      entries: this.texts.slice(from - 1, through).map((text): unknown => JSON.parse(text)),
      ...more,
    };
  }
}

const reading = (minute: number) => ({
  wallMs: startMs + minute * minuteMs,
  monoMs: minute * minuteMs,
  boot: 'boot-1',
  synced: true,
});
const give = (message: object, key = macKey, kind: 'journal' | 'alarm' = 'journal') =>
  ingest.take({
    topic: stationTopic(station, kind),
    payload: seal(key, message),
    retained: false,
  });

async function balances(): Promise<{ volunteer: number; sum: number }> {
  const accounts = await store.db
    .selectFrom('account')
    .select(['volunteer_id', 'balance'])
    .execute();
  return {
    volunteer: accounts.find(({ volunteer_id }) => volunteer_id === volunteer)?.balance ?? 0,
    sum: accounts.reduce((sum, { balance }) => sum + balance, 0),
  };
}
const journalRows = async (): Promise<number> =>
  (await store.db.selectFrom('journal').select('id').execute()).length;

describe('ingest', () => {
  it('commits, credits and receipts, with an outcome for each entry', async () => {
    await give(new Past().checkIns(0, 5, 70).message(1, 3));
    expect(receipts).toMatchObject([
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
    expect(await balances()).toEqual({ volunteer: 20, sum: 0 });
  });

  it('acknowledges a duplicate again and counts it once', async () => {
    const past = new Past().checkIns(0, 70);
    await give(past.message(1, 2));
    await give(past.message(1, 2, 118));
    await give(past.message(2, 2, 117));
    expect(receipts.map(({ through }) => through)).toEqual([2, 2, 2]);
    expect(receipts[1]?.outcomes).toEqual(receipts[0]?.outcomes);
    expect(await journalRows()).toBe(2);
    expect(await balances()).toEqual({ volunteer: 20, sum: 0 });
  });

  it('answers a gap with how far it is, and commits nothing of it', async () => {
    const past = new Past().checkIns(0, 70, 80);
    await give(past.message(1, 1));
    await give(past.message(3, 3));
    expect(receipts.at(-1)).toMatchObject({ through: 1, outcomes: [] });
    expect(await journalRows()).toBe(1);
  });

  it('goes on from the disk after a restart', async () => {
    const past = new Past().checkIns(0, 70);
    await give(past.message(1, 1));
    await store.close();
    await openHub();
    await give(past.message(1, 2));
    expect(receipts.at(-1)).toMatchObject({ through: 2 });
    expect(await balances()).toEqual({ volunteer: 20, sum: 0 });
  });

  it('stores an alarm and its mark as a mistake, and leaves it open', async () => {
    const past = new Past('alarm')
      .add(1, { type: 'alarm', gesture: 'hold' })
      .add(1, { type: 'mistake', alarm: 1 });
    await give(past.message(1, 1), macKey, 'alarm');
    await give(past.message(2, 2), macKey, 'alarm');
    const rows = await store.db.selectFrom('alarm').selectAll().execute();
    expect(rows).toMatchObject([{ seq: 1, resolved_ms: null }]);
    expect(rows[0]?.mistake_ms).not.toBeNull();
    expect(receipts.map(({ lane, through }) => [lane, through])).toEqual([
      ['alarm', 1],
      ['alarm', 2],
    ]);
  });

  it('rejects, receipts nothing and keeps nothing when the commit fails', async () => {
    await store.db.schema.alterTable('account').renameTo('account_away').execute();
    await expect(give(new Past().checkIns(0).message(1, 1))).rejects.toThrow(/account/);
    expect(receipts).toEqual([]);
    await store.db.schema.alterTable('account_away').renameTo('account').execute();
    expect(await journalRows()).toBe(0);
    await give(new Past().checkIns(0).message(1, 1));
    expect(receipts).toHaveLength(1);
  });
});

describe('what is refused gets one reason, and no receipt', () => {
  const past = () => new Past().checkIns(0);
  const wrongKey = Buffer.alloc(32, 9).toString('base64url');
  const raw = (payload: Buffer, topic = stationTopic(station, 'journal')) =>
    ingest.take({ topic, payload, retained: false });
  const stranger = 'st-zzzzzzzz';

  it.each<[string, () => Promise<void>]>([
    ['wrong-mac', () => give(past().message(1, 1), wrongKey)],
    ['malformed', () => raw(Buffer.from('hello'))],
    ['malformed', () => give({ ...past().message(1, 1), entries: [] })],
    ['oversized', () => raw(Buffer.alloc(messageBytesMax + 1, 0x20))],
    ['unsupported-version', () => give({ ...past().message(1, 1), v: 2 })],
    [
      'wrong-topic',
      () => raw(seal(macKey, past().message(1, 1)), stationTopic(stranger, 'journal')),
    ],
    [
      'unknown-station',
      () =>
        raw(
          seal(macKey, { ...past().message(1, 1), station: stranger }),
          stationTopic(stranger, 'journal'),
        ),
    ],
    ['future', () => give(past().message(1, 1, 131))],
  ])('%s', async (reason, send) => {
    await send();
    expect(refused).toEqual([reason]);
    expect(receipts).toEqual([]);
    expect(await journalRows()).toBe(0);
  });

  it('replayed: the very same bytes again', async () => {
    const bytes = seal(macKey, past().message(1, 1));
    await raw(bytes);
    await raw(bytes);
    expect(refused).toEqual(['replayed']);
    expect(receipts).toHaveLength(1);
  });

  it('fork: another past under the same sequence', async () => {
    await give(past().message(1, 1));
    await give(new Past().checkIns(33).message(1, 1));
    expect(refused).toEqual(['fork']);
    expect(receipts).toHaveLength(1);
    expect(await balances()).toEqual({ volunteer: 10, sum: 0 });
  });

  it('but an alarm is never refused because of a clock', async () => {
    const alarm = new Past('alarm').add(0, { type: 'alarm', gesture: 'hold' });
    await give(alarm.message(1, 1, 131), macKey, 'alarm');
    expect(refused).toEqual([]);
    expect(receipts).toMatchObject([{ lane: 'alarm', through: 1 }]);
  });

  it('is written down, so that an operator can look at it', async () => {
    await give(past().message(1, 1), wrongKey);
    await ingest.refusals.flush(store.db);
    const rows = await store.db.selectFrom('refusal').selectAll().execute();
    expect(rows).toMatchObject([{ reason: 'wrong-mac', station, count: 1 }]);
  });
});
