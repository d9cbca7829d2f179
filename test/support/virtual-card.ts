/** Contactless cards for vsmartcard's vpcd driver: the card is the TCP client, connected means present. */
import net from 'node:net';

/** PC/SC part 3 §3.1.3.2.3: what a reader reports for a MIFARE Classic 1K, and for any type 4 card. */
export const atr = {
  storage: Buffer.from('3B8F8001804F0CA000000306030001000000006A', 'hex'),
  type4: Buffer.from('3B8180018080', 'hex'),
  phone: Buffer.from('3B80800101', 'hex'),
};

/** What the card does when asked for its UID. */
export type CardHabit = 'answer' | 'pull' | 'reset' | 'hang';

const lengthBytes = 2;
const getAtr = 4;
const statusOk = Buffer.from('9000', 'hex');
const statusUnknown = Buffer.from('6A81', 'hex');

export class VirtualCard {
  /** How often the UID was asked for: shows that a habit really had its chance. */
  uidRequests = 0;
  readonly #socket: net.Socket;
  readonly #uid: Buffer;
  readonly #atr: Buffer;
  readonly #habit: CardHabit;
  #received = Buffer.alloc(0);

  constructor(port: number, uid: string, habit: CardHabit = 'answer', cardAtr = atr.storage) {
    this.#uid = Buffer.from(uid, 'hex');
    this.#habit = habit;
    this.#atr = cardAtr;
    this.#socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    // pcscd being killed shows here as a reset, which is no news to the test.
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.on('data', (data) => this.#onData(data));
  }

  take(): void {
    this.#socket.destroy();
  }

  /** Frames coalesce: a 16 bit big-endian length, then that many bytes. */
  #onData(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    while (this.#received.length >= lengthBytes) {
      const end = lengthBytes + this.#received.readUInt16BE(0);
      if (this.#received.length < end) return;
      const command = this.#received.subarray(lengthBytes, end);
      this.#received = this.#received.subarray(end);
      this.#onCommand(command);
    }
  }

  /** One byte is a control code: off, on and reset get no answer. */
  #onCommand(command: Buffer): void {
    if (command.length === 1) {
      if (command[0] === getAtr) this.#send(this.#atr);
    } else if (command.subarray(0, 2).toString('hex') !== 'ffca') this.#send(statusUnknown);
    else this.#onUidRequest();
  }

  #onUidRequest(): void {
    this.uidRequests += 1;
    if (this.#habit === 'answer') this.#send(Buffer.concat([this.#uid, statusOk]));
    else if (this.#habit === 'pull') this.#socket.destroy();
    else if (this.#habit === 'reset') this.#socket.resetAndDestroy();
  }

  #send(payload: Buffer): void {
    const length = Buffer.alloc(lengthBytes);
    length.writeUInt16BE(payload.length);
    this.#socket.write(Buffer.concat([length, payload]));
  }
}
