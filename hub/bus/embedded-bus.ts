import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from 'aedes';
import { type Bus, type BusHandler, type BusListener, BusOffline } from '../../shared/bus/bus.ts';
import { matches } from '../../shared/bus/mqtt-bus.ts';
import type { Log } from '../../shared/log.ts';
import { messageBytesMax } from '../../shared/wire/limits.ts';
import { parseStationTopic } from '../../shared/wire/topics.ts';
import { type Authenticate, mayPublish, maySubscribe, socketOf } from './broker-access.ts';
import { guardPackets, stationPacketBytesMax, strangerPacketBytesMax } from './packet-guard.ts';
import { boundSilentConnections } from './silent-connections.ts';
import { dropSlowClients } from './slow-clients.ts';
import { SubscriptionBook } from './subscription-book.ts';
import type { TlsPair } from './tls-files.ts';
import { type TurnedAway, Visitors } from './visitors.ts';

export interface EmbeddedBusOptions {
  readonly host: string;
  /** 0 takes any free port; `port` then says which. */
  readonly port: number;
  /** PEM texts; needed on every address but loopback. */
  readonly tls?: TlsPair;
  readonly authenticate: Authenticate;
  readonly onTurnedAway?: (one: TurnedAway) => void;
  /** A subscriber that reads nothing for so long, while something waits for it, is cut. */
  readonly frozenAfterMs?: number;
  readonly log: Log;
}

/** Longer than a pause of a healthy network; what waits until then is bounded by `unsentBytesMax`. */
const frozenAfterMs = 2_000;
/** Messages under way to subscribers: with more, `publish` waits for the slowest of them. Some batches of the outbox. */
const publishingMax = 1_000;
/** How long subscribers may take to hear the last messages when the hub stops. */
const farewellMs = 1_000;
const connectTimeoutMs = 10_000;
/** CONNACK return code 4: bad user name or password (MQTT 3.1.1 §3.2.2.3). */
const badPassword = 4;
/** Nobody can subscribe there: what is published to it goes nowhere. */
const nowhere = 'yizhan/v1/nowhere';

/**
 * The broker in the hub's own process. A station's message is taken in `authorizePublish`, the one
 * place before aedes sends the PUBACK, so that a PUBACK means "committed", and before routing, so
 * that no frozen subscriber can delay it.
 */
export class EmbeddedBus implements Bus {
  readonly #options: EmbeddedBusOptions;
  readonly #visitors: Visitors;
  readonly #subscriptions: { filters: readonly string[]; handler: BusHandler }[] = [];
  readonly #handling = new Set<Promise<void>>();
  readonly #publishing = new Set<Promise<void>>();
  readonly #sockets = new Set<Socket>();
  #listener: BusListener = {};
  #broker: Aedes | undefined;
  #subscribers: SubscriptionBook | undefined;
  #server: Server | undefined;
  #endWatch: () => void = () => {};
  #heard: (client: Client) => void = () => {};

  constructor(options: EmbeddedBusOptions) {
    this.#options = options;
    const { authenticate, onTurnedAway = () => {} } = options;
    this.#visitors = new Visitors(authenticate, onTurnedAway);
  }

  /** The port that it listens on. @throws BusOffline before `start`. */
  get port(): number {
    const address = this.#server?.address();
    if (!address || typeof address === 'string') throw new BusOffline();
    return address.port;
  }

  subscribe(filters: readonly string[], handler: BusHandler): void {
    this.#subscriptions.push({ filters, handler });
  }

  /** @throws the listener's error, such as EADDRINUSE. */
  async start(listener: BusListener): Promise<void> {
    this.#listener = listener;
    const broker = await this.#makeBroker();
    const accept = (socket: Socket): void => this.#accept(broker, socket);
    const { tls, host, port } = this.#options;
    // A receipt right behind a PUBACK would wait for the peer's delayed ACK, 40 ms on Linux (tcp(7)).
    const noDelay = true;
    const server = tls
      ? createTlsServer({ ...tls, handshakeTimeout: connectTimeoutMs, noDelay }, accept)
      : createServer({ noDelay }, accept);
    const heard = boundSilentConnections(server, (detail) => listener.onTrouble?.(detail));
    this.#heard = (client) => heard(socketOf(client));
    server.on('tlsClientError', (error) => listener.onTrouble?.(`TLS: ${error.message}`));
    server.listen(port, host);
    try {
      await once(server, 'listening');
    } catch (error) {
      // aedes' timers would keep alive a process that has nothing to listen to.
      await closed(broker);
      throw error;
    }
    this.#server = server;
    this.#broker = broker;
    this.#endWatch = dropSlowClients(this.#sockets, (detail) => listener.onTrouble?.(detail));
    listener.onConnection?.(true);
  }

  /** Fulfils before every subscriber has the message, so that a frozen one holds up nobody's command. */
  publish(topic: string, payload: Uint8Array, { retain = false } = {}): Promise<void> {
    const broker = this.#broker;
    if (broker === undefined) return Promise.reject(new BusOffline());
    if (!retain && this.#subscribers?.hasReader(topic) === false) return Promise.resolve();
    const packet = { cmd: 'publish', qos: 1, dup: false, retain, topic } as const;
    const delivered = new Promise<void>((resolve) => {
      broker.publish({ ...packet, payload: Buffer.from(payload) }, (error) => {
        if (error) this.#listener.onTrouble?.(`${topic} was not published: ${error.message}`);
        resolve();
      });
    });
    this.#publishing.add(delivered);
    void delivered.then(() => this.#publishing.delete(delivered));
    return this.#publishing.size < publishingMax ? Promise.resolve() : delivered;
  }

  /** What waits in memory for the subscriber that is furthest behind. */
  get unsentBytes(): number {
    return Math.max(0, ...[...this.#sockets].map((socket) => socket.writableLength));
  }

  /** Ends the connections of the stations that `isUnwanted` names; they may try to come back. */
  disconnect(isUnwanted: (station: string) => boolean): void {
    this.#visitors.disconnect(isUnwanted);
  }

  async stop(): Promise<void> {
    const broker = this.#broker;
    if (broker === undefined) return;
    this.#broker = undefined;
    this.#endWatch();
    this.#server?.close();
    await Promise.allSettled(this.#handling);
    await Promise.race([this.#farewell(), delay(farewellMs, undefined, { ref: false })]);
    await closed(broker);
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.onConnection?.(false);
  }

  /** Ends each connection behind the last message to it: to destroy it would take that message along. */
  async #farewell(): Promise<void> {
    await Promise.all(this.#publishing);
    const ended = (socket: Socket): Promise<void> =>
      new Promise((resolve) => {
        socket.once('close', () => resolve());
        socket.end();
      });
    await Promise.all([...this.#sockets].map(ended));
  }

  async #makeBroker(): Promise<Aedes> {
    const broker = await Aedes.createBroker({
      // 0 is "no limit": with a limit, one frozen subscriber holds up the delivery to all.
      concurrency: 0,
      drainTimeout: this.#options.frozenAfterMs ?? frozenAfterMs,
      connectTimeout: connectTimeoutMs,
      preConnect: (client, packet, done) => {
        this.#heard(client);
        // A session kept for who is away would grow in this process's memory without end (MQTT 3.1.1 §3.1.2.4).
        packet.clean = true;
        // The guard may have cut the connection over this very packet.
        done(null, !client.conn.destroyed);
      },
      authenticate: (client, username, password, done) => {
        this.#visitors.admit(client, username, password?.toString() ?? '').then(
          (known) => (known ? done(null, true) : done(refusal(), null)),
          (error: unknown) => {
            this.#options.log.error({ err: error }, 'a log-in could not be checked');
            done(refusal(), null);
          },
        );
      },
      authorizePublish: (client, packet, done) => this.#authorizePublish(client, packet, done),
      // A null subscription is refused with 0x80 in the SUBACK (MQTT 3.1.1 §3.9.3); the connection lives on.
      authorizeSubscribe: (client, subscription, done) =>
        done(
          null,
          maySubscribe(this.#visitors.of(client), subscription.topic) ? subscription : null,
        ),
    });
    const trouble = (client: Client, error: Error): void =>
      this.#listener.onTrouble?.(`${client.id ?? 'unknown client'}: ${error.message}`);
    this.#subscribers = new SubscriptionBook(broker);
    this.#visitors.watch(broker);
    broker.on('clientError', trouble);
    broker.on('connectionError', trouble);
    return broker;
  }

  #accept(broker: Aedes, socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    const client = broker.handle(socket);
    guardPackets(socket, () =>
      this.#visitors.of(client)?.kind === 'station'
        ? stationPacketBytesMax
        : strangerPacketBytesMax,
    );
  }

  /**
   * Nothing of a station's is left to aedes to route: it reads on from a station only when all
   * subscribers have its last message, so that a frozen one would hold up the alarm behind it.
   * Refusing would drop the connection, and the client would come back and do it again.
   */
  #authorizePublish(
    client: Client | null,
    packet: PublishPacket,
    done: (error?: Error | null) => void,
  ): void {
    if (client === null) {
      done();
      return;
    }
    // What comes after `stop` is not taken, nor are the wills that our own end sets free: no station was lost.
    if (this.#broker === undefined) {
      done(new BusOffline());
      return;
    }
    const { topic, retain } = packet;
    const payload = Buffer.from(packet.payload);
    leadNowhere(packet);
    if (!mayPublish(this.#visitors.of(client), topic)) {
      this.#listener.onTrouble?.(`${client.id} may not publish on ${topic}`);
      this.#visitors.turnAway({ reason: 'foreign-topic', account: client.id, topic });
      done();
      return;
    }
    const handling = this.#take(topic, payload, retain).then(
      () => done(),
      (error: unknown) => {
        this.#options.log.error({ err: error, topic }, 'a message could not be taken');
        done(error instanceof Error ? error : new Error(String(error)));
      },
    );
    this.#handling.add(handling);
    void handling.finally(() => this.#handling.delete(handling));
  }

  async #take(topic: string, payload: Uint8Array, retain: boolean): Promise<void> {
    for (const { filters, handler } of this.#subscriptions) {
      if (!filters.some((filter) => matches(filter, topic))) continue;
      await handler({ topic, payload, retained: false });
    }
    // Once the bus has stopped there is nobody left to tell.
    if (this.#broker === undefined || !isForAll(topic) || payload.length > messageBytesMax) return;
    void this.publish(topic, payload, { retain });
  }
}

const closed = (broker: Aedes): Promise<void> =>
  new Promise((resolve) => broker.close(() => resolve()));

const refusal = (): AuthenticateError =>
  Object.assign(new Error('unknown user or wrong password'), { returnCode: badPassword });

/** Presence and health are for all to see; the lanes are for the hub alone. */
function isForAll(topic: string): boolean {
  const kind = parseStationTopic(topic)?.kind;
  return kind === 'presence' || kind === 'health';
}

function leadNowhere(packet: PublishPacket): void {
  packet.topic = nowhere;
  packet.retain = false;
  packet.payload = Buffer.alloc(0);
}
