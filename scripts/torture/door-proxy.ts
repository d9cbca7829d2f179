import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from './random.ts';

/** What happens to a request on its way to the hub's door; each is one connection and one answer. */
export const doorFaultKinds = [
  /** Reset before anything is said. */
  'refused',
  /** Taken, and passed on to nobody. */
  'swallowed',
  /** Passed on; what the hub answers is not. */
  'unanswered',
] as const;
export type DoorFaultKind = (typeof doorFaultKinds)[number];

/** Of the requests, while it storms. */
const faultShare = 0.4;
/** Shorter than the station waits for an answer, so that it is told, and longer than it is patient. */
const silentMs = { min: 200, max: 4_000 };

export interface DoorProxyOptions {
  /** The hub's door, on 127.0.0.1. */
  readonly target: number;
  readonly seed: string;
  readonly onHit: (kind: DoorFaultKind) => void;
  /** Asked at each connection for somebody who reads what the hub answers there. */
  readonly listen: () => (chunk: Buffer) => void;
}

/** A TCP relay in front of the hub's door: its connections are too short for the faults of `FaultyProxy`. */
export class DoorProxy {
  readonly port: number;
  readonly #options: DoorProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #random: Random;
  #isStormy = false;

  private constructor(server: Server, port: number, options: DoorProxyOptions) {
    this.#server = server;
    this.port = port;
    this.#options = options;
    this.#random = new Random(options.seed);
    server.on('connection', (client) => void this.#accept(client));
  }

  static async start(options: DoorProxyOptions): Promise<DoorProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    return new DoorProxy(server, address.port, options);
  }

  storm(): void {
    this.#isStormy = true;
  }

  calm(): void {
    this.#isStormy = false;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #accept(client: Socket): Promise<void> {
    const { target, onHit, listen } = this.#options;
    this.#keep(client);
    const fault =
      this.#isStormy && this.#random.chance(faultShare)
        ? this.#random.pick(doorFaultKinds)
        : undefined;
    if (fault === 'refused') client.resetAndDestroy();
    if (fault !== undefined) onHit(fault);
    if (fault === 'refused') return;
    if (fault === 'swallowed') {
      client.resume();
      return this.#resetLater(client);
    }
    const onAnswer = listen();
    const server = connect({ port: target, host: '127.0.0.1' });
    this.#keep(server);
    client.pipe(server);
    server.on('data', onAnswer);
    server.on('close', () => client.destroySoon());
    client.on('close', () => server.destroy());
    if (fault === 'unanswered') await this.#resetLater(client);
    else server.pipe(client);
  }

  async #resetLater(client: Socket): Promise<void> {
    await delay(this.#random.between(silentMs.min, silentMs.max));
    client.resetAndDestroy();
  }

  /** Resets are what this is for. */
  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
