import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { PcscReader } from '../../device/reader/pcsc-reader.ts';
import { ReaderRecorder } from '../contracts/reader-contract.ts';
import { absenceNoticedMs, faultyReaderFor, readerFor } from '../support/pcsc-readers.ts';
import { Pcscd } from '../support/pcscd.ts';
import { VirtualCard } from '../support/virtual-card.ts';

describe('the PC/SC reader on USB', () => {
  let pcscd: Pcscd;
  let reader: PcscReader;
  let seen: ReaderRecorder;
  const cards: VirtualCard[] = [];

  async function attach(usbSlots: 1 | 2, makeReader = readerFor): Promise<void> {
    pcscd = await Pcscd.prepare({ usbSlots });
    await pcscd.start();
    await pcscd.plugReader();
    reader = makeReader(pcscd);
    seen = new ReaderRecorder();
    reader.start(seen);
    await seen.reaches('ready');
  }
  function put(uid: string): VirtualCard {
    const card = new VirtualCard(pcscd.port, uid);
    cards.push(card);
    return card;
  }
  afterEach(async () => {
    for (const card of cards.splice(0)) card.take();
    await reader.stop();
    await pcscd.remove();
  });

  it('tells that it was unplugged with a card on it, and that it is back, without a restart', async () => {
    await attach(1);
    const { childPid } = reader;
    const card = put('04A1B2C3');
    await seen.sees('04A1B2C3');
    await pcscd.unplugReader();
    await seen.sees('04A1B2C3', 'gone');
    await seen.reaches('fault');
    expect(seen.detail).toBe('no card reader is attached: plug it in, or replug it');
    card.take();
    await pcscd.plugReader();
    await seen.reaches('ready');
    put('04A1B2C3D4E5F6');
    await seen.sees('04A1B2C3', 'gone', '04A1B2C3D4E5F6');
    expect(reader.childPid).toBe(childPid);
  });

  it('tells it each time, although pcsclite misses the second of two slots', async () => {
    await attach(2);
    // Which of the two ends is missed, and whether, is a matter of luck: three times is enough.
    for (let time = 1; time <= 3; time += 1) {
      await seen.reaches('ready');
      await delay(absenceNoticedMs);
      await pcscd.unplugReader();
      await seen.reaches('fault');
      expect(seen.detail).toBe('no card reader is attached: plug it in, or replug it');
      await pcscd.plugReader();
    }
    await seen.reaches('ready');
    put('04A1B2C3');
    await seen.sees('04A1B2C3');
  });

  it('tells it although pcsclite does not say that the reader ended', async () => {
    await attach(1, (on) => faultyReaderFor(on, 'no-end'));
    await pcscd.unplugReader();
    await seen.reaches('fault');
    expect(seen.detail).toBe('no card reader is attached: plug it in, or replug it');
    await pcscd.plugReader();
    await seen.reaches('ready');
    put('04A1B2C3');
    await seen.sees('04A1B2C3');
  });

  it('finds a reader that pcsclite did not announce, and tells of its absence once', async () => {
    const mark = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'yizhan-mark-')), 'unseen');
    fs.writeFileSync(mark, '');
    await attach(1, (on) => faultyReaderFor(on, `unseen:${mark}`));
    expect(seen.faults).toEqual(['no card reader is attached: plug it in, or replug it']);
    put('04A1B2C3');
    await seen.sees('04A1B2C3');
    fs.rmSync(path.dirname(mark), { recursive: true });
  });
});
