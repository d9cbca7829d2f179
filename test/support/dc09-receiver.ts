import { randomBytes } from 'node:crypto';
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import {
  encrypt,
  frameOf,
  type ParsedFrame,
  parseFrame,
  readClock,
  spoiled,
  writeTime,
} from './dc09-frames.ts';

/**
 * A monitoring station's receiver that answers as ANSI/SIA DC-09 says, or as a test wants it to.
 */

export type ReceiverAnswer =
  | 'ack'
  | 'nak'
  | 'nak-without-time'
  | 'duh'
  | 'silent'
  | 'wrong-sequence'
  | 'wrong-account'
  | 'wrong-crc'
  | 'old-ack'
  | 'plain-ack'
  | 'own-frame'
  | 'later-ack'
  | 'garbage'
  | 'flood'
  | 'cut';

export interface ReceivedFrame extends ParsedFrame {
  readonly answer: ReceiverAnswer;
}

export interface ReceiverOptions {
  readonly key?: Buffer;
  readonly port?: number;
  readonly transport?: 'tcp' | 'udp';
  /** Its clock; 5.5.1.8 has it refuse what is older than 40 s or more than 20 s ahead. */
  readonly now?: () => number;
  readonly checksTime?: boolean;
}

type Reply = (bytes: Buffer) => void;

export class Dc09Receiver {
  readonly frames: ReceivedFrame[] = [];
  /** What came and was no frame, in words. The standard has it ignored. */
  readonly faults: string[] = [];
  /** The answers to the next frames, in order; after them `usual`. */
  readonly next: ReceiverAnswer[] = [];
  usual: ReceiverAnswer = 'ack';
  readonly #options: ReceiverOptions;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #datagrams: DatagramSocket | undefined;
  #port = 0;

  private constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  static async start(options: ReceiverOptions = {}): Promise<Dc09Receiver> {
    const receiver = new Dc09Receiver(options);
    if (options.transport === 'udp') await receiver.#listenUdp();
    else await receiver.#listenTcp();
    return receiver;
  }

  get port(): number {
    return this.#port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const listener of [this.#server, this.#datagrams]) {
      if (listener === undefined) continue;
      listener.close();
      await once(listener, 'close');
    }
  }

  async #listenTcp(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket));
    server.listen(this.#options.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    this.#port = address.port;
  }

  async #listenUdp(): Promise<void> {
    const socket = createSocket('udp4');
    socket.on('message', (bytes, { port, address }) => {
      this.#take(
        bytes,
        (reply) => socket.send(reply, port, address),
        () => {},
      );
    });
    socket.bind(this.#options.port ?? 0, '127.0.0.1');
    await once(socket, 'listening');
    this.#datagrams = socket;
    this.#port = socket.address().port;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy()); // the sender may go as it likes
    let held = '';
    socket.on('data', (chunk) => {
      held += chunk.toString('latin1');
      for (let end = held.indexOf('\r'); end >= 0; end = held.indexOf('\r')) {
        const frame = Buffer.from(held.slice(0, end + 1), 'latin1');
        held = held.slice(end + 1);
        this.#take(
          frame,
          (reply) => socket.write(reply),
          () => socket.resetAndDestroy(),
        );
      }
    });
  }

  #take(bytes: Buffer, reply: Reply, cut: () => void): void {
    const parsed = parseFrame(bytes, this.#options.key);
    if (typeof parsed === 'string') {
      this.faults.push(parsed);
      return;
    }
    let answer = this.next.shift() ?? this.usual;
    if (answer === 'ack' && this.#options.checksTime && !this.#isTimely(parsed.time))
      answer = 'nak';
    this.frames.push({ ...parsed, answer });
    const text = answers[answer](parsed, { nowMs: this.#now(), key: this.#options.key });
    if (text === 'cut') cut();
    else if (text !== undefined) reply(text);
  }

  #isTimely(time: string): boolean {
    const ageMs = this.#now() - readClock(time);
    return ageMs <= 40_000 && ageMs >= -20_000;
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

type MakeAnswer = (
  to: ParsedFrame,
  own: { readonly nowMs: number; readonly key: Buffer | undefined },
) => Buffer | 'cut' | undefined;

const answers: Record<ReceiverAnswer, MakeAnswer> = {
  ack: (to, own) => ackOf(to, own),
  nak: (_, { nowMs }) => frameOf(`"NAK"0000R0L0A0[]_${writeTime(nowMs)}`),
  'nak-without-time': () => frameOf('"NAK"0000R0L0A0[]'),
  duh: (to) => frameOf(`"DUH"${echoOf(to)}[]`),
  silent: () => undefined,
  'wrong-sequence': (to, own) => {
    const sequence = to.sequence === '4711' ? '4712' : '4711';
    return ackOf({ ...to, sequence }, own);
  },
  'wrong-account': (to, own) => ackOf({ ...to, account: 'FFFF' }, own),
  'wrong-crc': (to, own) => spoiled(ackOf(to, own)),
  'old-ack': (to, { nowMs, key }) => ackOf(to, { nowMs: nowMs - 3_600_000, key }),
  'plain-ack': (to, { nowMs }) => ackOf(to, { nowMs, key: undefined }),
  'own-frame': (to) => frameOf(`"*ACK"${echoOf(to)}[${to.cipher}`),
  'later-ack': (to, { nowMs, key }) => laterAck(to, { nowMs, key }),
  garbage: () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n\u0000\u00ff', 'latin1'),
  flood: () => Buffer.alloc(100_000, 'x'),
  cut: () => 'cut',
};

const echoOf = ({ sequence, receiver, line, account }: ParsedFrame): string =>
  `${sequence}R${receiver}L${line}#${account}`;

/** An encrypted event gets an encrypted ACK, with padding and time; another gets a plain one. */
const ackOf: (...args: Parameters<MakeAnswer>) => Buffer = (to, { nowMs, key }) =>
  to.isEncrypted && key !== undefined
    ? frameOf(`"*ACK"${echoOf(to)}[${encrypt(`]_${writeTime(nowMs)}`, key)}`)
    : frameOf(`"ACK"${echoOf(to)}[]`);

/** An ACK of an hour ago that says another hour, as can be done without the key: by a block in front. */
const laterAck: (...args: Parameters<MakeAnswer>) => Buffer = (to, { nowMs, key }) => {
  const oldMs = nowMs - 3_600_000;
  const old = parseFrame(ackOf(to, { nowMs: oldMs, key }), key);
  if (typeof old === 'string') throw new Error(old);
  // The first block ends with `]_HH:`, and is chained to whatever stands before it.
  const [was, is] = [writeTime(oldMs).slice(0, 2), writeTime(nowMs).slice(0, 2)];
  const hour = Array.from(is, (_, index) => is.charCodeAt(index) ^ was.charCodeAt(index));
  for (;;) {
    const front = Buffer.concat([randomBytes(11), Buffer.from([0, 0, ...hour, 0])]);
    const cipher = front.toString('hex').toUpperCase() + old.cipher;
    const frame = frameOf(`"*ACK"${echoOf(to)}[${cipher}`);
    // What the new block itself becomes is chance, and may hold a bracket.
    const parsed = parseFrame(frame, key);
    if (typeof parsed === 'string' || parsed.data !== '') continue;
    if (parsed.time.startsWith(is)) return frame;
  }
};
