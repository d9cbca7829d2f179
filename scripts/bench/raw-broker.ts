/** The embedded broker by itself: it lets everybody in, and routes what it gets. Run as a process of its own. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const broker = await Aedes.createBroker({ concurrency: 0 });
const server = createServer((socket) => broker.handle(socket)).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
if (address === null || typeof address === 'string') throw new Error('no TCP address');
process.stdout.write(`raw broker on port ${address.port}\n`);
process.on('SIGTERM', () => process.exit(0));
