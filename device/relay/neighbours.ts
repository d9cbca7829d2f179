/** A station on the same local network that relays alarms. Whoever it really is, it can forge nothing. */
export interface Neighbour {
  readonly station: string;
  /** IPv4. */
  readonly address: string;
  readonly port: number;
}

/** Where the relay of this station listens. */
export interface OwnRelay {
  readonly station: string;
  readonly port: number;
}

/** Finds the relays on the local network, and lets itself be found. */
export interface Neighbours {
  /** Announces this station's relay and looks for others from now on. */
  start(own: OwnRelay): void;
  /** Asks the network now. */
  look(): void;
  /** Who was heard of lately, this station excepted. */
  list(): readonly Neighbour[];
  /** Says good-bye, so that nobody waits for this one. */
  stop(): Promise<void>;
}
