import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acknowledgeAlarm } from '../../hub/app/alarms.ts';
import { addStation } from '../../hub/app/registry.ts';
import { EmbeddedBus } from '../../hub/bus/embedded-bus.ts';
import { OutboxPublisher } from '../../hub/feed/outbox.ts';
import { Outgoing } from '../../hub/feed/outgoing.ts';
import { StationDirectory } from '../../hub/ingest/station-directory.ts';
import { openStore, type Store } from '../../hub/store/open-store.ts';
import { newEpoch } from '../../shared/ids.ts';
import { createLog } from '../../shared/log.ts';
import { systemTimers, type Timers } from '../../shared/timers.ts';
import { decodeHubMessage } from '../../shared/wire/codec.ts';
import { type FeedKind, feedFilter, feedTopic, stationTopic } from '../../shared/wire/topics.ts';
import { eventually } from '../support/eventually.ts';
import { feedBodySchema } from '../support/scheme.ts';

const holdMs = 3_000;
const log = createLog('test', 'silent');

/** The outbox of a hub that has just started, and the broker in it; the end of the hold is the test's. */
describe('the feed of a hub that was away', () => {
  let folder: string;
  let store: Store;
  let bus: EmbeddedBus;
  let outbox: OutboxPublisher;
  let station: string;
  let macKey: string;
  let endHold: () => void;
  let calledOff = 0;
  const clients: MqttClient[] = [];

  const timers: Pick<Timers, 'after'> = {
    after(ms, run) {
      if (ms !== holdMs) return systemTimers.after(ms, run);
      endHold = run;
      return () => {
        calledOff += 1;
      };
    },
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-outbox-'));
    store = openStore(folder);
    ({ station, macKey } = await addStation(store, 'Station 1', 'test'));
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.endAsync(true);
    await outbox.stop();
    await bus.stop();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  async function startHub(): Promise<void> {
    const authenticate = async (id: string) => ({ kind: 'station' as const, id });
    bus = new EmbeddedBus({ host: '127.0.0.1', port: 0, authenticate, log });
    const directory = new StationDirectory(store.db);
    await directory.refresh();
    outbox = new OutboxPublisher(store.db, bus, directory, log, timers);
    outbox.hold(holdMs);
    await bus.start({});
  }

  async function connect(filter: string, account = {}): Promise<MqttClient> {
    const client = await connectAsync(`mqtt://127.0.0.1:${bus.port}`, account);
    clients.push(client);
    await client.subscribeAsync(filter, { qos: 1 });
    return client;
  }

  /** @returns what a follower hears, as `kind row-index state`; `ids` gets the whole ids. */
  async function follow(ids: string[] = []): Promise<string[]> {
    const heard: string[] = [];
    const client = await connect(feedFilter);
    client.on('message', (topic, payload) => {
      const { id, state } = feedBodySchema.parse(JSON.parse(payload.toString()));
      ids.push(id);
      const [row, index] = [id.split('-')[0], id.split('-').at(-1)];
      heard.push(`${topic.split('/').at(-1)} ${row}-${index} ${state}`);
    });
    return heard;
  }

  /** @returns the commands that the station hears. */
  async function listen(): Promise<unknown[]> {
    const heard: unknown[] = [];
    const filter = stationTopic(station, 'command');
    const unit = await connect(filter, { clientId: station, username: station, password: 'any' });
    unit.on('message', (_topic, payload) => {
      const decoded = decodeHubMessage(macKey, payload);
      heard.push(decoded.ok ? decoded.value : decoded);
    });
    return heard;
  }

  /** One transaction that tells the feed these things. */
  async function told(...what: readonly [FeedKind, string][]): Promise<void> {
    const outgoing = new Outgoing();
    for (const [kind, state] of what) outgoing.toFeed(kind, 0, { station, state });
    await store.db.transaction().execute((trx) => outgoing.store(trx));
  }
  const rowsLeft = async () => (await store.db.selectFrom('outbox').select('id').execute()).length;

  it('tells of an alarm at once, and again to who comes back within the hold; of the rest only then', async () => {
    await told(['check-in', 'one'], ['alarm', 'raised']);
    await startHub();
    const ids: string[] = [];
    const early = await follow(ids);
    outbox.wake();
    await eventually('the alarm is heard', () => early.length > 0);
    const late = await follow();
    await told(['check-in', 'two']);
    await told(['alarm', 'acknowledged'], ['points', 'three']);
    outbox.wake();
    const urgent = ['alarm 1-1 raised', 'alarm 3-0 acknowledged'];
    await eventually('the news is heard', () => early.length === 2 && late.length === 1);
    expect(early).toEqual(urgent);
    expect(await rowsLeft()).toBe(3);

    endHold();
    const all = [
      ...['check-in 1-0 one', 'alarm 1-1 raised', 'check-in 2-0 two'],
      ...['alarm 3-0 acknowledged', 'points 3-1 three'],
    ];
    await eventually('all is heard', () => early.length === 7 && late.length === 6);
    expect(early).toEqual([...urgent, ...all]);
    expect(new Set(ids).size).toBe(all.length); // what came twice came under one id
    expect(late).toEqual(['alarm 3-0 acknowledged', ...all]);
    await eventually('nothing waits', async () => (await rowsLeft()) === 0);
  });

  it('is held for the whole time again by a broker that goes once more', async () => {
    await startHub();
    calledOff = 0;
    outbox.hold(holdMs);
    expect(calledOff).toBe(1);
    const heard = await follow();
    await told(['check-in', 'one']);
    outbox.wake();
    endHold();
    await eventually('it is heard', () => heard.length === 1);
  });

  it('lets an acknowledgement reach its station at once, and once', async () => {
    const alarm = { epoch: newEpoch(), seq: 1 };
    const row = { station, ...alarm, raised_ms: 1, stored_ms: 1 };
    await store.db.insertInto('alarm').values(row).execute();
    await startHub();
    const heard = await listen();
    await acknowledgeAlarm(store, 1, 'Operator 1', 2);
    outbox.wake();
    await eventually('the station hears of it', () => heard.length > 0);
    const command = { name: 'alarm-state', alarm, state: 'acknowledged' };
    expect(heard).toMatchObject([{ kind: 'command', command }]);

    endHold();
    await eventually('nothing waits', async () => (await rowsLeft()) === 0);
    expect(heard).toHaveLength(1);
  });

  it('holds what it could not tell for the next start', async () => {
    await told(['check-in', 'one'], ['alarm', 'raised']);
    await startHub();
    const first = await follow();
    outbox.wake();
    await eventually('the alarm is heard', () => first.length > 0);
    await outbox.stop();
    await bus.stop();
    await startHub();
    const second = await follow();
    endHold();
    await eventually('all is heard', () => second.length === 2);
    expect(second).toEqual(['check-in 1-0 one', 'alarm 1-1 raised']);
  });

  it('gives no message the id of another one when the hub is put back to a backup', async () => {
    await startHub();
    const ids: string[] = [];
    const heard = await follow(ids);
    endHold();
    const tellOne = async (count: number): Promise<void> => {
      await told(['alarm', 'raised'], ['points', 'one']);
      outbox.wake();
      await eventually('it is heard', () => heard.length === count);
      await eventually('nothing waits', async () => (await rowsLeft()) === 0);
    };
    await tellOne(2);
    await outbox.stop();
    // What a backup from before the first message has.
    await sql`DELETE FROM sqlite_sequence WHERE name = 'outbox'`.execute(store.db);
    outbox = new OutboxPublisher(store.db, bus, new StationDirectory(store.db), log, timers);
    await tellOne(4);
    expect(heard.slice(2)).toEqual(heard.slice(0, 2));
    expect(new Set(ids).size).toBe(4);
  });

  it('publishes what an older version has left, commands and feed', async () => {
    const feed = { at: '1970-01-01T00:00:00.000Z', station, state: 'older "one"' };
    const command = {
      name: 'alarm-state',
      alarm: { epoch: newEpoch(), seq: 1 },
      state: 'resolved',
    };
    const messages = JSON.stringify([
      { topic: feedTopic('alarm'), station: null, body: feed },
      {
        ...{ topic: stationTopic(station, 'command'), station },
        body: { v: 1, station, kind: 'command', command },
      },
    ]);
    await store.db.insertInto('outbox').values({ messages }).execute();
    const unnamed = `${feedTopic('check-in')} - ${JSON.stringify({ at: feed.at, state: 'old' })}`;
    await store.db.insertInto('outbox').values({ messages: unnamed }).execute();
    await told(['check-in', 'newer']);
    await startHub();
    const early = await follow();
    const commands = await listen();
    endHold();
    await eventually('all is heard', () => early.length === 3 && commands.length === 1);
    const all = ['alarm 1-0 older "one"', 'check-in 2-0 old', 'check-in 3-0 newer'];
    expect(early).toEqual(all);
    expect(commands).toMatchObject([{ kind: 'command', command }]);
  });

  it('sets aside what it cannot read, keeps it, and tells the rest', async () => {
    await told(['check-in', 'one']);
    const insert = (messages: string) =>
      store.db.insertInto('outbox').values({ messages }).execute();
    const broken = `${stationTopic(station, 'command')} ${station} {"v":1,`;
    const whole = `${feedTopic('alarm')} - {"at":"1970-01-01T00:00:00.000Z","state":"raised"}`;
    await insert('[{"topic":');
    await insert('neither');
    await insert(`${broken}\n${whole}`);
    await told(['points', 'two']);
    await startHub();
    const heard = await follow();
    endHold();
    await eventually('the rest is heard', () => heard.length === 3);
    expect(heard).toEqual(['check-in 1-0 one', 'alarm 4-1 raised', 'points 5-0 two']);
    await eventually('what was told is removed', async () => (await rowsLeft()) === 3);
    const left = await store.db.selectFrom('outbox').select(['id', 'messages']).execute();
    expect(left).toMatchObject([{ id: 2, messages: '[{"topic":' }, { id: 3 }, { id: 4 }]);
    // Below the name of the row.
    expect(left[2]?.messages.split('\n').slice(1)).toEqual([broken]);
  });
});
