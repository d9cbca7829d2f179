/** What every card reader promises, whatever it is made of. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Reader, ReaderListener, ReaderState } from '../../device/reader/reader.ts';
import type { SunMessage } from '../../shared/wire/entry.ts';

/** Generous: pcscd polls, and a loaded machine starts processes slowly. */
const eventTimeoutMs = 20_000;
const stopTimeoutMs = 1_000;

export interface ReaderHarness {
  reader: Reader;
  putCard(uid: string): void;
  putUnreadableCard(): void;
  takeCard(): void;
  /** Until the reader has noticed that there is no card, where it takes its time. */
  settle?(): Promise<void>;
  breakReader(): Promise<void>;
  mendReader(): Promise<void>;
  close(): Promise<void>;
}

/** Keeps what a reader announced: states apart from cards, because their order is not promised. */
export class ReaderRecorder implements ReaderListener {
  readonly cards: string[] = [];
  /** The details of all faults, in order. */
  readonly faults: string[] = [];
  state: ReaderState | undefined;
  detail = '';

  /** What came with the last card that wrote something itself. */
  sun: SunMessage | undefined;

  onCard(uid: string, sun?: SunMessage): void {
    this.cards.push(uid);
    if (sun) this.sun = sun;
  }
  onPhone(): void {
    this.cards.push('phone');
  }
  onUnreadable(): void {
    this.cards.push('unreadable');
  }
  onCardGone(): void {
    this.cards.push('gone');
  }
  onState(state: ReaderState, detail: string): void {
    this.state = state;
    this.detail = detail;
    if (state === 'fault') this.faults.push(detail);
  }

  async sees(...cards: string[]): Promise<void> {
    await expect.poll(() => this.cards, { timeout: eventTimeoutMs }).toEqual(cards);
  }
  async reaches(state: ReaderState): Promise<void> {
    await expect.poll(() => this.state, { timeout: eventTimeoutMs }).toBe(state);
  }
}

export function describeReader(name: string, create: () => Promise<ReaderHarness>): void {
  describe(`${name} keeps the reader's promises`, () => {
    let harness: ReaderHarness;
    let seen: ReaderRecorder;

    beforeEach(async () => {
      harness = await create();
      seen = new ReaderRecorder();
      harness.reader.start(seen);
      await seen.reaches('ready');
    });
    afterEach(() => harness.close());

    it('announces several taps in a row, each exactly once', async () => {
      const expected: string[] = [];
      for (const uid of ['04A1B2C3', '04A1B2C3D4E5F6', '04A1B2C3']) {
        harness.putCard(uid);
        expected.push(uid);
        await seen.sees(...expected);
        harness.takeCard();
        expected.push('gone');
        await seen.sees(...expected);
      }
    });

    it('tells that a card could not be read', async () => {
      harness.putUnreadableCard();
      await seen.sees('unreadable');
    });

    it('tells a phone, whose UID is another each time, from a card', async () => {
      harness.putCard('08A1B2C3');
      await seen.sees('phone');
      harness.takeCard();
      await harness.settle?.();
      harness.putCard('08A1B2C3D4E5F6');
      await seen.sees('phone', '08A1B2C3D4E5F6');
    });

    it('takes the card away with the reader, and recovers', async () => {
      harness.putCard('04A1B2C3');
      await seen.sees('04A1B2C3');
      await harness.breakReader();
      await seen.sees('04A1B2C3', 'gone');
      await seen.reaches('fault');
      harness.takeCard();
      await harness.mendReader();
      await seen.reaches('ready');
      harness.putCard('0400000000FF01');
      await seen.sees('04A1B2C3', 'gone', '0400000000FF01');
    });

    it('stops within a second and is silent afterwards', async () => {
      const startedMs = performance.now();
      await harness.reader.stop();
      expect(performance.now() - startedMs).toBeLessThan(stopTimeoutMs);
      harness.putCard('04A1B2C3');
      await harness.breakReader();
      expect(seen.cards).toEqual([]);
      expect(seen.state).toBe('ready');
    });
  });
}
