import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { undeliveredAfterMs } from '../../device/domain/alarms.ts';
import { laneLimits } from '../../device/domain/lane.ts';
import { backlogOf } from '../../device/domain/state.ts';
import { type Lane, lanes } from '../../shared/wire/entry.ts';
import { epoch, Scene, token } from '../support/station-scene.ts';

interface Message {
  readonly lane: Lane;
  readonly from: number;
  readonly through: number;
}

/** A station, a hub that commits what follows, and between them a network that may do anything. */
class Wire {
  readonly scene = new Scene().ready();
  /** What the hub has committed, in the order in which it did. */
  readonly committed: Record<Lane, number[]> = { alarm: [], routine: [] };
  /** On their way; each may arrive never, once or often, in any order. */
  messages: Message[] = [];
  receipts: { lane: Lane; through: number }[] = [];

  collect(): void {
    this.messages.push(...this.scene.take('send'));
  }

  arrive({ lane, from, through }: Message): void {
    const has = this.committed[lane];
    for (let seq = Math.max(from, has.length + 1); seq <= through; seq += 1) {
      if (from <= has.length + 1) has.push(seq);
    }
    this.receipts.push({ lane, through: has.length });
  }

  /** A connection begins as it really does: the station asks, and the hub says how far it is. */
  reconnect(): void {
    this.scene.give({ type: 'connection', connected: false }).online();
    for (const lane of lanes) this.receipts.push({ lane, through: this.committed[lane].length });
  }

  /** From here on all is delivered, in order. */
  calm(): void {
    for (let round = 0; round < 100 && backlogOf(this.scene.state) > 0; round += 1) {
      this.collect();
      for (const message of this.messages.splice(0)) this.arrive(message);
      for (const { lane, through } of this.receipts.splice(0)) this.scene.receipt(lane, through);
      this.scene.pass(10_000);
    }
  }
}

const chance = fc.nat(1000);
const chaos = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('taps' as const), count: fc.integer({ min: 1, max: 300 }) }),
    fc.record({ kind: fc.constant('alarm' as const) }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 12_000 }) }),
    fc.record({ kind: fc.constant('reconnect' as const) }),
    fc.record({ kind: fc.constant('message' as const), index: chance, again: fc.boolean() }),
    fc.record({ kind: fc.constant('receipt' as const), index: chance, again: fc.boolean() }),
    fc.record({
      kind: fc.constant('lose' as const),
      what: fc.constantFrom('messages', 'receipts'),
    }),
    fc.record({
      kind: fc.constant('restore-hub' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  ),
  { maxLength: 60 },
);
type Event = typeof chaos extends fc.Arbitrary<(infer T)[]> ? T : never;

/** Takes one of the things on their way, and leaves it there when it is to come again. */
function pick<T>(from: T[], index: number, again: boolean): T | undefined {
  const at = index % Math.max(1, from.length);
  return again ? from[at] : from.splice(at, 1)[0];
}

function happen(wire: Wire, event: Event): void {
  switch (event.kind) {
    case 'taps':
      for (let tap = 0; tap < event.count; tap += 1) wire.scene.give({ type: 'card', token });
      break;
    case 'alarm':
      wire.scene.hold();
      break;
    case 'pass':
      wire.scene.pass(event.ms);
      break;
    case 'reconnect':
      wire.reconnect();
      break;
    case 'message': {
      const message = pick(wire.messages, event.index, event.again);
      if (message !== undefined) wire.arrive(message);
      break;
    }
    case 'receipt': {
      const receipt = pick(wire.receipts, event.index, event.again);
      if (receipt !== undefined) wire.scene.receipt(receipt.lane, receipt.through);
      break;
    }
    case 'lose':
      wire[event.what === 'messages' ? 'messages' : 'receipts'] = [];
      break;
    case 'restore-hub':
      for (const lane of lanes) {
        wire.committed[lane].length = Math.floor(wire.committed[lane].length * event.share);
      }
      wire.reconnect();
      break;
  }
  wire.collect();
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

function expectBounds({ scene }: Wire): void {
  for (const lane of lanes) {
    const { sent, committed, inFlight, last } = scene.state.lanes[lane];
    expect(inFlight.length).toBeLessThanOrEqual(laneLimits[lane].messagesInFlightMax);
    expect(sent - committed).toBeLessThanOrEqual(laneLimits[lane].entriesInFlightMax);
    expect(sent).toBeLessThanOrEqual(last);
  }
}

function expectAllDelivered({ scene, committed }: Wire): void {
  expect(backlogOf(scene.state)).toBe(0);
  for (const lane of lanes) expect(committed[lane]).toEqual(upTo(scene.state.lanes[lane].last));
}

describe('whatever the network loses, repeats and mixes up', () => {
  it('the cursor is never beyond what the hub has, and in the end everything is there once', () => {
    const worst = { lost: 0, repeated: 0 };
    const withoutRestore = chaos.map((events) =>
      events.filter(({ kind }) => kind !== 'restore-hub'),
    );
    fc.assert(
      fc.property(withoutRestore, (events) => {
        const wire = new Wire();
        for (const event of events) {
          if (event.kind === 'lose') worst.lost += wire.messages.length + wire.receipts.length;
          if ('again' in event && event.again) worst.repeated += 1;
          happen(wire, event);
          expectBounds(wire);
          for (const lane of lanes) {
            const { committed } = wire.scene.state.lanes[lane];
            expect(committed).toBeLessThanOrEqual(wire.committed[lane].length);
          }
        }
        // A connection that is still there gets no news of what was lost in it: the station asks again.
        if (!wire.scene.state.connected) wire.reconnect();
        wire.calm();
        expectAllDelivered(wire);
      }),
      { numRuns: 300 },
    );
    // Or the network did nothing, and the property proved nothing.
    expect(worst.lost).toBeGreaterThan(0);
    expect(worst.repeated).toBeGreaterThan(0);
  });

  it('a hub that was restored from a backup gets again what it lost, also half-way through', () => {
    fc.assert(
      fc.property(chaos, (events) => {
        const wire = new Wire();
        for (const event of events) {
          happen(wire, event);
          expectBounds(wire);
        }
        wire.receipts = [];
        wire.reconnect();
        for (const { lane, through } of wire.receipts.splice(0)) wire.scene.receipt(lane, through);
        wire.calm();
        expectAllDelivered(wire);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a hub that says that it has less than before', () => {
  it('has not stored the alarm any more: it is sent again, and said to be lost in time', () => {
    const scene = new Scene().ready().online().hold().pass(60_000).receipt('alarm', 1);
    expect(scene.light).toBe('alarm-stored');
    scene.take('send');
    expect(scene.receipt('alarm', 0).light).toBe('alarm-sending');
    const { steps } = scene;
    expect(steps).toContainEqual({ type: 'send', lane: 'alarm', from: 1, through: 1 });
    expect(steps).toContainEqual({ type: 'keep-latched', alarms: scene.state.alarms });
    expect(scene.pass(undeliveredAfterMs - 1).light).toBe('alarm-sending');
    expect(scene.pass(1).light).toBe('alarm-undelivered');
    expect(scene.receipt('alarm', 1).light).toBe('alarm-stored');
  });

  it('does not make a person’s word undone', () => {
    const scene = new Scene().ready().online().hold().receipt('alarm', 1);
    const news = { type: 'alarm-state', alarm: { epoch, seq: 1 }, state: 'acknowledged' } as const;
    expect(scene.give(news).receipt('alarm', 0).light).toBe('alarm-acknowledged');
  });
});

describe('news of an alarm that comes before its receipt', () => {
  it('is not believed, and asked for again as soon as the receipt has come, once', () => {
    const scene = new Scene().ready().online().hold();
    const news = { type: 'alarm-state', alarm: { epoch, seq: 1 }, state: 'acknowledged' } as const;
    expect(scene.give(news).light).toBe('alarm-sending');
    scene.take('announce');
    expect(scene.receipt('alarm', 1).light).toBe('alarm-stored');
    expect(scene.take('announce')).toHaveLength(1);
    expect(scene.give(news).light).toBe('alarm-acknowledged');
    scene.receipt('alarm', 1).receipt('routine', 0);
    expect(scene.take('announce'), 'a receipt without news').toEqual([]);
  });
});
