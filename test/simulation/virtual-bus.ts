import { backoff, reconnectLimits } from '../../shared/bus/backoff.ts';
import {
  type Bus,
  type BusHandler,
  type BusListener,
  BusOffline,
  type Will,
} from '../../shared/bus/bus.ts';
import { matches } from '../../shared/bus/mqtt-bus.ts';
import type { Random } from './random.ts';
import { Crashed, type SimulatedProcess } from './simulated-process.ts';
import type { Connection, Packet, VirtualBroker } from './virtual-broker.ts';

export interface VirtualBusOptions {
  readonly id: string;
  readonly clean: boolean;
  readonly will?: () => Will;
  readonly broker: VirtualBroker;
  readonly process: SimulatedProcess;
  readonly random: Random;
}

/** A connection attempt that nobody answers is given up after so long. */
const connectTimeoutMs = 10_000;
const connectMs = 30;
/** A connection that lasted so long was a good one, as MqttBus has it. */
const steadyAfterMs = 5_000;

/** What a dead program waits for: nothing more comes, and nobody is told. */
export const abandoned = <T = void>(): Promise<T> => new Promise(() => {});

/** The bus as MqttBus has it, over a virtual network: a connection of its own each time, one message at a time. */
export class VirtualBus implements Bus {
  readonly #options: VirtualBusOptions;
  readonly #subscriptions: { filters: readonly string[]; handler: BusHandler }[] = [];
  readonly #unacknowledged = new Set<() => void>();
  #listener: BusListener = {};
  #connection: Connection | undefined;
  #ready = false;
  #stopped = true;
  #openedMs = 0;
  #waits: Generator<number, never>;
  #handling: Promise<void> = Promise.resolve();

  constructor(options: VirtualBusOptions) {
    this.#options = options;
    this.#waits = this.#freshWaits();
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  subscribe(filters: readonly string[], handler: BusHandler): void {
    this.#subscriptions.push({ filters, handler });
  }

  async start(listener: BusListener): Promise<void> {
    this.#listener = listener;
    this.#stopped = false;
    this.#open();
  }

  publish(topic: string, payload: Uint8Array, { retain = false } = {}): Promise<void> {
    const { broker, process } = this.#options;
    if (!process.survives('publish')) return abandoned();
    const connection = this.#connection;
    if (connection === undefined || !this.#ready) return Promise.reject(new BusOffline());
    const done = new Promise<void>((resolve, reject) => {
      const fail = (): void => reject(new BusOffline());
      this.#unacknowledged.add(fail);
      const acknowledged = (): void =>
        process.enter(() => {
          this.#unacknowledged.delete(fail);
          resolve();
        });
      connection.up.send(() =>
        broker.take(connection, topic, Buffer.from(payload), retain, () =>
          connection.down.send(acknowledged),
        ),
      );
    });
    if (process.survives('published')) return done;
    done.catch(() => undefined); // whoever waited for it is gone
    return abandoned();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const connection = this.#connection;
    await this.#handling;
    if (connection !== undefined) connection.up.send(() => this.#options.broker.left(connection));
    this.#lost();
  }

  /** The client has noticed that its connection is gone. */
  notice(): void {
    this.#connection?.down.cut();
    this.#lost();
    this.#again();
  }

  #open(): void {
    const { broker, process, id, will } = this.#options;
    const last = will?.();
    this.#openedMs = process.timers.now();
    process.timers.after(connectMs, () => {
      if (!broker.isReachable(id)) {
        const waitMs = broker.isUp ? connectTimeoutMs : 0;
        this.#listener.onTrouble?.('the broker does not answer');
        process.timers.after(waitMs, () => this.#again());
        return;
      }
      this.#connect(last);
    });
  }

  #connect(last: Will | undefined): void {
    const { broker, process, id, clean } = this.#options;
    if (this.#stopped) return;
    const filters = this.#subscriptions.flatMap((subscription) => [...subscription.filters]);
    const connection = broker.connect(id, clean, filters, last, {
      receive: (packet, acknowledge) =>
        process.enter(() => this.#receive(connection, packet, acknowledge)),
      closed: () =>
        process.enter(() => {
          if (this.#connection === connection) this.notice();
        }),
    });
    this.#connection = connection;
    connection.down.send(() =>
      process.enter(() => {
        if (this.#connection !== connection) return;
        this.#ready = true;
        this.#listener.onConnection?.(true);
      }),
    );
    broker.sendRetained(connection);
  }

  #receive(connection: Connection, packet: Packet, acknowledge: () => void): void {
    if (this.#stopped || this.#connection !== connection) return;
    this.#handling = this.#handling.then(() => this.#handle(connection, packet, acknowledge));
  }

  async #handle(connection: Connection, packet: Packet, acknowledge: () => void): Promise<void> {
    if (this.#connection !== connection) return;
    try {
      for (const { filters, handler } of this.#subscriptions) {
        if (filters.some((filter) => matches(filter, packet.topic))) await handler(packet);
      }
      if (this.#options.process.alive) acknowledge();
    } catch (error) {
      if (error instanceof Crashed || !this.#options.process.alive) return;
      this.#options.process.log.error({ err: error }, 'a message could not be taken');
      connection.up.send(() => this.#options.broker.lost(connection));
      this.notice();
    }
  }

  #lost(): void {
    const wasReady = this.#ready;
    this.#connection = undefined;
    this.#ready = false;
    for (const fail of [...this.#unacknowledged]) fail();
    this.#unacknowledged.clear();
    if (wasReady) this.#listener.onConnection?.(false);
  }

  #again(): void {
    const { process } = this.#options;
    if (this.#stopped) return;
    if (process.timers.now() - this.#openedMs > steadyAfterMs) this.#waits = this.#freshWaits();
    process.timers.after(this.#waits.next().value, () => this.#open());
  }

  #freshWaits(): Generator<number, never> {
    return backoff(reconnectLimits, () => this.#options.random.next());
  }
}
