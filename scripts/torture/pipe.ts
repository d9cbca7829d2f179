import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a pipe does with what it reads. */
export type PipeMode =
  | { readonly kind: 'pass' }
  | { readonly kind: 'swallow'; readonly onBytes: () => void }
  | { readonly kind: 'late'; readonly lateMs: () => number; readonly onBytes: () => void }
  /** Passes the beginning of the next chunk only, and says whether it could leave anything away. */
  | { readonly kind: 'cut-short'; readonly part: number; readonly onCut: (hit: boolean) => void };

export const pass: PipeMode = { kind: 'pass' };

/** One direction of a connection: what `from` says is written to `to`, in order, or treated badly. */
export class Pipe {
  mode: PipeMode = pass;
  readonly #from: Socket;
  readonly #to: Socket;
  #isFrozen = false;
  #late: Promise<void> = Promise.resolve();
  #lateCount = 0;

  /** @param onRead told of every chunk as it was sent, whatever becomes of it */
  constructor(from: Socket, to: Socket, onRead: (chunk: Buffer) => void) {
    this.#from = from;
    this.#to = to;
    from.on('data', (chunk: Buffer) => {
      onRead(chunk);
      this.#take(chunk);
    });
    to.on('drain', () => {
      if (!this.#isFrozen) from.resume();
    });
  }

  /** Reads nothing any more; the kernel's buffers fill, and then the sender has to wait. */
  freeze(): void {
    this.#isFrozen = true;
    this.#from.pause();
  }

  thaw(): void {
    this.#isFrozen = false;
    this.#from.resume();
  }

  /** Whether something was sent that nobody has read yet. */
  get isHoldingUp(): boolean {
    return this.#isFrozen && this.#from.readableLength > 0;
  }

  /** Fulfils when all that was made late has been written. */
  settled(): Promise<void> {
    return this.#late;
  }

  #take(chunk: Buffer): void {
    const { mode } = this;
    switch (mode.kind) {
      case 'pass':
        if (this.#lateCount > 0) this.#writeLate(chunk, 0);
        else this.#write(chunk);
        return;
      case 'swallow':
        mode.onBytes();
        return;
      case 'late':
        mode.onBytes();
        this.#writeLate(chunk, mode.lateMs());
        return;
      case 'cut-short':
        this.#cutShort(chunk, mode.part, mode.onCut);
        return;
    }
  }

  #write(chunk: Buffer): void {
    if (this.#to.destroyed || this.#to.writableEnded) return;
    if (!this.#to.write(chunk)) this.#from.pause();
  }

  /** One after the other: the order of the bytes must not change, whatever the waits. */
  #writeLate(chunk: Buffer, lateMs: number): void {
    this.#lateCount += 1;
    const dueMs = performance.now() + lateMs;
    this.#late = this.#late.then(async () => {
      await delay(Math.max(0, dueMs - performance.now()));
      this.#write(chunk);
      this.#lateCount -= 1;
    });
  }

  #cutShort(chunk: Buffer, part: number, onCut: (hit: boolean) => void): void {
    this.mode = { kind: 'swallow', onBytes: () => undefined };
    const bytes = Math.min(packetBytes(chunk), chunk.length);
    if (bytes < 2) {
      onCut(false);
      return;
    }
    const kept = 1 + Math.floor(part * (bytes - 1));
    this.#to.write(chunk.subarray(0, kept), (error) => onCut(!error));
  }
}

/**
 * Length of the MQTT packet that a chunk begins with (MQTT 3.1.1 §2.2.3). Clients and brokers write
 * whole packets, so that a chunk that begins inside one is rare, and cut inside one all the same.
 */
function packetBytes(chunk: Buffer): number {
  let length = 0;
  for (let index = 1; index <= 4; index += 1) {
    const byte = chunk[index] ?? 0;
    length += (byte & 127) * 128 ** (index - 1);
    if (byte < 128) return 1 + index + length;
  }
  return chunk.length;
}
