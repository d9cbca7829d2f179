import type { Will } from '../../shared/bus/bus.ts';
import { matches } from '../../shared/bus/mqtt-bus.ts';
import { Link } from './link.ts';
import type { Random } from './random.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A message as the broker sends it to a subscriber; `dup` as in MQTT 3.1.1 §3.3.1.1. */
export interface Packet {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
  readonly dup: boolean;
}

/** What a client does when the broker speaks to it. */
export interface Receiver {
  receive(packet: Packet, acknowledge: () => void): void;
  closed(): void;
}

export interface Session {
  readonly id: string;
  readonly clean: boolean;
  filters: readonly string[];
  /** Sent and not acknowledged, oldest first (MQTT 3.1.1 §4.4). */
  unacknowledged: Packet[];
  connection: Connection | undefined;
}

export interface Connection {
  readonly id: string;
  readonly up: Link;
  readonly down: Link;
  readonly receiver: Receiver;
  readonly will: Will | undefined;
  session: Session | undefined;
  open: boolean;
}

/** How badly the network and the broker behave, as probabilities. */
export interface Unreliability {
  duplicate: number;
  lateWill: number;
}

/** The hub's session at a broker apart. */
export const hubId = 'hub';

/** Messages that a malicious or confused broker may say again much later. */
const rememberedMax = 60;

/** The broker: MQTT 3.1.1 at QoS 1, with a will per connection, retained messages and kept sessions. */
export class VirtualBroker {
  readonly remembered: Packet[] = [];
  readonly unreliability: Unreliability = { duplicate: 0, lateWill: 0 };
  /** Told of everything that is published. */
  onPublished: (topic: string, payload: Buffer) => void = () => {};
  /** The embedded broker's hub takes what stations publish, before it is acknowledged. */
  authority: ((packet: Packet) => Promise<void>) | undefined;
  isUp = true;
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #connections = new Map<string, Connection>();
  readonly #sessions = new Map<string, Session>();
  readonly #retained = new Map<string, Buffer>();
  readonly #partitioned = new Map<string, Connection | undefined>();

  constructor(world: { time: VirtualTime; random: Random; trace: Trace }) {
    this.#time = world.time;
    this.#random = world.random;
    this.#trace = world.trace;
  }

  /** The network lets nothing through to or from this client. */
  partition(id: string): void {
    const connection = this.#connections.get(id);
    this.#partitioned.set(id, connection);
    connection?.up.hold();
    connection?.down.hold();
  }

  rejoin(id: string): void {
    const connection = this.#partitioned.get(id);
    this.#partitioned.delete(id);
    connection?.up.release();
    connection?.down.release();
  }

  isReachable(id: string): boolean {
    return this.isUp && !this.#partitioned.has(id);
  }

  /** CONNECT and SUBSCRIBE in one. A second connection with the same id ends the first (MQTT 3.1.1 §3.1.4). */
  connect(
    id: string,
    clean: boolean,
    filters: readonly string[],
    will: Will | undefined,
    receiver: Receiver,
  ): Connection {
    const old = this.#connections.get(id);
    if (old) {
      this.#trace.fault(id, 'takeover');
      this.lost(old);
    }
    const [up, down] = [new Link(this.#time, this.#random), new Link(this.#time, this.#random)];
    const connection: Connection = { id, up, down, receiver, will, session: undefined, open: true };
    this.#connections.set(id, connection);
    const session = this.#resume(id, clean);
    session.filters = filters;
    session.connection = connection;
    connection.session = session;
    const again = session.unacknowledged.map((packet) => ({ ...packet, dup: true }));
    if (again.length > 0) this.#trace.fault(id, 'redelivery', `${again.length} messages`);
    session.unacknowledged = again;
    for (const packet of again) this.#send(session, packet);
    return connection;
  }

  /** What was kept before is sent after the subscription, marked so (MQTT 3.1.1 §3.3.1.3). */
  sendRetained({ session }: Connection): void {
    for (const [topic, payload] of this.#retained) {
      const packet = { topic, payload, retained: true, dup: false };
      if (session?.filters.some((filter) => matches(filter, topic))) this.#queue(session, packet);
    }
  }

  /** A message from a client; `acknowledge` sends its PUBACK. */
  take(
    from: Connection,
    topic: string,
    payload: Buffer,
    retain: boolean,
    acknowledge: () => void,
  ): void {
    if (!from.open) return;
    if (this.authority === undefined) {
      this.publish(topic, payload, retain);
      acknowledge();
      return;
    }
    this.#give({ topic, payload, retained: false, dup: false }, retain).then(acknowledge, () =>
      this.lost(from),
    );
  }

  /** Routes a message to whoever subscribes, and keeps it when it is to be retained. */
  publish(topic: string, payload: Buffer, retain: boolean): void {
    if (!this.isUp) return;
    this.onPublished(topic, payload);
    const packet = { topic, payload, retained: false, dup: false };
    this.#remember(packet);
    if (retain) this.#retained.set(topic, payload);
    for (const session of this.#sessions.values()) {
      if (!session.filters.some((filter) => matches(filter, topic))) continue;
      this.#queue(session, packet);
      if (this.#random.chance(this.unreliability.duplicate)) {
        this.#trace.fault(session.id, 'duplicate', topic);
        this.#queue(session, { ...packet, dup: this.#random.chance(0.5) });
      }
    }
  }

  /** The embedded broker hands it to the hub first. */
  async #give(packet: Packet, retain: boolean): Promise<void> {
    this.#remember(packet);
    await this.authority?.(packet);
    if (this.#random.chance(this.unreliability.duplicate)) {
      this.#trace.fault('hub', 'duplicate', packet.topic);
      await this.authority?.({ ...packet, dup: this.#random.chance(0.5) });
    }
    if (/\/(presence|health)$/.test(packet.topic)) {
      this.publish(packet.topic, packet.payload, retain);
    }
  }

  /** Says a message again that was said before, or never. */
  inject(packet: Packet): void {
    const isForHub = /\/(alarm|journal|presence|health|relay)$/.test(packet.topic);
    if (this.authority === undefined || !isForHub) {
      this.publish(packet.topic, packet.payload, false);
      return;
    }
    this.authority(packet).catch(() =>
      this.#trace.note('broker', 'the hub did not take an injected message'),
    );
  }

  /** The broker ends a connection, or has noticed that it is gone; its will is published. */
  lost(connection: Connection): void {
    if (!this.#forget(connection)) return;
    connection.down.send(() => connection.receiver.closed());
    if (connection.will === undefined) return;
    const { topic, payload } = connection.will;
    const say = (): void => {
      if (!this.isUp) return;
      this.#trace.note('broker', `will of ${connection.id}`);
      if (this.authority) {
        this.#give(
          { topic, payload: Buffer.from(payload), retained: false, dup: false },
          true,
        ).catch(() => this.#trace.note('broker', 'the hub did not take a will'));
      } else this.publish(topic, Buffer.from(payload), true);
    };
    // The hub's own will is one that stations cannot tell from a newer word: it comes in time here.
    const isLate = this.#random.chance(this.unreliability.lateWill);
    if (!isLate) {
      say();
      return;
    }
    this.#trace.fault(connection.id, 'late will');
    this.#time.after(this.#random.between(500, 20_000), say);
  }

  /** DISCONNECT: the will is dropped (MQTT 3.1.1 §3.14.4). */
  left(connection: Connection): void {
    this.#forget(connection);
  }

  /** The broker dies with all that it kept. Its wills die with it. */
  crash(): void {
    this.isUp = false;
    for (const connection of [...this.#connections.values()]) {
      connection.up.cut();
      connection.down.send(() => connection.receiver.closed());
      this.#forget(connection);
    }
    this.#sessions.clear();
    this.#retained.clear();
  }

  #forget(connection: Connection): boolean {
    if (!connection.open) return false;
    connection.open = false;
    connection.up.cut();
    if (this.#connections.get(connection.id) === connection)
      this.#connections.delete(connection.id);
    const { session } = connection;
    if (session?.connection === connection) {
      session.connection = undefined;
      if (session.clean) this.#sessions.delete(session.id);
    }
    return true;
  }

  #resume(id: string, clean: boolean): Session {
    const kept = this.#sessions.get(id);
    if (kept && !clean && !kept.clean) return kept;
    const session: Session = { id, clean, filters: [], unacknowledged: [], connection: undefined };
    this.#sessions.set(id, session);
    return session;
  }

  #queue(session: Session, packet: Packet): void {
    session.unacknowledged.push(packet);
    this.#send(session, packet);
  }

  #send(session: Session, packet: Packet): void {
    const { connection } = session;
    if (connection === undefined) return;
    const acknowledge = (): void =>
      connection.up.send(() => {
        session.unacknowledged = session.unacknowledged.filter((waiting) => waiting !== packet);
      });
    connection.down.send(() => connection.receiver.receive(packet, acknowledge), packet.topic);
  }

  #remember(packet: Packet): void {
    this.remembered.push(packet);
    if (this.remembered.length > rememberedMax) this.remembered.shift();
  }
}
