import type { Neighbour, Neighbours, OwnRelay } from './neighbours.ts';

/** A local network inside one process: what is announced there is heard at once. */
export class VirtualStreet {
  readonly relays = new Map<string, Neighbour>();
}

/** Neighbours of a station on a virtual street, all on this machine. */
export class VirtualNeighbours implements Neighbours {
  readonly #street: VirtualStreet;
  #own: OwnRelay | undefined;

  constructor(street: VirtualStreet) {
    this.#street = street;
  }

  start(own: OwnRelay): void {
    this.#own = own;
    this.#street.relays.set(own.station, { ...own, address: '127.0.0.1' });
  }

  look(): void {}

  list(): readonly Neighbour[] {
    return [...this.#street.relays.values()].filter(
      ({ station }) => station !== this.#own?.station,
    );
  }

  async stop(): Promise<void> {
    if (this.#own) this.#street.relays.delete(this.#own.station);
    this.#own = undefined;
  }
}
