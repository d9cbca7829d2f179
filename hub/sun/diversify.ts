import { aesBlockBytes, cbcMac, masked, subkeys } from './aes-cmac.ts';

/** AN10922 §2.2: the constant in front of the input of a 128 bit AES key. */
const divConstant = 0x01;
const inputBytes = 2 * aesBlockBytes;
/** What fits behind the constant. */
export const diversificationBytesMax = inputBytes - 1;

/**
 * A key for one card (or one purpose) from a master key, by AN10922 §2.2: AES-CMAC over two blocks,
 * padded also where one would do. Whoever finds out the key of one card has no other's.
 * @param input up to 31 bytes that are this card's alone, such as UID, application and system
 */
export function diversify(master: Uint8Array, input: Uint8Array): Buffer {
  if (input.length > diversificationBytesMax) throw new RangeError('the input is too long');
  const message = Buffer.alloc(inputBytes);
  message[0] = divConstant;
  message.set(input, 1);
  const { whole, padded } = subkeys(master);
  const isWhole = input.length === diversificationBytesMax;
  if (!isWhole) message[1 + input.length] = 0x80;
  const last = masked(message.subarray(aesBlockBytes), isWhole ? whole : padded);
  return cbcMac(master, Buffer.concat([message.subarray(0, aesBlockBytes), last]));
}

/** ISO/IEC 7816-4 name of the NDEF application, which holds the keys of an NTAG 424 DNA. */
const application = Buffer.from('D2760000850101', 'hex');

/** The keys of a scheme's cards. They stay at the hub: a station passes on what it cannot read. */
export interface SunKeys {
  /** SDMMetaReadKey: the same for all cards, because it is what tells them apart. */
  readonly meta: Uint8Array;
  /** SDMFileReadKey: each card's own. */
  fileOf(uid: Uint8Array): Uint8Array;
}

/** @param master 16 bytes */
export function sunKeys(master: Uint8Array): SunKeys {
  const [meta, file] = [Buffer.from('yizhan meta'), Buffer.from('yizhan file')];
  return {
    meta: diversify(master, Buffer.concat([application, meta])),
    fileOf: (uid) => diversify(master, Buffer.concat([uid, application, file])),
  };
}
