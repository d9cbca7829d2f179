import { type Bus, type BusHandler, type BusListener, BusOffline } from '../../shared/bus/bus.ts';
import { matches } from '../../shared/bus/mqtt-bus.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { VirtualBroker } from './virtual-broker.ts';
import { abandoned } from './virtual-bus.ts';

/** The hub's bus when the broker runs in the hub's own process: a PUBACK means "committed". */
export class VirtualEmbeddedBus implements Bus {
  readonly #broker: VirtualBroker;
  readonly #process: SimulatedProcess;
  readonly #subscriptions: { filters: readonly string[]; handler: BusHandler }[] = [];

  constructor(broker: VirtualBroker, process: SimulatedProcess) {
    this.#broker = broker;
    this.#process = process;
  }

  subscribe(filters: readonly string[], handler: BusHandler): void {
    this.#subscriptions.push({ filters, handler });
  }

  async start(listener: BusListener): Promise<void> {
    this.#broker.isUp = true;
    this.#broker.authority = async (packet) => {
      if (!this.#process.alive) throw new BusOffline();
      for (const { filters, handler } of this.#subscriptions) {
        if (filters.some((filter) => matches(filter, packet.topic))) await handler(packet);
      }
      if (!this.#process.alive) throw new BusOffline();
    };
    listener.onConnection?.(true);
  }

  publish(topic: string, payload: Uint8Array, { retain = false } = {}): Promise<void> {
    if (!this.#process.survives('publish')) return abandoned();
    this.#broker.publish(topic, Buffer.from(payload), retain);
    return this.#process.survives('published') ? Promise.resolve() : abandoned();
  }

  async stop(): Promise<void> {
    this.#broker.crash();
  }
}
