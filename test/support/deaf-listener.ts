import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Listens, and never comes to accept anybody; the kernel takes `backlog` + 1 connections for it. */
const program = `
  const server = require('node:net').createServer();
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
/** A connection to a listener with room is there in far less. */
const connectsWithinMs = 500;

/** A TCP port on 127.0.0.1 where every connection hangs half-way, as at a host that drops packets. */
export class DeafListener {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #sockets: readonly Socket[];

  private constructor(port: number, child: ChildProcess, sockets: readonly Socket[]) {
    this.port = port;
    this.#child = child;
    this.#sockets = sockets;
  }

  /** @throws when connections never begin to hang: such a listener would prove nothing */
  static async start(): Promise<DeafListener> {
    const child = spawn(process.execPath, ['-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [bytes] = await once(child.stdout, 'data');
    const port = Number(String(bytes));
    const sockets: Socket[] = [];
    while (sockets.length < 10) {
      const socket = connect(port, '127.0.0.1').on('error', () => socket.destroy());
      sockets.push(socket);
      const isIn = once(socket, 'connect').then(() => true);
      const isLate = delay(connectsWithinMs).then(() => false);
      if (!(await Promise.race([isIn, isLate]))) return new DeafListener(port, child, sockets);
    }
    child.kill('SIGKILL');
    throw new Error('every connection was taken');
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
  }
}
