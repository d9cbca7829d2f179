import type { Random } from './random.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One way through the network takes so long, and now and then much longer. */
const delayMs = { least: 1, most: 40, slowMost: 3_000, slowOneIn: 40 };

interface Parcel {
  readonly deliver: () => void;
  readonly what: string;
}

/** One direction of a connection: bytes come late or not at all, but never out of order (TCP). */
export class Link {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #held: Parcel[] = [];
  readonly #flying = new Set<Parcel & { callOff: () => void }>();
  #lastMs = 0;
  #isHeld = false;
  #cut = false;

  constructor(time: VirtualTime, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  /** @param what names it, should it be lost */
  send(deliver: () => void, what = ''): void {
    if (this.#cut) return;
    if (this.#isHeld) {
      this.#held.push({ deliver, what });
      return;
    }
    const { least, most, slowMost, slowOneIn } = delayMs;
    const slow = this.#random.between(1, slowOneIn) === 1;
    const arrivesMs = this.#time.now() + this.#random.between(least, slow ? slowMost : most);
    this.#lastMs = Math.max(this.#lastMs, arrivesMs);
    const flight = { deliver, what, callOff: () => {} };
    flight.callOff = this.#time.after(this.#lastMs - this.#time.now(), () => {
      this.#flying.delete(flight);
      if (this.#isHeld) this.#held.push({ deliver, what });
      else deliver();
    });
    this.#flying.add(flight);
  }

  /** A partition begins: what is under way waits, for TCP to send it again. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    for (const { deliver, what } of this.#held.splice(0)) this.send(deliver, what);
  }

  /** Nothing more arrives. @returns what was lost. */
  cut(): string[] {
    this.#cut = true;
    const lost = [...this.#flying, ...this.#held].map(({ what }) => what);
    for (const { callOff } of this.#flying) callOff();
    this.#flying.clear();
    this.#held.length = 0;
    return lost;
  }
}
