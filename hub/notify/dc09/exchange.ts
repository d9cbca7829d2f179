import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { FrameSplitter } from './frame-splitter.ts';

/** An answer has some forty bytes. Who sends more than this without one is no receiver. */
const answerBytesMax = 16 * 1024;

export interface Exchange<A> {
  readonly host: string;
  readonly port: number;
  readonly transport: 'tcp' | 'udp';
  readonly frame: Buffer;
  /** Looks at each frame that comes back; undefined goes on listening. */
  readonly read: (answer: Buffer) => A | undefined;
  /** Called once the frame is on its way. */
  readonly onSent: () => void;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Wire {
  send(frame: Buffer, onSent: () => void): void;
  close(): void;
}

type OpenWire = (
  to: { readonly host: string; readonly port: number },
  on: {
    readonly ready: () => void;
    readonly bytes: (chunk: Buffer) => void;
    readonly ended: (reason: string) => void;
  },
) => Wire;

/**
 * Sends one frame over a connection of its own and waits for what `read` takes as the answer. No
 * other event waits behind it, and no answer of an earlier one can come on it.
 * @throws Error that says in one line why there was none
 */
export function exchange<A>(wanted: Exchange<A>): Promise<A> {
  const { frame, read, onSent, timeoutMs, signal, transport } = wanted;
  return new Promise((resolve, reject) => {
    const splitter = new FrameSplitter();
    let received = 0;
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      wire.close();
      settle();
    };
    const fail = (reason: string): void => finish(() => reject(new Error(reason)));
    const abort = (): void => fail('no answer yet');
    const take = (chunk: Buffer): void => {
      received += chunk.length;
      for (const piece of splitter.push(chunk)) {
        const answer = read(piece);
        if (answer === undefined) continue;
        finish(() => resolve(answer));
        return;
      }
      if (received > answerBytesMax) fail(`${received} bytes came, and no answer among them`);
    };
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    const wire = openers[transport](wanted, {
      ready: () => wire.send(frame, onSent),
      bytes: take,
      ended: fail,
    });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
}

const openTcp: OpenWire = ({ host, port }, on) => {
  const socket = connect({ host, port, noDelay: true });
  socket.on('connect', on.ready);
  socket.on('data', on.bytes);
  socket.on('error', (error) => on.ended(error.message));
  socket.on('close', () => on.ended('the connection was closed without an answer'));
  return {
    send: (frame, onSent) =>
      socket.write(frame, (error) => {
        if (!error) onSent(); // the event 'error' tells of one
      }),
    close: () => socket.destroy(),
  };
};

const openUdp: OpenWire = ({ host, port }, on) => {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  let isClosed = false;
  // Connected: datagrams of others never arrive, and a port where nobody listens is an error.
  socket.on('connect', on.ready);
  socket.on('message', on.bytes);
  socket.on('error', (error) => on.ended(error.message));
  socket.connect(port, host);
  return {
    send: (frame, onSent) =>
      socket.send(frame, (error) => {
        if (error) on.ended(error.message);
        else onSent();
      }),
    close: () => {
      if (!isClosed) socket.close();
      isClosed = true;
    },
  };
};

const openers = { tcp: openTcp, udp: openUdp };
