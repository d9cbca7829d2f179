import { aesBlockBytes, aesCmac, decryptCbc, encryptBlock } from './aes-cmac.ts';

/**
 * Secure dynamic messaging of NTAG 424 DNA (data sheet NT4H2421Gx §9.3, AN12196 §3). The card writes
 * another message into its NDEF file at each tap; a copy of one is worth nothing once it was seen.
 */
const zeroIv = Buffer.alloc(aesBlockBytes);
export const piccDataBytes = aesBlockBytes;
/** The MAC as it is mirrored: every second byte of the CMAC (data sheet §9.3.8). */
export const sdmMacBytes = 8;
const uidBytes = 7;
const counterBytes = 3;
/** PICCDataTag: UID and counter are mirrored, and the UID has 7 bytes (AN12196 table 2). */
const piccDataTag = 0xc7;

/** Whose message it is, and how often that card has been read. */
export interface PiccData {
  /** 7 bytes. */
  readonly uid: Buffer;
  /** SDMReadCtr, 3 bytes, least significant first. */
  readonly counterBytes: Buffer;
  readonly counter: number;
}

/**
 * @param metaKey SDMMetaReadKey
 * @param encrypted 16 bytes
 * @returns undefined when it was not encrypted with this key, or mirrors something else
 */
export function readPiccData(metaKey: Uint8Array, encrypted: Uint8Array): PiccData | undefined {
  if (encrypted.length !== piccDataBytes) return undefined;
  const plain = decryptCbc(metaKey, zeroIv, encrypted);
  if (plain[0] !== piccDataTag) return undefined;
  const uid = plain.subarray(1, 1 + uidBytes);
  const counter = plain.subarray(1 + uidBytes, 1 + uidBytes + counterBytes);
  return { uid, counterBytes: counter, counter: counter.readUIntLE(0, counterBytes) };
}

const sessionVector = (start: string, { uid, counterBytes: counter }: PiccData): Buffer =>
  Buffer.concat([Buffer.from(start, 'hex'), uid, counter]);

/** SV1 and SV2 (data sheet §9.3.9.1): the session keys are CMACs over them. */
export const sessionEncKey = (fileKey: Uint8Array, picc: PiccData): Buffer =>
  aesCmac(fileKey, sessionVector('C33C00010080', picc));
export const sessionMacKey = (fileKey: Uint8Array, picc: PiccData): Buffer =>
  aesCmac(fileKey, sessionVector('3CC300010080', picc));

/** Bytes 1, 3, 5 … of a CMAC (data sheet §9.1.3). */
export const truncated = (mac: Uint8Array): Buffer =>
  Buffer.from(mac.filter((_, index) => index % 2 === 1));

/** @param input what lies between SDMMACInputOffset and SDMMACOffset; nothing on our cards */
export const sdmMac = (
  fileKey: Uint8Array,
  picc: PiccData,
  input: Uint8Array = new Uint8Array(),
): Buffer => truncated(aesCmac(sessionMacKey(fileKey, picc), input));

/** @returns what SDMENCFileData mirrors (AN12196 table 3). @param encrypted whole blocks */
export function readFileData(fileKey: Uint8Array, picc: PiccData, encrypted: Uint8Array): Buffer {
  const key = sessionEncKey(fileKey, picc);
  const iv = Buffer.alloc(aesBlockBytes);
  iv.set(picc.counterBytes);
  return decryptCbc(key, encryptBlock(key, iv), encrypted);
}
