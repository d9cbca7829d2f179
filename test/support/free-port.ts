import { once } from 'node:events';
import { createServer } from 'node:net';

/** The system may give out a port again that nobody has taken yet; a test wants different ones. */
const given = new Set<number>();

/** @returns a TCP port on 127.0.0.1 that was free a moment ago, and never the same one twice. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    server.close();
    await once(server, 'close');
    if (given.has(address.port)) continue;
    given.add(address.port);
    return address.port;
  }
}
