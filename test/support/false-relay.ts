import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

export interface Told {
  readonly status: number;
  readonly body: string | Uint8Array;
}

/** A machine on the local network that answers as a relay would, with whatever a test likes. */
export class FalseRelay {
  /** What it was sent, in order. */
  readonly heard: readonly Buffer[];
  /** How many gave up before they had an answer. */
  givenUp = 0;
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number, heard: readonly Buffer[]) {
    this.#server = server;
    this.port = port;
    this.heard = heard;
  }

  static async start(answer: (message: Buffer) => Promise<Told> | Told): Promise<FalseRelay> {
    const heard: Buffer[] = [];
    let gaveUp = (): void => {};
    const server = createServer(async (request, response) => {
      response.on('close', () => response.writableEnded || gaveUp());
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part);
      const message = Buffer.concat(parts);
      heard.push(message);
      const { status, body } = await answer(message);
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    const relay = new FalseRelay(server, address.port, heard);
    gaveUp = () => {
      relay.givenUp += 1;
    };
    return relay;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
