import { createCipheriv, createDecipheriv, randomInt } from 'node:crypto';

/**
 * Frames of ANSI/SIA DC-09 as a receiver sees them, written from what the standard says and sharing
 * nothing with the sender: CRC, parser and block chaining are others.
 */

export interface ParsedFrame {
  readonly id: string;
  readonly isEncrypted: boolean;
  readonly sequence: string;
  readonly receiver: string;
  readonly line: string;
  readonly account: string;
  readonly data: string;
  /** As written: HH:MM:SS,MM-DD-YYYY. */
  readonly time: string;
  readonly padding: string;
  /** The encrypted part as it came, in hexadecimal digits. */
  readonly cipher: string;
}

/** @returns the frame's parts, or what is wrong with it. Reads character by character. */
export function parseFrame(bytes: Buffer, key?: Buffer): ParsedFrame | string {
  const text = bytes.toString('latin1');
  if (text[0] !== '\n' || text.at(-1) !== '\r') return 'no LF in front or no CR behind';
  const body = text.slice(9, -1);
  if (text.slice(5, 9) !== `0${body.length.toString(16).toUpperCase().padStart(3, '0')}`) {
    return 'wrong length';
  }
  if (text.slice(1, 5) !== checksum(body)) return 'wrong CRC';
  const quoted = body.split('"');
  const [empty, name = ''] = quoted;
  const rest = body.slice(name.length + 2);
  if (empty !== '' || quoted.length !== 3) return 'no id in quotes';
  const opening = rest.indexOf('[');
  const hash = rest.indexOf('#');
  const lineAt = rest.indexOf('L');
  if (rest[4] !== 'R' || lineAt < 6 || hash < lineAt || opening < hash) return 'wrong header';
  const isEncrypted = name.startsWith('*');
  let content = rest.slice(opening + 1);
  const cipher = isEncrypted ? content : '';
  let padding = '';
  if (isEncrypted) {
    if (key === undefined) return 'no key';
    const plain = decrypt(content, key);
    // Padding ends at the bar, or at the bracket where there are no data and no bar.
    const end = plain.search(/[|\]]/);
    padding = plain.slice(0, end);
    content = plain[end] === '|' ? plain.slice(end + 1) : plain.slice(end);
  }
  const closing = content.indexOf(']');
  const tail = content.slice(closing + 1);
  if (closing < 0 || tail[0] !== '_') return isEncrypted ? 'wrong key' : 'no time';
  return {
    id: isEncrypted ? name.slice(1) : name,
    isEncrypted,
    sequence: rest.slice(0, 4),
    receiver: rest.slice(5, lineAt),
    line: rest.slice(lineAt + 1, hash),
    account: rest.slice(hash + 1, opening),
    data: content.slice(0, closing),
    time: tail.slice(1),
    padding,
    cipher,
  };
}

/** HH:MM:SS,MM-DD-YYYY in UTC. */
export function writeTime(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`);
  const clock = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(':');
  return `${clock},${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}-${at.getUTCFullYear()}`;
}

/** @returns milliseconds since 1970 UTC */
export function readClock(time: string): number {
  const [clock = '', date = ''] = time.split(',');
  const [hour, minute, second] = clock.split(':').map(Number);
  const [month = 1, day, year = 1970] = date.split('-').map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

export function frameOf(body: string): Buffer {
  const length = body.length.toString(16).toUpperCase().padStart(3, '0');
  return Buffer.from(`\n${checksum(body)}0${length}${body}\r`, 'latin1');
}

/** The CRC's last digit becomes another one. */
export function spoiled(frame: Buffer): Buffer {
  const copy = Buffer.from(frame);
  copy[4] = copy[4] === 0x30 ? 0x31 : 0x30;
  return copy;
}

/** CRC-16 by the polynomial as it is written, x^16 + x^15 + x^2 + 1, on bits turned round. */
function checksum(text: string): string {
  let register = 0;
  for (const byte of Buffer.from(text, 'latin1')) {
    for (let bit = 0; bit < 8; bit += 1) {
      const incoming = (byte >> bit) & 1;
      const outgoing = (register >> 15) & 1;
      register = (register << 1) & 0xffff;
      if (incoming !== outgoing) register ^= 0x8005;
    }
  }
  const bits = register.toString(2).padStart(16, '0');
  const turned = Number.parseInt([...bits].reverse().join(''), 2);
  return turned.toString(16).toUpperCase().padStart(4, '0');
}

/** Cipher block chaining over single blocks of AES, the first one chained to zeros. */
function decrypt(hex: string, key: Buffer): string {
  const bytes = Buffer.from(hex, 'hex');
  let before = Buffer.alloc(16);
  let text = '';
  for (let at = 0; at + 16 <= bytes.length; at += 16) {
    const block = bytes.subarray(at, at + 16);
    const cipher = createDecipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
    text += mixed(cipher.update(block), before).toString('latin1');
    before = block;
  }
  return text;
}

/** @param text gets digits in front until it fills its blocks, one at least */
export function encrypt(text: string, key: Buffer): string {
  let padded = text;
  do padded = `${randomInt(10)}${padded}`;
  while (padded.length % 16 !== 0);
  const blocks: Buffer[] = [];
  for (let at = 0; at < padded.length; at += 16) {
    const block = Buffer.from(padded.slice(at, at + 16), 'latin1');
    const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
    blocks.push(cipher.update(mixed(block, blocks.at(-1) ?? Buffer.alloc(16))));
  }
  return Buffer.concat(blocks).toString('hex').toUpperCase();
}

const mixed = (left: Buffer, right: Buffer): Buffer =>
  Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)));
