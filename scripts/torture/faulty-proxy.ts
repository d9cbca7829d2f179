import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Fault, FaultPlan } from './fault-plan.ts';
import { FaultyLink } from './faulty-link.ts';

export interface ProxyOptions {
  /** The port on 127.0.0.1 that it leads to. */
  readonly target: number;
  readonly plan: FaultPlan;
  /** Told when a fault has really hit bytes or a connection. */
  readonly onHit: (fault: Fault) => void;
  /** Asked at each connection for somebody who reads what the server answers there. */
  readonly listen?: () => (chunk: Buffer) => void;
}

/** So little is read ahead of the other side that a frozen connection is felt at once. */
const readAheadBytes = 1024;

/** A TCP relay on 127.0.0.1 that lets connections suffer, by plan, between `storm` and `calm`. */
export class FaultyProxy {
  readonly port: number;
  readonly #options: ProxyOptions;
  readonly #server: Server;
  readonly #links = new Set<FaultyLink>();
  #isStormy = false;
  #isBlocked = false;

  private constructor(server: Server, port: number, options: ProxyOptions) {
    this.#server = server;
    this.port = port;
    this.#options = options;
    server.on('connection', (client) => this.#accept(client));
  }

  static async start(options: ProxyOptions): Promise<FaultyProxy> {
    const server = createServer({ highWaterMark: readAheadBytes, noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    return new FaultyProxy(server, address.port, options);
  }

  storm(): void {
    this.#isStormy = true;
    for (const link of this.#links) void link.suffer();
  }

  /** Ends the faults, those under way too; connections go on where they can. */
  calm(): void {
    this.#isStormy = false;
    for (const link of this.#links) link.calm();
  }

  /** Ends every connection, and every one that is tried, until `unblock`. */
  block(): void {
    this.#isBlocked = true;
    for (const link of this.#links) link.cut();
  }

  unblock(): void {
    this.#isBlocked = false;
  }

  async stop(): Promise<void> {
    for (const link of this.#links) link.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    if (this.#isBlocked) {
      client.on('error', () => undefined); // it hears of its end as of a reset
      client.resetAndDestroy();
      return;
    }
    const { target, plan, onHit, listen } = this.#options;
    const server = connect({ port: target, host: '127.0.0.1', noDelay: true });
    const onAnswer = listen?.() ?? (() => undefined);
    const link = new FaultyLink({ client, server, plan, onHit, onAnswer });
    this.#links.add(link);
    const forget = (): void => {
      if (client.destroyed && server.destroyed) this.#links.delete(link);
    };
    client.on('close', forget);
    server.on('close', forget);
    server.on('connect', () => {
      if (this.#isStormy) void link.suffer();
    });
  }
}
