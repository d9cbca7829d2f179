import type { Bus, BusHandler, BusListener } from '../../shared/bus/bus.ts';
import { matches } from '../../shared/bus/mqtt-bus.ts';

/** A bus inside the test: what the station publishes goes to `onPublish`, `deliver` brings it messages. */
export class MemoryBus implements Bus {
  readonly #subscriptions: { filters: readonly string[]; handler: BusHandler }[] = [];
  readonly #onPublish: (payload: Uint8Array) => void;
  #listener: BusListener = {};
  #stopped = false;

  constructor(onPublish: (payload: Uint8Array) => void) {
    this.#onPublish = onPublish;
  }

  subscribe(filters: readonly string[], handler: BusHandler): void {
    this.#subscriptions.push({ filters, handler });
  }

  async start(listener: BusListener): Promise<void> {
    this.#listener = listener;
    this.#listener.onConnection?.(true);
  }

  async publish(_topic: string, payload: Uint8Array): Promise<void> {
    // Later, as on a wire: what the station does in this turn is done first.
    setImmediate(() => this.#stopped || this.#onPublish(payload));
  }

  async deliver(topic: string, payload: Uint8Array): Promise<void> {
    if (this.#stopped) return;
    for (const { filters, handler } of this.#subscriptions) {
      if (filters.some((filter) => matches(filter, topic)))
        await handler({ topic, payload, retained: false });
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#listener.onConnection?.(false);
  }
}
