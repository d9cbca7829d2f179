import { Socket } from 'node:net';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { Log } from '../log.ts';
import { backoff, reconnectLimits } from './backoff.ts';
import {
  type Bus,
  type BusHandler,
  type BusListener,
  type BusMessage,
  BusOffline,
  type Will,
} from './bus.ts';

export interface MqttBusOptions {
  /** mqtt://host:port or mqtts://host:port */
  readonly url: string;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM text of the authority that signed the broker's certificate. */
  readonly ca?: string;
  /** false keeps a session at the broker, so that what was not acknowledged is delivered again. */
  readonly clean?: boolean;
  /** Asked anew before each connection. */
  readonly will?: () => Will;
  readonly log: Log;
  readonly random?: () => number;
}

const connectTimeoutMs = 10_000;
/** A dead peer is noticed after one and a half of it (MQTT 3.1.1 §3.1.2.10). */
const keepaliveSeconds = 15;
/** How long a good-bye may take before the socket is cut. */
const stopTimeoutMs = 2_000;
/** A connection that lasted so long was a good one: the next wait is short again. */
const steadyAfterMs = 5_000;

interface Subscription {
  readonly filters: readonly string[];
  readonly handler: BusHandler;
}

/**
 * The bus over MQTT.js, MQTT 3.1.1. Each connection is a client of its own: no message lingers in a
 * library's store to be sent behind our back, and each connection has a will of its own.
 */
export class MqttBus implements Bus {
  readonly #options: MqttBusOptions;
  readonly #subscriptions: Subscription[] = [];
  readonly #unacknowledged = new Set<(error: Error) => void>();
  #waits: Generator<number, never>;
  #listener: BusListener = {};
  #client: MqttClient | undefined;
  #ready = false;
  #retry: NodeJS.Timeout | undefined;
  #stopped = true;
  #handling: Promise<void> = Promise.resolve();

  constructor(options: MqttBusOptions) {
    this.#options = options;
    this.#waits = this.#freshWaits();
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
    const client = this.#client;
    if (client === undefined || !this.#ready) return Promise.reject(new BusOffline());
    return new Promise((resolve, reject) => {
      this.#unacknowledged.add(reject);
      client.publish(topic, Buffer.from(payload), { qos: 1, retain }, (error) => {
        this.#unacknowledged.delete(reject);
        if (error) reject(new BusOffline());
        else resolve();
      });
    });
  }

  hurry(): void {
    if (this.#retry === undefined) return;
    clearTimeout(this.#retry);
    this.#open();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const client = this.#client;
    await this.#handling;
    if (client !== undefined) await this.#leave(client);
    this.#lost();
  }

  #open(): void {
    this.#retry = undefined;
    const { url } = this.#options;
    const client = connect(url, this.#clientOptions());
    this.#client = client;
    const openedMs = performance.now();
    client.handleMessage = (packet, acknowledge) => {
      // Neither taken nor acknowledged: the session delivers it again after the next start.
      if (this.#stopped) return;
      const payload = Buffer.from(packet.payload);
      const message = { topic: packet.topic, payload, retained: packet.retain };
      this.#handling = this.#handle(client, message, () => acknowledge());
    };
    client.on('connect', () => {
      // An alarm right behind a PUBACK would wait for the broker's delayed ACK, 40 ms on Linux (tcp(7)).
      if (client.stream instanceof Socket) client.stream.setNoDelay(true);
      this.#subscribeAll(client);
    });
    client.on('error', (error) => this.#listener.onTrouble?.(reasonOf(error)));
    client.on('close', () => {
      client.end(true);
      if (this.#client !== client) return;
      if (performance.now() - openedMs > steadyAfterMs) this.#waits = this.#freshWaits();
      this.#lost();
      this.#again();
    });
  }

  #clientOptions(): IClientOptions {
    const { clientId, username, password, ca, clean = true, will } = this.#options;
    const last = will?.();
    return {
      clientId,
      clean,
      protocolVersion: 4,
      keepalive: keepaliveSeconds,
      connectTimeout: connectTimeoutMs,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(ca === undefined ? {} : { ca }),
      ...(last === undefined
        ? {}
        : {
            will: { topic: last.topic, payload: Buffer.from(last.payload), qos: 1, retain: true },
          }),
    };
  }

  /** Subscriptions first: who hears "connected" can count on being answered. */
  #subscribeAll(client: MqttClient): void {
    const filters = this.#subscriptions.flatMap((subscription) => [...subscription.filters]);
    const connected = (): void => {
      this.#ready = true;
      this.#listener.onConnection?.(true);
    };
    if (filters.length === 0) {
      connected();
      return;
    }
    client.subscribe(filters, { qos: 1 }, (error) => {
      if (this.#client !== client || client.disconnecting) return;
      if (!error) {
        connected();
        return;
      }
      this.#listener.onTrouble?.(`subscriptions refused: ${error.message}`);
      client.end(true);
    });
  }

  /** PUBACK goes out when `acknowledge` is called; without it the session delivers again later. */
  async #handle(client: MqttClient, message: BusMessage, acknowledge: () => void): Promise<void> {
    try {
      for (const { filters, handler } of this.#subscriptions) {
        if (filters.some((filter) => matches(filter, message.topic))) await handler(message);
      }
      acknowledge();
    } catch (error) {
      this.#options.log.error({ err: error, topic: message.topic }, 'a message could not be taken');
      client.stream.destroy();
    }
  }

  #lost(): void {
    const wasReady = this.#ready;
    this.#client = undefined;
    this.#ready = false;
    for (const reject of this.#unacknowledged) reject(new BusOffline());
    this.#unacknowledged.clear();
    if (wasReady) this.#listener.onConnection?.(false);
  }

  #again(): void {
    if (this.#stopped) return;
    this.#retry = setTimeout(() => this.#open(), this.#waits.next().value);
  }

  #leave(client: MqttClient): Promise<void> {
    return new Promise((resolve) => {
      const cut = setTimeout(() => client.end(true, () => resolve()), stopTimeoutMs);
      client.end(false, () => {
        clearTimeout(cut);
        resolve();
      });
    });
  }

  #freshWaits(): Generator<number, never> {
    return backoff(reconnectLimits, this.#options.random ?? Math.random);
  }
}

/** A name with several addresses fails with the errors of all of them, and no message of its own. */
const reasonOf = (error: Error): string =>
  error.message || ('code' in error ? String(error.code) : error.name);

/** @returns whether an MQTT filter matches a topic (MQTT 3.1.1 §4.7). */
export function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  const matched = wanted.every((level, index) =>
    level === '#' ? true : level === '+' ? levels[index] !== undefined : level === levels[index],
  );
  return matched && (wanted.at(-1) === '#' || wanted.length === levels.length);
}
