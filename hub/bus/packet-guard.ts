import type { Socket } from 'node:net';
import { messageBytesMax } from '../../shared/wire/limits.ts';

/**
 * One packet of a connection that is not a station's, or not yet: a CONNECT, or a feed reader's
 * SUBSCRIBE. The largest thing in a CONNECT is the will, which is a presence message: with every
 * alarm latched that can be, about 4 KiB.
 */
export const strangerPacketBytesMax = 16 * 1024;

/** The longest topic with its length (MQTT 3.1.1 §1.5.3), and the packet identifier. */
const publishOverheadBytes = 2 + 65_535 + 2;

/**
 * One packet of a station. Twice the largest message, so that one that is too large for the wire
 * but was sent in good faith is still received whole, refused and counted, instead of being sent
 * again after each reconnection.
 */
export const stationPacketBytesMax = 2 * messageBytesMax + publishOverheadBytes;

/** "The maximum number of bytes in the Remaining Length field is four" (MQTT 3.1.1 §2.2.3). */
const lengthBytesMax = 4;

/** Follows the fixed headers (MQTT 3.1.1 §2.2) of one connection's bytes, however they are cut. */
export class PacketMeter {
  /** Bytes still to come of the packet whose header is read. */
  #bodyBytes = 0;
  /** Bytes read of the header that is being read; 0 between packets. */
  #headerBytes = 0;
  #remainingLength = 0;

  /**
   * @param limitBytes asked at each header: what a packet may announce at this moment
   * @returns what is wrong with the stream, or undefined; after a fault the rest means nothing
   */
  read(chunk: Uint8Array, limitBytes: () => number): string | undefined {
    let at = 0;
    while (at < chunk.length) {
      const skipped = Math.min(this.#bodyBytes, chunk.length - at);
      this.#bodyBytes -= skipped;
      at += skipped;
      const byte = chunk[at];
      if (byte === undefined) return undefined;
      at += 1;
      const fault = this.#readHeaderByte(byte, limitBytes);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** One byte of type and flags, then the remaining length: seven bits a byte, lowest first (MQTT 3.1.1 §2.2.3). */
  #readHeaderByte(byte: number, limitBytes: () => number): string | undefined {
    const place = this.#headerBytes - 1;
    this.#headerBytes += 1;
    if (place < 0) {
      this.#remainingLength = 0;
      return undefined;
    }
    this.#remainingLength += (byte & 0x7f) * 128 ** place;
    if ((byte & 0x80) !== 0) {
      return this.#headerBytes > lengthBytesMax ? 'sent a packet length without an end' : undefined;
    }
    this.#headerBytes = 0;
    this.#bodyBytes = this.#remainingLength;
    const limit = limitBytes();
    return this.#remainingLength > limit
      ? `announced a packet of ${this.#remainingLength} bytes, ${limit} are allowed`
      : undefined;
  }
}

/**
 * Destroys a connection that announces a packet above the limit: aedes' parser would collect it in
 * memory up to its announced end, 256 MiB at most, whoever sends it. Call it once the socket has
 * its reader: a reader's `read()` emits `data` before it returns the bytes, so the guard sees them
 * first and takes none away.
 */
export function guardPackets(socket: Socket, limitBytes: () => number): void {
  const meter = new PacketMeter();
  socket.on('data', (chunk: Buffer) => {
    const fault = meter.read(chunk, limitBytes);
    if (fault !== undefined) socket.destroy(new Error(fault));
  });
}
