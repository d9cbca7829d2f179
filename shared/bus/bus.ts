/** The bus as both programs see it: topics, bytes, and a promise that means what it says. */

export interface BusMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** It was said before this subscription, and kept by the broker for who comes later. */
  readonly retained: boolean;
}

/**
 * Takes one message. The bus acknowledges the message to its sender (MQTT 3.1.1 §4.3.2, PUBACK)
 * only after the promise fulfils; when it rejects, the bus drops the connection that brought the
 * message, so that it is delivered again.
 */
export type BusHandler = (message: BusMessage) => Promise<void>;

export interface BusListener {
  /** Called with true after each (re)connection, subscriptions in place, and with false when it is lost. */
  onConnection?(connected: boolean): void;
  /** Trouble that needs no action here, such as a refused connection attempt: for the log. */
  onTrouble?(detail: string): void;
}

/** QoS 1 throughout: at least once, in order per sender. */
export interface Bus {
  /** Starts to connect and returns at once; `onConnection` tells how it went. Fails only on bad options. */
  start(listener: BusListener): Promise<void>;
  /** Subscribes now and after every reconnection. Call before `start`. */
  subscribe(filters: readonly string[], handler: BusHandler): void;
  /**
   * Hands a message to the broker. Rejects with `BusOffline` when there is no connection: callers
   * keep what they must not lose and send it again, the bus keeps no queue of its own.
   */
  publish(topic: string, payload: Uint8Array, options?: { retain?: boolean }): Promise<void>;
  /** Something urgent waits: the next attempt to connect, if one is waited for, is made now. */
  hurry?(): void;
  /** Ends the connection in good order (no will is sent) and waits for handlers that still run. */
  stop(): Promise<void>;
}

/** A message that the broker publishes, retained, when this connection is lost without notice. */
export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
}

export class BusOffline extends Error {
  override readonly name = 'BusOffline';
  constructor() {
    super('not connected to the broker');
  }
}
