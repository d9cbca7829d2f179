import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counterFaults } from '../../hub/domain/sun-counter.ts';
import { aesCmac } from '../../hub/sun/aes-cmac.ts';
import { diversify, type SunKeys, sunKeys } from '../../hub/sun/diversify.ts';
import {
  readFileData,
  readPiccData,
  sdmMac,
  sessionEncKey,
  sessionMacKey,
} from '../../hub/sun/sdm.ts';
import { verifySun } from '../../hub/sun/verify-sun.ts';
import { VirtualNtag } from '../support/virtual-ntag.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const hex = (of: Uint8Array): string => Buffer.from(of).toString('hex').toUpperCase();
const zero = Buffer.alloc(16);

describe('AES-CMAC', () => {
  const key = bytes('2B7E151628AED2A6ABF7158809CF4F3C');
  const message = bytes(
    '6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51' +
      '30C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710',
  );
  it.each([
    [0, 'BB1D6929E95937287FA37D129B756746'],
    [16, '070A16B46B4D4144F79BDD9DD04A287C'],
    [40, 'DFA66747DE9AE63030CA32611497C827'],
    [64, '51F0BEBF7E3B9D92FC49741779363CFE'],
  ])('of %i bytes is that of RFC 4493 §4', (length, mac) => {
    expect(hex(aesCmac(key, message.subarray(0, length)))).toBe(mac);
  });
});

it('a key is diversified as in AN10922 §2.2.1', () => {
  const master = bytes('00112233445566778899AABBCCDDEEFF');
  const input = bytes('04782E21801D80 3042F5 4E585020416275');
  expect(hex(diversify(master, input))).toBe('A8DD63A3B89D54B37CA802473FDA9175');
  expect(() => diversify(master, Buffer.alloc(32))).toThrow(RangeError);
});

/** What PICCData say, as the application note writes it down. */
function piccOf(uid: string, counter: string) {
  const counterBytes = bytes(counter);
  return { uid: bytes(uid), counterBytes, counter: counterBytes.readUIntLE(0, 3) };
}

describe('the vectors of AN12196', () => {
  it('table 1: session keys', () => {
    const key = bytes('5ACE7E50AB65D5D51FD5BF5A16B8205B');
    const picc = piccOf('04C767F2066180', '010000');
    expect(hex(sessionEncKey(key, picc))).toBe('66DA61797E23DECA5D8ECA13BBADF7A9');
    expect(hex(sessionMacKey(key, picc))).toBe('3A3E8110E05311F7A3FCF0D969BF2B48');
  });

  it('tables 2 and 4: PICCData, and a MAC over nothing', () => {
    const picc = readPiccData(zero, bytes('EF963FF7828658A599F3041510671E88'));
    expect(picc).toMatchObject({ uid: bytes('04DE5F1EACC040'), counter: 61 });
    if (!picc) throw new Error('not read');
    expect(hex(sessionMacKey(zero, picc))).toBe('3FB5F6E3A807A03D5E3570ACE393776F');
    expect(hex(aesCmac(sessionMacKey(zero, picc), Buffer.alloc(0)))).toBe(
      'E194C7EE12D9F7EE8A65C8331B704386',
    );
    expect(hex(sdmMac(zero, picc))).toBe('94EED9EE65337086');
  });

  it('table 3: encrypted file data', () => {
    const picc = readPiccData(zero, bytes('FDE4AFA99B5C820A2C1BB0F1C792D0EB'));
    if (!picc) throw new Error('not read');
    const file = readFileData(zero, picc, bytes('94592FDE69FA06E8E3B6CA686A22842B'));
    expect(file.toString()).toBe('x'.repeat(16));
  });

  it('table 5: a MAC over what stands before it', () => {
    const picc = readPiccData(zero, bytes('FD91EC264309878BE6345CBE53BADF40'));
    expect(picc).toMatchObject({ uid: bytes('04958CAA5C5E80'), counter: 8 });
    if (!picc) throw new Error('not read');
    expect(hex(sessionMacKey(zero, picc))).toBe('3ED0920E5E6A0320D823D5987FEAFBB1');
    const encrypted = 'CEE9A53E3E463EF1F459635736738962';
    expect(hex(sdmMac(zero, picc, Buffer.from(`${encrypted}&cmac=`)))).toBe('ECC1E7F6C6C73BF6');
    expect(readFileData(zero, picc, bytes(encrypted)).toString()).toBe('x'.repeat(16));
  });

  it('a plain mirror', () => {
    expect(hex(sdmMac(zero, piccOf('041E3C8A2D6B80', '060000')))).toBe('4B00064004B0B3D3');
  });

  it('as a station passes it on', () => {
    const keys: SunKeys = { meta: zero, fileOf: () => zero };
    const message = { picc: 'EF963FF7828658A599F3041510671E88', cmac: '94EED9EE65337086' };
    expect(verifySun(message, keys)).toEqual({ ok: true, uid: '04DE5F1EACC040', counter: 61 });
  });
});

describe('a message of a card', () => {
  const master = bytes('0F0E0D0C0B0A09080706050403020100');
  const card = new VirtualNtag('04DE5F1EACC040', sunKeys(master));
  const message = card.read();

  it('is verified with keys that are this card’s alone', () => {
    const keys = sunKeys(master);
    expect(verifySun(message, keys)).toEqual({ ok: true, uid: '04DE5F1EACC040', counter: 1 });
    expect(verifySun(card.read(), keys)).toMatchObject({ counter: 2 });
    expect(hex(keys.fileOf(bytes('04DE5F1EACC040')))).not.toBe(
      hex(keys.fileOf(bytes('04DE5F1EACC041'))),
    );
  });

  it('proves nothing under a wrong key', () => {
    const other = sunKeys(bytes('00'.repeat(16)));
    expect(verifySun(message, other)).toEqual({ ok: false, reason: 'unreadable' });
    const wrongFile: SunKeys = { meta: sunKeys(master).meta, fileOf: () => zero };
    expect(verifySun(message, wrongFile)).toEqual({ ok: false, reason: 'wrong-mac' });
  });

  it('proves nothing when it is cut short, or no hex', () => {
    for (const end of [0, 1, 15, 30, 31]) {
      const cut = { ...message, picc: message.picc.slice(0, end) };
      expect(verifySun(cut, sunKeys(master))).toEqual({ ok: false, reason: 'truncated' });
    }
    for (const cmac of ['', message.cmac.slice(2), `${message.cmac}00`, 'x'.repeat(16)]) {
      expect(verifySun({ ...message, cmac }, sunKeys(master))).toMatchObject({ ok: false });
    }
  });

  it('proves nothing with any bit changed', () => {
    for (const part of ['picc', 'cmac'] as const) {
      for (let bit = 0; bit < message[part].length * 4; bit += 1) {
        const forged = bytes(message[part]);
        forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const verdict = verifySun({ ...message, [part]: hex(forged) }, sunKeys(master));
        expect(verdict.ok, `${part} ${bit}`).toBe(false);
      }
    }
  });
});

describe("a card's counter", () => {
  const tap = (occurredMs: number, counter: number, station = 'a') => {
    return { occurredMs, station, epoch: 'e', seq: occurredMs, counter };
  };

  it('rises from tap to tap, by any steps', () => {
    expect(counterFaults([tap(1, 1), tap(2, 7), tap(3, 8)])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('tells a message that comes again, at the same station or at another', () => {
    expect(counterFaults([tap(1, 5), tap(9, 5), tap(10, 5, 'b')])).toEqual([
      undefined,
      'replayed',
      'replayed',
    ]);
  });

  it('tells one that runs backwards; what comes after it is not the worse for it', () => {
    expect(counterFaults([tap(1, 5), tap(2, 4), tap(3, 6)])).toEqual([
      undefined,
      'backwards',
      undefined,
    ]);
  });

  it('says the same in whatever order the taps arrive', () => {
    const tapOf = fc
      .tuple(fc.nat(20), fc.nat(8), fc.constantFrom('a', 'b'))
      .map(([ms, counter, station]) => tap(ms, counter, station));
    const taps = fc.uniqueArray(tapOf, {
      selector: ({ occurredMs, station }) => `${occurredMs} ${station}`,
    });
    fc.assert(
      fc.property(
        taps.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        ([all, shuffled]) => {
          const faults = new Map(
            shuffled.map((one, index) => [one, counterFaults(shuffled)[index]]),
          );
          expect(all.map((one) => faults.get(one))).toEqual(counterFaults(all));
        },
      ),
    );
  });
});
