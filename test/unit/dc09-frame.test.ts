import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeFrame,
  type Encryption,
  encodeFrame,
  type Frame,
} from '../../hub/notify/dc09/frame.ts';
import { FrameSplitter } from '../../hub/notify/dc09/frame-splitter.ts';
import { encrypt, frameOf, parseFrame, readClock, writeTime } from '../support/dc09-frames.ts';

const atMs = Date.UTC(2026, 8, 25, 14, 12, 4);
const base = { receiver: '0', line: '0', account: '1234', atMs };

/** As measured (FACTS of the issue): one of each kind. */
const plainFrames: [string, Frame][] = [
  [
    '\nD45F003B"SIA-DCS"0001R0L0#1234[#1234|Nri1/PA01]_14:12:04,09-25-2026\r',
    { ...base, id: 'SIA-DCS', sequence: 1, data: '#1234|Nri1/PA01' },
  ],
  [
    '\n85A0003D"ADM-CID"0003R0L0#1234[#1234|1120 01 001]_14:12:04,09-25-2026\r',
    { ...base, id: 'ADM-CID', sequence: 3, data: '#1234|1120 01 001' },
  ],
  [
    '\n621B0029"NULL"0000R0L0#1234[]_14:12:04,09-25-2026\r',
    { ...base, id: 'NULL', sequence: 0, data: '' },
  ],
  [
    '\nDBE70014"ACK"0001R0L0#1234[]\r',
    { ...base, id: 'ACK', sequence: 1, data: '', atMs: undefined },
  ],
];

const key128 = Buffer.from('00112233445566778899AABBCCDDEEFF', 'hex');
const key192 = Buffer.concat([key128, key128.subarray(0, 8)]);
const key256 = Buffer.concat([key128, key128]);

/** The cipher text is OpenSSL's (`openssl enc -aes-N-cbc -iv 0 -nopad`), padded with P. */
const encryptedFrames: [string, Buffer, Frame][] = [
  [
    '\n0D830078"*SIA-DCS"0001R0L0#1234[45CB89BF896AB83734C26CA69F5B45BD9440310FCC48CF1BC3DF845419DB250DCE4405514784B4DF06F085124A37D601\r',
    key128,
    { ...base, id: 'SIA-DCS', sequence: 1, data: '#1234|Nri1/PA01' },
  ],
  [
    '\nF9A60078"*ADM-CID"0003R0L0#1234[ECA7252042A8487C9658C3E0E4779BDA63FA68BD0A5BC60A1131947CD59E90C43AEC620412FBE711D1BA196654C1D61A\r',
    key192,
    { ...base, id: 'ADM-CID', sequence: 3, data: '#1234|1120 01 001' },
  ],
  [
    '\n1FED0055"*NULL"0000R0L0#1234[7C5A22C600CB31342E9262099E3334B8FDFE6DC97BECEE1DA07C7D9958A9C41F\r',
    key256,
    { ...base, id: 'NULL', sequence: 0, data: '' },
  ],
];
const padWithP = (characters: number): string => 'P'.repeat(characters);
const read = (text: string, key?: Buffer) => decodeFrame(Buffer.from(text, 'latin1'), key);

describe('frames of DC-09', () => {
  it.each(plainFrames)('encode and decode %j byte for byte', (text, frame) => {
    expect(encodeFrame(frame).toString('latin1')).toBe(text);
    expect(read(text)).toEqual({ ok: true, frame, sealed: undefined });
  });

  it.each(encryptedFrames)('encode and decode %j byte for byte', (text, key, frame) => {
    expect(encodeFrame(frame, { key, pad: padWithP }).toString('latin1')).toBe(text);
    expect(read(text, key)).toEqual({
      ok: true,
      frame,
      sealed: {
        bytes: (/\[([0-9A-F]+)/.exec(text)?.[1]?.length ?? 0) / 2,
        padding: expect.stringMatching(/^P+$/),
      },
    });
  });

  it('read a NAK, which names no account and brings the time', () => {
    const text = frameOf('"NAK"0000R0L0A0[]_14:12:04,09-25-2026');
    const frame = { ...base, id: 'NAK', sequence: 0, account: undefined, data: '' };
    expect(decodeFrame(text)).toEqual({ ok: true, frame, sealed: undefined });
    expect(encodeFrame(frame as Frame)).toEqual(text);
  });

  it.each([
    ['padding and no bar', ']_14:12:04,09-25-2026'],
    ['padding and a bar', '|]_14:12:04,09-25-2026'],
  ])('read an encrypted ACK with %s', (_, plain) => {
    const text = frameOf(`"*ACK"0001L0#1234[${encrypt(plain, key128)}`);
    const decoded = decodeFrame(text, key128);
    const frame = { ...base, id: 'ACK', sequence: 1, receiver: undefined, data: '' };
    const sealed = { bytes: 32, padding: expect.stringMatching(/^\d{10,11}$/) };
    expect(decoded).toEqual({ ok: true, frame, sealed });
  });

  it('read what may follow the data', () => {
    const text = frameOf('"ACK"0001R0L0#1234[][Vmore][Mmore]_14:12:04,09-25-2026');
    expect(decodeFrame(text)).toMatchObject({ ok: true, frame: { sequence: 1, atMs } });
  });
});

const hex = (most: number, least = 1) =>
  fc
    .array(fc.constantFrom(...'0123456789ABCDEF'), { minLength: least, maxLength: most })
    .map((digits) => digits.join(''));
const dataText = fc
  .array(
    fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    { minLength: 1, maxLength: 120 },
  )
  .map((characters) => characters.join('').replace(/[[\]"]/g, '.'));
const frames = fc.record({
  id: fc.constantFrom('SIA-DCS' as const, 'ADM-CID' as const, 'NULL' as const, 'ACK' as const),
  sequence: fc.integer({ min: 0, max: 9999 }),
  receiver: hex(6),
  line: hex(6),
  account: hex(16, 3),
  data: fc.oneof(fc.constant(''), dataText),
  atMs: fc
    .integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2099, 11, 31) / 1000 })
    .map((seconds) => seconds * 1000),
});
const keys = fc.constantFrom(key128, key192, key256);

describe('any frame', () => {
  const expectParts = (frame: Frame, encryption?: Encryption): void => {
    const parsed = parseFrame(encodeFrame(frame, encryption), encryption?.key);
    if (typeof parsed === 'string') throw new Error(parsed);
    const { id, receiver, line, account, data } = frame;
    expect(parsed).toMatchObject({ id, receiver, line, account, data });
    expect(Number(parsed.sequence)).toBe(frame.sequence);
    expect(readClock(parsed.time)).toBe(frame.atMs);
    expect(parsed.isEncrypted).toBe(encryption !== undefined);
    if (encryption) expect(parsed.padding).toMatch(/^P{1,16}$/);
  };

  it("is what a receiver's own parser reads", () => {
    fc.assert(fc.property(frames, (frame) => expectParts(frame)));
  });

  it("is what a receiver's own decryption reads, padded in front by 1 to 16 characters", () => {
    fc.assert(
      fc.property(frames, keys, (frame, key) => expectParts(frame, { key, pad: padWithP })),
    );
  });

  it('comes back as it was', () => {
    fc.assert(
      fc.property(frames, fc.option(keys, { nil: undefined }), (frame, key) => {
        const bytes = encodeFrame(frame, key && { key, pad: padWithP });
        const sealed = key === undefined ? undefined : expect.anything();
        expect(decodeFrame(bytes, key)).toEqual({ ok: true, frame, sealed });
      }),
    );
  });

  it('is refused with a reason when any one bit of it is another', () => {
    fc.assert(
      fc.property(frames, keys, fc.nat(), (frame, key, place) => {
        const bytes = encodeFrame(frame, { key, pad: padWithP });
        const bit = place % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const decoded = decodeFrame(bytes, key);
        // The digits of CRC and length may change their case: that is the same number.
        const isSameNumber = (bit & 7) === 5 && bit >> 3 >= 1 && bit >> 3 <= 8;
        if (!isSameNumber) expect(decoded.ok).toBe(false);
      }),
    );
  });
});

describe('what is no frame', () => {
  it('is never an exception, but a reason in one line', () => {
    const bodies = fc.string({ unit: 'binary-ascii', maxLength: 80 }).map((text) => frameOf(text));
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      bodies,
      hex(96, 32).map((text) => frameOf(`"*ACK"0001R0L0#1234[${text}`)),
    );
    fc.assert(
      fc.property(anything, keys, (bytes, key) => {
        const decoded = decodeFrame(bytes, key);
        expect(decoded.ok ? '' : decoded.reason).not.toMatch(/[\r\n]/);
      }),
    );
  });

  it.each([
    ['', 'what came is no frame: LF, CRC, length … CR'],
    ['HTTP/1.1 400 Bad Request\r', 'what came is no frame: LF, CRC, length … CR'],
    ['\nDBE70014"ACK"0001R0L0#1234[]', 'what came is no frame: LF, CRC, length … CR'],
    ['\nDBE70015"ACK"0001R0L0#1234[]\r', 'the frame announces 21 characters, not 20'],
    ['\nDBE80014"ACK"0001R0L0#1234[]\r', "the frame's CRC is DBE7, not DBE8"],
    [framed('"ACK"1R0L0#1234[]'), 'the frame is not "id", sequence, R, L, # and account, [data]'],
    [framed('"RSP"0001R0L0#1234[]'), "the frame's id RSP is unknown"],
    [framed('"ACK"0001R0L0#1234[a[b]'), 'the brackets or what follows them are wrong'],
    [framed('"ACK"0001R0L0#1234[]_24:00:00,02-03-2026'), 'the frame carries no real time'],
    [framed('"ACK"0001R0L0#1234[]_12:00:00,02-31-2026'), 'the frame carries no real time'],
    [framed('"*ACK"0001R0L0#1234[00'), 'the frame is encrypted, and no key is set here'],
  ])('%j: %s', (text, reason) => {
    expect(read(text)).toEqual({ ok: false, reason });
  });

  it.each([
    [
      framed('"*ACK"0001R0L0#1234[00'),
      'the encrypted part is not whole blocks in hexadecimal digits',
    ],
    [
      framed('"*ACK"0001R0L0#1234['),
      'the encrypted part is not whole blocks in hexadecimal digits',
    ],
    [
      encryptedFrames[2]?.[0] ?? '',
      'the encrypted part cannot be read with the key that is set here',
    ],
    [
      framed(`"*ACK"0001R0L0#1234[${encrypt(']', key128)}`),
      'the encrypted part cannot be read with the key that is set here',
    ],
  ])('%j with a key: %s', (text, reason) => {
    expect(read(text, key128)).toEqual({ ok: false, reason });
  });

  it('is not sent either: such a frame is a mistake of the caller', () => {
    const frame: Frame = { ...base, id: 'SIA-DCS', sequence: 1, data: 'x' };
    const encryption = { key: key128, pad: padWithP };
    expect(() => encodeFrame({ ...frame, data: 'a]b' })).toThrow(RangeError);
    expect(() => encodeFrame({ ...frame, data: '求助' })).toThrow(RangeError);
    expect(() => encodeFrame({ ...frame, sequence: 10_000 })).toThrow(RangeError);
    expect(() => encodeFrame({ ...frame, data: 'x'.repeat(4_100) })).toThrow(RangeError);
    expect(() => encodeFrame({ ...frame, atMs: undefined }, encryption)).toThrow(RangeError);
  });
});

describe('frames in a stream', () => {
  const split = (chunks: readonly Buffer[]): string[] => {
    const splitter = new FrameSplitter();
    return chunks.flatMap((chunk) => splitter.push(chunk)).map((piece) => piece.toString('latin1'));
  };

  it('are found however the stream is cut', () => {
    const texts = plainFrames.map(([text]) => text);
    const stream = Buffer.from(texts.join(''), 'latin1');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (lengths) => {
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const length = lengths[turn % lengths.length] ?? 1;
          chunks.push(stream.subarray(at, at + length));
          at += length;
        }
        expect(split(chunks)).toEqual(texts);
      }),
    );
  });

  it('are found behind half a frame and behind noise', () => {
    const [whole = ''] = plainFrames[3] ?? [];
    const stream = Buffer.from(`noise${whole.slice(0, 9)}${whole}more\r${whole}`, 'latin1');
    expect(split([stream])).toEqual([whole, 'more\r', whole]);
  });
});

it('the two ways to write a time agree', () => {
  expect(readClock(writeTime(atMs))).toBe(atMs);
});

function framed(body: string): string {
  return frameOf(body).toString('latin1');
}
