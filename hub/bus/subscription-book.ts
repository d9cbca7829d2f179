import type { Aedes, Client } from 'aedes';
import { matches } from '../../shared/bus/mqtt-bus.ts';

/** SUBACK return code of a subscription that was refused (MQTT 3.1.1 §3.9.3). */
const refused = 0x80;

/**
 * Who subscribes to what, so that a message for nobody costs nothing: every check-in is told on the
 * feed, and most of the time nobody listens.
 */
export class SubscriptionBook {
  readonly #ofClient = new Map<Client, Set<string>>();
  /** How many clients have a filter; those with a wildcard are few, and are kept apart. */
  readonly #exact = new Map<string, number>();
  readonly #wild = new Map<string, number>();

  constructor(broker: Pick<Aedes, 'on'>) {
    broker.on('subscribe', (subscriptions, client) => {
      const known = this.#ofClient.get(client) ?? new Set();
      this.#ofClient.set(client, known);
      for (const { topic, qos } of subscriptions) {
        if (Number(qos) === refused || known.has(topic)) continue;
        known.add(topic);
        this.#count(topic, 1);
      }
    });
    broker.on('unsubscribe', (topics, client) => this.#forget(client, topics));
    broker.on('clientDisconnect', (client) => {
      this.#forget(client, [...(this.#ofClient.get(client) ?? [])]);
      this.#ofClient.delete(client);
    });
  }

  /** @returns whether anybody's subscription matches the topic. */
  hasReader(topic: string): boolean {
    return this.#exact.has(topic) || [...this.#wild.keys()].some((one) => matches(one, topic));
  }

  #forget(client: Client, topics: readonly string[]): void {
    const known = this.#ofClient.get(client);
    for (const topic of topics) if (known?.delete(topic)) this.#count(topic, -1);
  }

  #count(filter: string, by: 1 | -1): void {
    const counts = /[+#]/.test(filter) ? this.#wild : this.#exact;
    const count = (counts.get(filter) ?? 0) + by;
    if (count > 0) counts.set(filter, count);
    else counts.delete(filter);
  }
}
