import type { Neighbour } from '../relay/neighbours.ts';
import type { post } from './post.ts';

/** A TLS handshake over a bad mobile network takes four round trips of more than a second. */
const httpsTimeoutMs = 8_000;
/** On the local network it is the neighbour's way to the hub that takes time. */
const neighbourTimeoutMs = 5_000;
/** Neighbours that are asked at once; each attempt begins with others when there are more. */
const neighboursAtOnceMax = 8;

export interface WaysParts {
  readonly station: string;
  /** The hub's HTTPS endpoint, when there is one. */
  readonly hub: { readonly url: string; readonly ca?: string | undefined } | undefined;
  /** Who was found on the local network. */
  readonly neighbours: { list(): readonly Neighbour[]; look(): void } | undefined;
  /** The alarm-lane message of one entry, sealed now; undefined when the journal does not give it. */
  readonly sealed: (seq: number) => Uint8Array | undefined;
  readonly post: typeof post;
}

/** One entry of the alarm lane that is to be brought to the hub. */
export interface Errand {
  readonly seq: number;
  /** Whether what came back is the hub's word; nothing else is to be believed. */
  readonly accepts: (answer: Uint8Array) => boolean;
  /** Calls it off: whatever comes after that is looked at by nobody. */
  readonly signal: AbortSignal;
}

/** Undefined when the hub's word came; otherwise why it did not. */
export type Failure = string | undefined;

/** What leads to the hub beside the bus: its own door, and the neighbours. */
export class Ways {
  readonly #parts: WaysParts;

  constructor(parts: WaysParts) {
    this.#parts = parts;
  }

  /** Asks the local network who is there. */
  look(): void {
    this.#parts.neighbours?.look();
  }

  get hasHttps(): boolean {
    return this.#parts.hub !== undefined;
  }

  get hasNeighbours(): boolean {
    return this.#parts.neighbours !== undefined;
  }

  /** @returns whom to ask at this attempt, the first being 0 */
  neighboursFor(attempt: number): readonly Neighbour[] {
    const all = this.#parts.neighbours?.list() ?? [];
    const first = all.length === 0 ? 0 : (attempt * neighboursAtOnceMax) % all.length;
    return [...all.slice(first), ...all.slice(0, first)].slice(0, neighboursAtOnceMax);
  }

  async overHttps(errand: Errand): Promise<Failure> {
    const { hub, station } = this.#parts;
    if (hub === undefined) return 'not in the settings';
    const url = new URL(`/v1/station/${station}/alarm`, hub.url);
    return this.#ask(url, errand, { ca: hub.ca, timeoutMs: httpsTimeoutMs });
  }

  async throughNeighbour({ address, port }: Neighbour, errand: Errand): Promise<Failure> {
    const url = new URL(`http://${address}:${port}/v1/relay/alarm`);
    return this.#ask(url, errand, { timeoutMs: neighbourTimeoutMs });
  }

  /** Sealed anew each time: the message says when it was sent. */
  async #ask(
    url: URL,
    { seq, accepts, signal }: Errand,
    options: Omit<Parameters<typeof post>[2], 'signal'>,
  ): Promise<Failure> {
    const message = this.#parts.sealed(seq);
    if (message === undefined) return 'the journal does not give it';
    try {
      const { status, body } = await this.#parts.post(url, message, { ...options, signal });
      if (signal.aborted) return 'called off';
      if (status !== 200) return `answered ${status}`;
      return accepts(body) ? undefined : 'answered, but not for the hub';
    } catch (error) {
      return signal.aborted ? 'called off' : reasonOf(error);
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Nobody called it off, so its time was up: the word that Node has for both tells nothing.
  if (error.name === 'AbortError') return 'no answer in time';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
