import { createCipheriv, createDecipheriv } from 'node:crypto';

export const aesBlockBytes = 16;
const zeroBlock = Buffer.alloc(aesBlockBytes);
/** RFC 4493 §2.3: what a bit that is shifted out comes back as. */
const rb = 0x87;

export function encryptBlock(key: Uint8Array, block: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

/** @param bytes whole blocks */
export function decryptCbc(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-128-cbc', key, iv).setAutoPadding(false);
  return Buffer.concat([decipher.update(bytes), decipher.final()]);
}

/** One bit to the left in GF(2^128) (RFC 4493 §2.3). */
export function double(block: Uint8Array): Buffer {
  const doubled = Buffer.alloc(aesBlockBytes);
  for (let index = 0; index < aesBlockBytes; index += 1) {
    const carry = (block[index + 1] ?? 0) >> 7;
    doubled[index] = (((block[index] ?? 0) << 1) | carry) & 0xff;
  }
  const last = aesBlockBytes - 1;
  if (((block[0] ?? 0) & 0x80) !== 0) doubled[last] = (doubled[last] ?? 0) ^ rb;
  return doubled;
}

/** The subkeys: for a last block that is whole, and for one that is padded (RFC 4493 §2.3). */
export function subkeys(key: Uint8Array): { whole: Buffer; padded: Buffer } {
  const whole = double(encryptBlock(key, zeroBlock));
  return { whole, padded: double(whole) };
}

/** The MAC of whole blocks, the last of which has a subkey in it already (RFC 4493 §2.4, step 6). */
export function cbcMac(key: Uint8Array, blocks: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-128-cbc', key, zeroBlock).setAutoPadding(false);
  return Buffer.concat([cipher.update(blocks), cipher.final()]).subarray(-aesBlockBytes);
}

/** @returns `block` with the subkey in it. */
export const masked = (block: Uint8Array, subkey: Uint8Array): Buffer =>
  Buffer.from(block.map((byte, index) => byte ^ (subkey[index] ?? 0)));

/** @returns the AES-CMAC of a message of any length (RFC 4493, NIST SP 800-38B), 16 bytes. */
export function aesCmac(key: Uint8Array, message: Uint8Array): Buffer {
  const { whole, padded } = subkeys(key);
  const blocks = Math.max(1, Math.ceil(message.length / aesBlockBytes));
  const head = message.subarray(0, (blocks - 1) * aesBlockBytes);
  const tail = message.subarray(head.length);
  const last = Buffer.alloc(aesBlockBytes);
  last.set(tail);
  if (tail.length === aesBlockBytes) {
    return cbcMac(key, Buffer.concat([head, masked(last, whole)]));
  }
  last[tail.length] = 0x80;
  return cbcMac(key, Buffer.concat([head, masked(last, padded)]));
}
