import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP relay on 127.0.0.1 whose connections can be cut without notice. */
export class TcpCutter {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, port: number, sockets: Set<Socket>) {
    this.#server = server;
    this.port = port;
    this.#sockets = sockets;
  }

  /** @param target the port on 127.0.0.1 that it relays to */
  static async start(target: number): Promise<TcpCutter> {
    const sockets = new Set<Socket>();
    const server = createServer((inbound) => {
      const outbound = connect(target, '127.0.0.1');
      for (const [from, to] of [
        [inbound, outbound],
        [outbound, inbound],
      ] as const) {
        sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy()); // a cut is what this is for
        from.on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
      }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    return new TcpCutter(server, address.port, sockets);
  }

  /** Resets every connection. @throws when there is none: a cut that cuts nothing proves nothing. */
  cut(): void {
    if (this.#sockets.size === 0) throw new Error('there is no connection to cut');
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
