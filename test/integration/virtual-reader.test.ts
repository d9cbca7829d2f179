import { expect, it } from 'vitest';
import { InvalidUid, normaliseUid } from '../../device/reader/uid.ts';
import { VirtualReader } from '../../device/reader/virtual-reader.ts';
import { describeReader, ReaderRecorder } from '../contracts/reader-contract.ts';

describeReader('the virtual reader', async () => {
  const reader = new VirtualReader();
  return {
    reader,
    putCard: (uid) => reader.putCard(uid),
    putUnreadableCard: () => reader.putUnreadableCard(),
    takeCard: () => reader.takeCard(),
    breakReader: async () => reader.breakDown(),
    mendReader: async () => reader.mend(),
    close: () => reader.stop(),
  };
});

it('taps: a card that is put on and taken away', async () => {
  const reader = new VirtualReader();
  const seen = new ReaderRecorder();
  reader.start(seen);
  await reader.tap('04:a1-b2 c3', 1);
  expect(seen.cards).toEqual(['04A1B2C3', 'gone']);
});

it('refuses what is no card UID, without repeating it', async () => {
  const reader = new VirtualReader();
  for (const text of ['', '04A1B2', '04A1B2C3D4', 'not a card']) {
    await expect(reader.tap(text)).rejects.toThrow(InvalidUid);
  }
  expect(() => normaliseUid('04A1B2C3D4')).toThrow(/it has 5 bytes/);
  expect(() => normaliseUid('04A1B2C3D4')).not.toThrow(/04A1B2C3D4/);
});
