import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PcscReader } from '../../device/reader/pcsc-reader.ts';
import { sunKeys } from '../../hub/sun/diversify.ts';
import { verifySun } from '../../hub/sun/verify-sun.ts';
import { describeReader, ReaderRecorder } from '../contracts/reader-contract.ts';
import { absenceNoticedMs, log, readerFor, timeoutMs } from '../support/pcsc-readers.ts';
import { Pcscd } from '../support/pcscd.ts';
import { atr, VirtualCard } from '../support/virtual-card.ts';
import { VirtualNtag } from '../support/virtual-ntag.ts';

describeReader('the PC/SC reader', async () => {
  const pcscd = await Pcscd.prepare();
  await pcscd.start();
  const reader = readerFor(pcscd);
  let card: VirtualCard | undefined;
  const takeCard = () => card?.take();
  return {
    reader,
    takeCard,
    settle: () => delay(absenceNoticedMs),
    putCard: (uid) => {
      card = new VirtualCard(pcscd.port, uid);
    },
    putUnreadableCard: () => {
      card = new VirtualCard(pcscd.port, '04A1B2C3', 'pull');
    },
    breakReader: () => pcscd.stop(),
    mendReader: () => pcscd.start(),
    close: async () => {
      takeCard();
      await reader.stop();
      await pcscd.remove();
    },
  };
});

describe('the PC/SC reader survives', () => {
  let pcscd: Pcscd;
  let reader: PcscReader;
  let seen: ReaderRecorder;
  const cards: VirtualCard[] = [];

  function put(
    ...rest: ConstructorParameters<typeof VirtualCard> extends [number, ...infer R] ? R : never
  ) {
    const card = new VirtualCard(pcscd.port, ...rest);
    cards.push(card);
    return card;
  }

  beforeEach(async () => {
    pcscd = await Pcscd.prepare();
    reader = readerFor(pcscd);
    seen = new ReaderRecorder();
  });
  afterEach(async () => {
    for (const card of cards.splice(0)) card.take();
    await reader.stop();
    await pcscd.remove();
  });

  async function startAll(): Promise<void> {
    await pcscd.start();
    reader.start(seen);
    await seen.reaches('ready');
  }

  it('pcscd that comes late', async () => {
    reader.start(seen);
    await seen.reaches('fault');
    expect(seen.detail).toContain('pcscd is not running');
    await pcscd.start();
    await seen.reaches('ready');
    put('04A1B2C3');
    await seen.sees('04A1B2C3');
  });

  it('pcscd killed with a card on the reader', async () => {
    await startAll();
    put('04A1B2C3');
    await seen.sees('04A1B2C3');
    await pcscd.stop('SIGKILL');
    expect(pcscd.isRunning).toBe(false);
    await seen.sees('04A1B2C3', 'gone');
    await seen.reaches('fault');
    await pcscd.start();
    await seen.reaches('ready');
  });

  it('a type 4 card', async () => {
    await startAll();
    put('04DE5F1EACC040', 'answer', atr.type4);
    await seen.sees('04DE5F1EACC040');
  });

  it('an NTAG 424 DNA, with what it writes at each reading', async () => {
    await startAll();
    const keys = sunKeys(Buffer.alloc(16, 3));
    const ntag = new VirtualNtag('04DE5F1EACC040', keys);
    for (const counter of [1, 2]) {
      const card = put(ntag.uid, 'answer', atr.type4, () => ntag.readUri());
      await expect.poll(() => seen.cards.length, { timeout: timeoutMs }).toBe(2 * counter - 1);
      expect(verifySun(seen.sun ?? { picc: '', cmac: '' }, keys)).toMatchObject({ counter });
      card.take();
      await expect.poll(() => seen.cards.length, { timeout: timeoutMs }).toBe(2 * counter);
    }
    expect(ntag.counter).toBe(2);
  });

  it('a type 4 card that never says what it holds: it is taken by its UID, in time', async () => {
    await startAll();
    let asked = 0;
    const hang = () => {
      asked += 1;
      return 'hang';
    };
    put('04DE5F1EACC040', 'answer', atr.type4, hang);
    await seen.sees('04DE5F1EACC040');
    expect([asked, seen.sun]).toEqual([1, undefined]);
  });

  it('a phone that shows a UID which does not change, by what the reader says of its kind', async () => {
    await startAll();
    put('04A1B2C3', 'answer', atr.phone);
    await seen.sees('phone');
  });

  it('a card pulled while it is read', async () => {
    await startAll();
    const card = put('04A1B2C3', 'pull');
    await seen.sees('unreadable');
    expect(card.uidRequests).toBe(1);
    await delay(absenceNoticedMs);
    put('04A1B2C3D4E5F6');
    await seen.sees('unreadable', '04A1B2C3D4E5F6');
  });

  it('a card that was put back before pcscd looked again: not seen until it was really away', async () => {
    await startAll();
    put('04A1B2C3', 'pull');
    await seen.sees('unreadable');
    const back = put('04A1B2C3D4E5F6');
    await delay(absenceNoticedMs);
    back.take();
    await delay(absenceNoticedMs);
    put('0400000000FF01');
    await expect.poll(() => seen.cards.at(-1), { timeout: timeoutMs }).toBe('0400000000FF01');
    expect(seen.faults).toEqual([]);
  });

  it('a card that hangs the driver: the child, whose loop still turns, gives up in time', async () => {
    await startAll();
    const childPid = reader.childPid;
    const card = put('04A1B2C3', 'hang');
    await expect.poll(() => seen.cards, { timeout: timeoutMs }).toContain('unreadable');
    await expect.poll(() => reader.childPid, { timeout: timeoutMs }).not.toBe(childPid);
    expect(seen.faults).toEqual([expect.stringContaining('the card reader does not answer')]);
    expect(card.uidRequests).toBeGreaterThan(0);
    card.take();
    await seen.reaches('ready');
    put('04A1B2C3D4E5F6');
    await expect.poll(() => seen.cards, { timeout: timeoutMs }).toContain('04A1B2C3D4E5F6');
  });

  it('a child that is killed', async () => {
    await startAll();
    put('04A1B2C3');
    await seen.sees('04A1B2C3');
    const childPid = reader.childPid ?? 0;
    process.kill(childPid, 'SIGKILL');
    await seen.sees('04A1B2C3', 'gone', '04A1B2C3');
    expect(reader.childPid).not.toBe(childPid);
  });

  it('a child that freezes: the watchdog kills it', async () => {
    reader = readerFor(pcscd, 2_000);
    await startAll();
    const childPid = reader.childPid ?? 0;
    process.kill(childPid, 'SIGSTOP');
    await expect.poll(() => reader.childPid ?? childPid, { timeout: timeoutMs }).not.toBe(childPid);
    put('04A1B2C3');
    await seen.sees('04A1B2C3');
  });

  it('a pcscd that accepts and never answers: the watchdog kills the child that waits in it', async () => {
    reader = readerFor(pcscd, 2_000);
    const callers: net.Socket[] = [];
    const mute = net.createServer((caller) => callers.push(caller)).listen(pcscd.socketPath);
    await once(mute, 'listening');
    reader.start(seen);
    await seen.reaches('fault');
    expect(seen.faults).toEqual([expect.stringContaining('hung and was killed')]);
    mute.close();
    for (const caller of callers) caller.destroy();
    await pcscd.start();
    await seen.reaches('ready');
    put('04A1B2C3');
    await seen.sees('04A1B2C3');
  });

  it('one card swapped for another while the child is busy', async () => {
    await startAll();
    const first = put('04A1B2C3');
    await seen.sees('04A1B2C3');
    const childPid = reader.childPid ?? 0;
    process.kill(childPid, 'SIGSTOP');
    first.take();
    await delay(absenceNoticedMs);
    put('04A1B2C3D4E5F6');
    await delay(absenceNoticedMs);
    process.kill(childPid, 'SIGCONT');
    await seen.sees('04A1B2C3', 'gone', '04A1B2C3D4E5F6');
  });

  it('nfc-pcsc that is not installed, with one clear line', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'yizhan-child-'));
    // Outside the project there is no node_modules to find it in.
    const childPath = path.join(folder, 'child.mjs');
    const reading = new URL('../../device/reader/pcsc-card.mjs', import.meta.url);
    fs.copyFileSync(new URL('../../device/reader/pcsc-child.js', import.meta.url), childPath);
    fs.copyFileSync(reading, path.join(folder, 'pcsc-card.mjs'));
    reader = new PcscReader({ log, childPath });
    reader.start(seen);
    await seen.reaches('fault');
    expect(seen.detail).toContain('nfc-pcsc is not installed');
    await reader.stop();
    fs.rmSync(folder, { recursive: true });
  });
});
