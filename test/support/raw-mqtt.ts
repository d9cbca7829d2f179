import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from './eventually.ts';

/** MQTT 3.1.1 packets byte by byte, for what no client library would send. */

/** @returns a UTF-8 string with its length (MQTT 3.1.1 §1.5.3). */
const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
};

/** @returns a fixed header (MQTT 3.1.1 §2.2): `first` is type and flags, the length is only announced. */
export function header(first: number, remainingLength: number): Buffer {
  const bytes = [first];
  let rest = remainingLength;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest = rest >> 7;
  } while (rest > 0);
  return Buffer.from(bytes);
}

export const packet = (first: number, ...body: readonly Uint8Array[]): Buffer => {
  const bytes = Buffer.concat(body);
  return Buffer.concat([header(first, bytes.length), bytes]);
};

/** A clean session without keep-alive (MQTT 3.1.1 §3.1); `account` has a user name and a password. */
export function connectPacket(clientId: string, account?: readonly [string, string]): Buffer {
  const flags = account === undefined ? 0x02 : 0xc2;
  return packet(
    0x10,
    text('MQTT'),
    Buffer.from([4, flags, 0, 0]),
    ...[clientId, ...(account ?? [])].map(text),
  );
}

const identifier = Buffer.from([0, 1]);

/** QoS 1 (MQTT 3.1.1 §3.3). */
export const publishPacket = (topic: string, payload: Uint8Array): Buffer =>
  packet(0x32, text(topic), identifier, payload);

/** QoS 0 (MQTT 3.1.1 §3.8). */
export const subscribePacket = (filter: string): Buffer =>
  packet(0x82, identifier, text(filter), Buffer.from([0]));

export const connackAccepted = Buffer.from([0x20, 2, 0, 0]);
export const puback = Buffer.from([0x40, 2, 0, 1]);

/** A TCP connection to a broker on this machine, and what came over it. */
export class RawClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy()); // to be cut is what it is for
    socket.on('data', (data) => {
      this.#received = Buffer.concat([this.#received, data]);
    });
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Waits until `bytes` have come, and takes them and all before them away. */
  async receive(bytes: Uint8Array): Promise<void> {
    const at = await eventually(`${Buffer.from(bytes).toString('hex')} comes`, () => {
      const found = this.#received.indexOf(bytes);
      return found < 0 ? undefined : { end: found + bytes.length };
    });
    this.#received = this.#received.subarray(at.end);
  }

  async closed(): Promise<void> {
    await eventually('the broker closes the connection', () => this.socket.closed);
  }

  async stop(): Promise<void> {
    this.socket.destroy();
  }
}
