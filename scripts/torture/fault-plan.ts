import { Random } from './random.ts';

/** What happens to a connection. The first four end it. */
export const faultKinds = [
  /** Reset, both sides hear of it. */
  'cut',
  /** One side is gone, and the other does not hear of it for a while. */
  'half-open',
  /** What the one side sends arrives, the answers are swallowed; then it is cut. */
  'lost-acknowledgement',
  /** It ends in the middle of an MQTT packet. */
  'truncated',
  /** Nothing is read for a while: what is sent piles up. */
  'frozen',
  /** Everything comes late and unevenly. */
  'delayed',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** How long its route is let alone before. */
  readonly afterMs: number;
  /** How long it lasts, where it lasts. */
  readonly holdMs: number;
  /** Which way is hit, or which side is gone: `up` is away from the client. */
  readonly direction: 'up' | 'down';
  /** From 0 to 1: which part of a packet still passes. */
  readonly part: number;
  readonly latencyMs: number;
  readonly jitterMs: number;
}

/** A connection that lasts longer than 5 s makes the client's next wait short again (`MqttBus`). */
const steadyMs = { min: 5_200, max: 8_000 };
const briefMs = { min: 100, max: 2_000 };
/** So many of the connections may become steady; without any, the clients' waits grow to half a minute. */
const steadyShare = 0.35;
/** Longer than the journal's and the broker's own pauses, shorter than a keepalive that would end it. */
const holdMs = { min: 700, max: 5_000 };

/**
 * The faults of one route, in order; a connection takes them one after the other until one ends it.
 * The kinds come as from a deck of cards, so that none is long in coming; the routes' first decks are
 * the same one, turned, so that three routes have met every kind after two faults each.
 */
export class FaultPlan {
  readonly #random: Random;
  readonly #deck: FaultKind[];
  #next: Fault;
  #sinceMs: number | undefined;

  /** @param route number of the route, from 0 */
  constructor(seed: string, route: number) {
    this.#random = new Random(`${seed}/route ${route}`);
    const first = new Random(`${seed}/first faults`).shuffled(faultKinds);
    const turn = (2 * route) % first.length;
    this.#deck = [...first.slice(turn), ...first.slice(0, turn)];
    this.#next = this.#draw(true);
  }

  get next(): Fault {
    return this.#next;
  }

  /**
   * How long a connection is to wait for the next fault. The route's time counts, not the connection's:
   * where programs are killed all the time, no connection might live to see a fault that comes late.
   */
  waitMs(): number {
    const nowMs = performance.now();
    this.#sinceMs ??= nowMs;
    return Math.max(briefMs.min, this.#sinceMs + this.#next.afterMs - nowMs);
  }

  /** The next one has really happened, and is over. */
  advance(): void {
    this.#next = this.#draw(false);
    this.#sinceMs = undefined;
  }

  #draw(isFirst: boolean): Fault {
    if (this.#deck.length === 0) this.#deck.push(...this.#random.shuffled(faultKinds));
    const random = this.#random;
    const wait = !isFirst && random.chance(steadyShare) ? steadyMs : briefMs;
    return {
      kind: this.#deck.shift() ?? 'cut',
      afterMs: random.between(wait.min, wait.max),
      holdMs: random.between(holdMs.min, holdMs.max),
      direction: random.chance(0.5) ? 'up' : 'down',
      part: random.next(),
      latencyMs: random.between(20, 300),
      jitterMs: random.between(0, 300),
    };
  }
}
