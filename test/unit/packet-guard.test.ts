import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketMeter, strangerPacketBytesMax } from '../../hub/bus/packet-guard.ts';
import { encodeMessage } from '../../shared/wire/codec.ts';
import { latchedAlarmsMax, sequenceMax } from '../../shared/wire/limits.ts';
import { header, packet } from '../support/raw-mqtt.ts';

const limitBytes = 3000;
const limit = (): number => limitBytes;

/** Types and flags, bodies of every length class up to the limit. */
const packets = fc.array(
  fc
    .tuple(
      fc.integer({ min: 0x10, max: 0xff }),
      fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: limitBytes })),
      fc.integer({ min: 0, max: 255 }),
    )
    .map(([first, length, filling]) => packet(first, Buffer.alloc(length, filling))),
  { maxLength: 8 },
);
/** Where a stream is cut: chunk lengths, used round and round. */
const cuts = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 20 });

function* split(stream: Buffer, lengths: readonly number[]): Generator<Buffer> {
  let at = 0;
  for (let turn = 0; at < stream.length; turn += 1) {
    const next = at + (lengths[turn % lengths.length] ?? 1);
    yield stream.subarray(at, next);
    at = next;
  }
}

/** @returns the fault, and how many bytes had been shown when it was found. */
function readAll(stream: Buffer, lengths: readonly number[], meter = new PacketMeter()) {
  let shown = 0;
  for (const chunk of split(stream, lengths)) {
    shown += chunk.length;
    const fault = meter.read(chunk, limit);
    if (fault !== undefined) return { fault, shown };
  }
  return { fault: undefined, shown };
}

describe('the packet meter', () => {
  it('lets every valid stream pass, however it is cut', () => {
    fc.assert(
      fc.property(packets, cuts, (stream, lengths) => {
        expect(readAll(Buffer.concat(stream), lengths).fault).toBeUndefined();
      }),
    );
  });

  it('finds a packet that is too large as soon as its header is there, however it is cut', () => {
    const tooLarge = fc.integer({ min: limitBytes + 1, max: 268_435_455 });
    fc.assert(
      fc.property(packets, tooLarge, cuts, (before, length, lengths) => {
        const start = Buffer.concat([...before, header(0x30, length)]);
        const stream = Buffer.concat([start, Buffer.alloc(1000)]);
        const { fault, shown } = readAll(stream, lengths);
        expect(fault).toBe(`announced a packet of ${length} bytes, ${limitBytes} are allowed`);
        expect(shown).toBeGreaterThanOrEqual(start.length);
        expect(shown - start.length).toBeLessThan(Math.max(...lengths));
      }),
    );
  });

  it.each([[1], [100]])(
    'refuses a length whose fourth byte promises a fifth, %i at a time',
    (step) => {
      const stream = Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01]);
      expect(readAll(stream, [step]).fault).toBe('sent a packet length without an end');
    },
  );

  it('reads a length that is written with more bytes than it needs', () => {
    const stream = Buffer.from([0x30, 0x82, 0x80, 0x80, 0x00, 1, 2, 0xc0, 0]);
    expect(readAll(stream, [1]).fault).toBeUndefined();
  });

  it('asks for the limit at each header', () => {
    const meter = new PacketMeter();
    const larger = packet(0x30, Buffer.alloc(500));
    expect(meter.read(larger, () => 500)).toBeUndefined();
    expect(meter.read(larger, () => 499)).toBeDefined();
  });
});

it('leaves a stranger room for the largest will that a station has', () => {
  const epoch = `ep-${'z'.repeat(16)}`;
  const will = encodeMessage(Buffer.alloc(32).toString('base64url'), {
    v: 1,
    kind: 'presence',
    station: 'st-00000001',
    session: `se-${'z'.repeat(12)}`,
    online: false,
    sinceMs: Number.MAX_SAFE_INTEGER,
    epoch,
    latched: Array.from({ length: latchedAlarmsMax }, () => ({ epoch, seq: sequenceMax })),
  });
  expect(will.length).toBeLessThan(strangerPacketBytesMax / 2);
});
