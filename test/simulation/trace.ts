import { createHash } from 'node:crypto';
import type { VirtualTime } from './virtual-time.ts';

/** What happened in a world, line by line; its hash tells whether two worlds were the same. */
export class Trace {
  readonly counts = new Map<string, number>();
  readonly #time: VirtualTime;
  readonly #hash = createHash('sha256');
  readonly #tell: ((line: string) => void) | undefined;

  /** @param tell gets each line as it comes */
  constructor(time: VirtualTime, tell?: (line: string) => void) {
    this.#time = time;
    this.#tell = tell;
  }

  note(who: string, what: string): void {
    const line = `${(this.#time.now() / 1000).toFixed(3).padStart(9)} ${who.padEnd(9)} ${what}`;
    this.#hash.update(line).update('\n');
    this.#tell?.(line);
  }

  /** Something that a series of runs has to meet, and that is no fault. */
  met(who: string, kind: string, detail = ''): void {
    this.#count(kind);
    this.note(who, `${kind}${detail && ` ${detail}`}`);
  }

  #count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  /** A fault that really took effect. */
  fault(who: string, kind: string, detail = ''): void {
    this.#count(kind);
    this.note(who, `FAULT ${kind}${detail && ` ${detail}`}`);
  }

  /** For the reader only: what programs log holds paths of this machine. */
  aside(who: string, what: () => string): void {
    this.#tell?.(`${' '.repeat(9)} ${who.padEnd(9)} ${what()}`);
  }

  get isTold(): boolean {
    return this.#tell !== undefined;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}
