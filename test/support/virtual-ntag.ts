import { createCipheriv } from 'node:crypto';
import type { SunKeys } from '../../hub/sun/diversify.ts';
import { sdmMac } from '../../hub/sun/sdm.ts';
import type { SunMessage } from '../../shared/wire/entry.ts';

/** PICCDataTag of a card that mirrors its UID of 7 bytes and its counter (AN12196 table 2). */
const piccDataTag = 0xc7;
const paddingBytes = 5;

/** The inside of an NTAG 424 DNA as a scheme would set it up: it counts, and writes a message for each reading. */
export class VirtualNtag {
  counter = 0;
  readonly uid: string;
  readonly #keys: SunKeys;

  constructor(uid: string, keys: SunKeys) {
    this.uid = uid;
    this.#keys = keys;
  }

  /** One reading: the counter goes up, and the message is of this reading alone. */
  read(): SunMessage {
    this.counter += 1;
    const uid = Buffer.from(this.uid, 'hex');
    const counterBytes = Buffer.alloc(3);
    counterBytes.writeUIntLE(this.counter, 0, 3);
    const plain = Buffer.concat([
      Buffer.from([piccDataTag]),
      uid,
      counterBytes,
      Buffer.alloc(paddingBytes, 0x5a),
    ]);
    const cipher = createCipheriv('aes-128-cbc', this.#keys.meta, Buffer.alloc(16));
    const picc = Buffer.concat([cipher.setAutoPadding(false).update(plain), cipher.final()]);
    const cmac = sdmMac(this.#keys.fileOf(uid), { uid, counterBytes, counter: this.counter });
    return { picc: hex(picc), cmac: hex(cmac) };
  }

  /** The same as the address that the card's NDEF file holds. */
  readUri(): string {
    const { picc, cmac } = this.read();
    return `https://relay.example/t?picc_data=${picc}&cmac=${cmac}`;
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();
