import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../device/journal/journal.ts';
import { Uplink } from '../../device/uplink/uplink.ts';
import { PresenceWatch } from '../../hub/presence/presence-watch.ts';
import { encodeMessage } from '../../shared/wire/codec.ts';
import type { Reading } from '../../shared/wire/entry.ts';
import type { HubMessage, PresenceMessage } from '../../shared/wire/messages.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import { IngestHub, minuteMs, startMs } from '../support/ingest-hub.ts';
import { MemoryBus } from '../support/memory-bus.ts';
import { pointsAndDates } from '../support/unit-story.ts';

const log = pino({ level: 'silent' });
const nextDayMinute = 24 * 60;
let hub: IngestHub;
let folder: string;
let journal: Journal;
let uplink: Uplink;
let bus: MemoryBus;
/** The unit's clocks. */
let now: Reading;
/** What is under way from the unit to the hub. */
let underWay: Promise<void>[];
let startAgain: () => Promise<void>;

beforeEach(async () => {
  hub = await IngestHub.start();
  folder = mkdtempSync(join(tmpdir(), 'yizhan-told-boots-'));
  await boot('boot-x', 0, false);
  startAgain = await hub.backUp();
});
afterEach(async () => {
  journal.close();
  await hub.stop();
  rmSync(folder, { recursive: true });
});

/** The unit's power goes and comes back: its journal is read from the disk. */
async function boot(name: string, minute: number, synced: boolean): Promise<void> {
  if (now !== undefined) journal?.close();
  journal = new Journal(join(folder, 'journal.db'));
  underWay = [];
  bus = new MemoryBus((payload) => {
    const topic = stationTopic(hub.station, 'journal');
    underWay.push(hub.ingest.take({ topic, payload, retained: false }));
  });
  uplink = new Uplink({
    ...{ station: hub.station, macKey: hub.macKey, log },
    clock: { read: () => now },
    journal: () => journal,
    dispatch: () => {},
    onUnreadable: (_, error) => {
      throw error;
    },
  });
  await uplink.start(bus);
  now = { wallMs: synced ? startMs + minute * minuteMs : 7, monoMs: 0, boot: name, synced };
  hub.nowMs = startMs + minute * minuteMs;
}

function pass(minutes: number): void {
  const ms = minutes * minuteMs;
  now = { ...now, wallMs: now.wallMs + ms, monoMs: now.monoMs + ms };
  hub.nowMs += ms;
}

const append = (draft: { type: 'check-in'; card: string } | { type: 'started'; version: string }) =>
  journal.append('routine', draft, now);
const tap = () => append({ type: 'check-in', card: hub.card });

/** Sends entries, and brings the station the receipt, unless that is lost. */
async function deliver(from: number, through: number, isReceiptLost = false): Promise<void> {
  uplink.send(journal, 'routine', from, through);
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all(underWay.splice(0));
  const receipt = hub.receipts.at(-1);
  if (receipt && !isReceiptLost) await say(receipt);
}

const say = (message: HubMessage): Promise<void> =>
  bus.deliver(stationTopic(hub.station, message.kind), encodeMessage(hub.macKey, message));

/** A tap in a boot that never knows the time, and one on the day after, in another boot. */
async function live(isReceiptLost = false): Promise<void> {
  pass(30);
  tap();
  pass(1);
  await deliver(1, 1, isReceiptLost);
  await boot('boot-y', nextDayMinute, true);
  append({ type: 'started', version: 'test' });
}

async function goOn(): Promise<void> {
  pass(1);
  tap();
  await deliver(2, 3);
}

describe('a unit that rebooted before its clock was ever set', () => {
  it('has its entries dated as before by a hub that came back from an older backup', async () => {
    await live();
    await goOn();
    const before = await pointsAndDates(hub);
    expect(before).toMatchObject({
      balances: { volunteer: 20 },
      checkIns: [{ day: '2026-03-02', outcome: 'credited' }, { day: '2026-03-03' }],
    });
    await startAgain();
    pass(1);
    await deliver(1, 3);
    expect(await pointsAndDates(hub)).toEqual(before);
  });

  it('hears of a boot again when it asks how far the hub is: the receipt may have been lost', async () => {
    await live(true);
    expect(journal.boots.of(new Set(['boot-x']))).toEqual([]);
    const answers: HubMessage[] = [];
    const watch = new PresenceWatch({
      ...{ db: hub.store.db, log },
      directory: { inUse: () => [], nameOf: () => 'Station 1', silentAfterMs: () => undefined },
      ...{ onCommitted: () => {}, silentAfterMs: 90_000, now: () => hub.nowMs },
      ...{ send: (message) => answers.push(message), monotonicNow: () => 0 },
    });
    const presence: PresenceMessage = {
      ...{ v: 1, station: hub.station, kind: 'presence', session: 'se-000000000001', online: true },
      ...{ sinceMs: 0, epoch: journal.epoch, latched: [] },
    };
    await watch.take(presence);
    for (const answer of answers) await say(answer);
    await goOn();
    const before = await pointsAndDates(hub);
    await startAgain();
    await deliver(1, 3);
    expect(await pointsAndDates(hub)).toEqual(before);
  });

  it('repeats what it was told only with entries of that boot', async () => {
    await live();
    await goOn();
    const sent: unknown[] = [];
    uplink = new Uplink({
      ...{ station: hub.station, macKey: hub.macKey, log, clock: { read: () => now } },
      ...{ journal: () => journal, dispatch: () => {}, onUnreadable: () => {} },
    });
    await uplink.start(
      new MemoryBus((payload) => sent.push(JSON.parse(Buffer.from(payload).toString()).boots)),
    );
    uplink.send(journal, 'routine', 1, 3);
    uplink.send(journal, 'routine', 2, 3);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual([[{ boot: 'boot-x', startMs }], undefined]);
  });

  it('goes on when what it was told cannot be kept', async () => {
    pass(30);
    tap();
    journal.close();
    journal = new Journal(join(folder, 'journal.db'));
    await deliver(1, 1, true);
    const receipt = hub.receipts.at(-1);
    const { keep } = journal.boots;
    expect(receipt?.boots).toHaveLength(1);
    journal.boots.keep = () => {
      throw new Error('the disk is full');
    };
    if (receipt) await say(receipt);
    journal.boots.keep = keep;
    expect(journal.boots.of(new Set(['boot-x']))).toEqual([]);
  });
});

describe('what a station was told of boots', () => {
  const known = () => journal.boots.of(new Set(['boot-x', 'boot-y'])).map(({ boot: name }) => name);
  const cleanUp = (entriesMax: number) => {
    journal.keepCursor('routine', journal.last('routine'));
    journal.cleanUp(startMs, { keepMs: 0, entriesMax });
    journal.cleanUp(startMs + 40 * nextDayMinute * minuteMs, { keepMs: 0, entriesMax });
  };

  it('stays as long as there are entries of that boot, and goes with the last of them', async () => {
    for (let taps = 0; taps < 4; taps += 1) tap();
    journal.boots.keep('routine', 2, [{ boot: 'boot-x', startMs }]);
    cleanUp(1);
    expect(journal.oldest('routine')).toBe(3);
    expect(known()).toEqual(['boot-x']);
    await boot('boot-y', nextDayMinute, true);
    tap();
    journal.boots.keep('routine', 5, [{ boot: 'boot-y', startMs: 1 }]);
    cleanUp(1000);
    expect(journal.oldest('routine')).toBe(5);
    expect(known()).toEqual(['boot-y']);
  });

  it('is what the hub said last', () => {
    tap();
    journal.boots.keep('alarm', 0, [{ boot: 'boot-x', startMs: 1 }]);
    journal.boots.keep('routine', 1, [{ boot: 'boot-x', startMs: 2 }]);
    expect(journal.boots.of(new Set(['boot-x']))).toEqual([{ boot: 'boot-x', startMs: 2 }]);
  });
});
