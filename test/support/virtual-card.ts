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

  readonly #ndef: NdefFile | undefined;

  /** @param uri what its NDEF file holds, made anew for each reading; none when it has no such file */
  constructor(
    port: number,
    uid: string,
    habit: CardHabit = 'answer',
    cardAtr = atr.storage,
    uri?: () => string | 'hang',
  ) {
    this.#ndef = uri && new NdefFile(uri);
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
    } else if (command.subarray(0, 2).toString('hex') === 'ffca') this.#onUidRequest();
    else {
      const answer = this.#ndef ? this.#ndef.answer(command) : statusUnknown;
      if (answer !== undefined) this.#send(answer);
    }
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

const selectApplication = '00a4040007d2760000850101';
const selectFile = '00a4000c02e104';
const readBinary = '00b0';
const statusNotFound = Buffer.from('6A82', 'hex');
const statusNotAllowed = Buffer.from('6985', 'hex');

/** The NDEF file of a type 4 tag (NFC Forum Type 4 Tag 2.0 §5.4), one URI record. */
class NdefFile {
  readonly #uri: () => string | 'hang';
  #isOpen = false;
  #content: Buffer | 'hang' | undefined;

  constructor(uri: () => string | 'hang') {
    this.#uri = uri;
  }

  /** @returns undefined for no answer at all */
  answer(command: Buffer): Buffer | undefined {
    const text = command.toString('hex');
    if (text.startsWith(selectApplication)) {
      this.#isOpen = true;
      return statusOk;
    }
    if (text === selectFile) {
      // As an NTAG 424 DNA has it: another message for each selection, whatever is read of it.
      this.#content = this.#isOpen ? this.#make() : undefined;
      return this.#isOpen ? statusOk : statusNotFound;
    }
    if (!text.startsWith(readBinary) || this.#content === undefined) return statusNotAllowed;
    if (this.#content === 'hang') return undefined;
    const from = command.readUInt16BE(2);
    const bytes = this.#content.subarray(from, from + (command[4] ?? 0));
    return Buffer.concat([bytes, statusOk]);
  }

  #make(): Buffer | 'hang' {
    const uri = this.#uri();
    if (uri === 'hang') return uri;
    const payload = Buffer.concat([Buffer.from([0x04]), Buffer.from(uri.replace('https://', ''))]);
    const record = Buffer.concat([Buffer.from([0xd1, 0x01, payload.length, 0x55]), payload]);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(record.length);
    return Buffer.concat([length, record]);
  }
}
