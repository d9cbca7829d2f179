/** Crockford's base 32, as in shared/ids.ts. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** The one source of chance in a simulated world: the same seed gives the same world (sfc32). */
export class Random {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    this.#state = Uint32Array.of(0x9e3779b9, 0x243f6a88, seed >>> 0, 1);
    for (let round = 0; round < 16; round += 1) this.next();
  }

  /** @returns a number from 0, 1 excluded. */
  next(): number {
    const [a = 0, b = 0, c = 0, count = 0] = this.#state;
    const sum = (a + b + count) | 0;
    this.#state.set([b ^ (b >>> 9), c + (c << 3), ((c << 21) | (c >>> 11)) + sum, count + 1]);
    return (sum >>> 0) / 2 ** 32;
  }

  /** @returns a whole number, both bounds included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @throws RangeError when there is nothing to pick from. */
  pick<T>(list: readonly T[]): T {
    const index = this.between(0, list.length - 1);
    const [picked] = list.slice(index, index + 1);
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  }

  /** @returns an id as shared/ids.ts makes them. */
  id(prefix: string, length: number): string {
    return `${prefix}-${Array.from({ length }, () => alphabet[this.between(0, 31)]).join('')}`;
  }
}
