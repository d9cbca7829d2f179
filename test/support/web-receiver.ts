import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @returns how to answer; 'hangs' keeps the connection and says nothing, 'garbage' is no HTTP. */
export type Answering = (request: Received) => Reply | 'hangs' | 'garbage';

/** A real HTTP server of a test's, which keeps what it was sent. */
export class WebReceiver {
  readonly #server: Server;
  readonly requests: Received[] = [];
  /** Connections that are open now. */
  connections = 0;
  answering: Answering = () => ({});

  private constructor(tls?: { readonly cert: string; readonly key: string }) {
    const listen = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#take(request, response);
    };
    this.#server = tls ? createTlsServer(tls, listen) : createServer(listen);
    this.#server.on('connection', (socket) => {
      this.connections += 1;
      socket.on('close', () => {
        this.connections -= 1;
      });
    });
  }

  static async start(tls?: { readonly cert: string; readonly key: string }): Promise<WebReceiver> {
    const receiver = new WebReceiver(tls);
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get port(): number {
    // A server that listens on TCP has such an address.
    return (this.#server.address() as AddressInfo).port;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const url = new URL(request.url ?? '', 'http://receiver');
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const received = { url, headers, body: Buffer.concat(parts).toString() };
    this.requests.push(received);
    const reply = this.answering(received);
    if (reply === 'hangs') return;
    if (reply === 'garbage') {
      request.socket.end('220 this is no HTTP\r\n');
      return;
    }
    response.writeHead(reply.status ?? 200, reply.headers);
    response.end(reply.body ?? '');
  }

  /** Leaves the port: whoever comes is refused by the system. */
  async leave(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
