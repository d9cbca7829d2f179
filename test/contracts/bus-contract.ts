import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bus, type BusMessage, BusOffline, type Will } from '../../shared/bus/bus.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import { eventually } from '../support/eventually.ts';

/** A hub's bus and a station's on one broker, as the contract needs them. */
export interface BusHarness {
  /** The bus under test, not yet started. */
  readonly hub: Bus;
  /** A station's bus on the same broker, not yet started. */
  station(will?: () => Will): Bus;
  /** Cuts the connections of all stations without notice. */
  cutStations(): Promise<void>;
  stop(): Promise<void>;
}

const station = 'st-00000001';
const journal = stationTopic(station, 'journal');
const presence = stationTopic(station, 'presence');
const receipt = stationTopic(station, 'receipt');
const bytes = (text: string): Buffer => Buffer.from(text);

/** What every bus promises, whichever broker carries it. */
export function busContract(name: string, open: () => Promise<BusHarness>): void {
  describe(`${name} keeps the bus contract`, () => {
    let harness: BusHarness;
    let taken: BusMessage[];
    const buses: Bus[] = [];

    beforeEach(async () => {
      harness = await open();
      taken = [];
    });
    afterEach(async () => {
      for (const bus of buses.splice(0)) await bus.stop();
      await harness.stop();
    });

    const begin = async (bus: Bus): Promise<Bus> => {
      buses.push(bus);
      let connected = false;
      await bus.start({
        onConnection: (now) => {
          connected = now;
        },
      });
      await eventually('the bus connects', () => connected);
      return bus;
    };
    const texts = (): string[] => taken.map(({ payload }) => Buffer.from(payload).toString());
    const take = async (message: BusMessage): Promise<void> => {
      taken.push(message);
    };

    it('carries messages from a station to the hub, in order', async () => {
      harness.hub.subscribe([journal], take);
      await begin(harness.hub);
      const sender = await begin(harness.station());
      await Promise.all(['1', '2', '3'].map((text) => sender.publish(journal, bytes(text))));
      await eventually('three messages', () => taken.length === 3);
      expect(texts()).toEqual(['1', '2', '3']);
      expect(taken[0]?.topic).toBe(journal);
    });

    it('carries messages from the hub to a station', async () => {
      await begin(harness.hub);
      const receiver = harness.station();
      receiver.subscribe([receipt], take);
      await begin(receiver);
      await harness.hub.publish(receipt, bytes('have 1'));
      await eventually('the receipt', () => texts().includes('have 1'));
    });

    it('keeps retained messages for those who come later', async () => {
      await begin(harness.hub);
      await harness.hub.publish('yizhan/v1/hub/presence', bytes('here'), { retain: true });
      const late = harness.station();
      late.subscribe(['yizhan/v1/hub/presence'], take);
      await begin(late);
      await eventually('the retained message', () => texts().includes('here'));
      expect(taken[0]?.retained).toBe(true);
      await harness.hub.publish('yizhan/v1/hub/presence', bytes('still here'), { retain: true });
      await eventually('the live message', () => texts().includes('still here'));
      expect(taken[1]?.retained).toBe(false);
    });

    it('delivers again what the handler did not take', async () => {
      let refusals = 0;
      harness.hub.subscribe([journal], async (message) => {
        if (refusals++ === 0) throw new Error('the disk is full');
        taken.push(message);
      });
      await begin(harness.hub);
      const sender = await begin(harness.station());
      // Who is told that it did not arrive sends again: that is the sender's part of "at least once".
      while (taken.length === 0) {
        await sender.publish(journal, bytes('again')).catch((error) => {
          expect(error).toBeInstanceOf(BusOffline);
        });
        await delay(50);
      }
      expect(refusals).toBeGreaterThan(1);
      expect(texts()).toContain('again');
    });

    it('loses nothing that the sender was told had arrived', async () => {
      let refusals = 0;
      harness.hub.subscribe([journal], async (message) => {
        if (refusals++ === 0) throw new Error('the disk is full');
        taken.push(message);
      });
      await begin(harness.hub);
      const sender = await begin(harness.station());
      const arrived = await sender.publish(journal, bytes('once')).then(
        () => true,
        (error) => {
          expect(error).toBeInstanceOf(BusOffline);
          return false;
        },
      );
      // Either the sender knows better than to forget it, or the bus delivers it again unasked.
      if (arrived) await eventually('the message again', () => texts().includes('once'));
      expect(refusals).toBeGreaterThan(0);
    });

    it('has no handler running when it has stopped', async () => {
      let running = 0;
      let started = 0;
      harness.hub.subscribe([presence, journal], async () => {
        started += 1;
        running += 1;
        await delay(100);
        running -= 1;
      });
      await begin(harness.hub);
      const sender = await begin(
        harness.station(() => ({ topic: presence, payload: bytes('gone') })),
      );
      const sent = ['1', '2', '3'].map((text) =>
        sender.publish(journal, bytes(text)).catch((error) => {
          expect(error).toBeInstanceOf(BusOffline);
        }),
      );
      await eventually('the first one', () => started > 0);
      await harness.hub.stop();
      expect(running).toBe(0);
      const begun = started;
      await delay(200);
      expect(started).toBe(begun);
      await sender.stop();
      await Promise.all(sent);
    });

    it('publishes the will of a station whose connection is cut, and of none that says good-bye', async () => {
      harness.hub.subscribe([presence], take);
      await begin(harness.hub);
      const polite = await begin(
        harness.station(() => ({ topic: presence, payload: bytes('polite') })),
      );
      await polite.stop();
      let wills = 0;
      await begin(
        harness.station(() => {
          wills += 1;
          return { topic: presence, payload: bytes(`gone ${wills}`) };
        }),
      );
      await harness.cutStations();
      await eventually('the will', () => texts().includes('gone 1'));
      expect(texts()).not.toContain('polite');
      expect(wills).toBeGreaterThan(0);
    });

    it('is connected again by itself, subscriptions in place', async () => {
      await begin(harness.hub);
      const receiver = harness.station();
      receiver.subscribe([receipt], take);
      await begin(receiver);
      await harness.cutStations();
      while (!texts().includes('after the cut')) {
        await harness.hub.publish(receipt, bytes('after the cut')).catch((error) => {
          expect(error).toBeInstanceOf(BusOffline);
        });
        await delay(50);
      }
    });

    it('tells who publishes without a connection', async () => {
      const lonely = harness.station();
      await expect(lonely.publish(journal, bytes('x'))).rejects.toBeInstanceOf(BusOffline);
    });
  });
}
