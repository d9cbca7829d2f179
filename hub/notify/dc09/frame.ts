import { createCipheriv, createDecipheriv } from 'node:crypto';

/**
 * Frames of ANSI/SIA DC-09, "Internet Protocol Event Reporting":
 * `LF CRC 0LLL "id"ssss Rr Ll #account [data] _HH:MM:SS,MM-DD-YYYY CR`.
 * The CRC and the length count from the first quote up to, not including, CR.
 */

/** Events in SIA's own codes and in Contact ID, supervision of the line, and the three answers. */
const frameIds = ['SIA-DCS', 'ADM-CID', 'NULL', 'ACK', 'NAK', 'DUH'] as const;
export type FrameId = (typeof frameIds)[number];

export interface Frame {
  readonly id: FrameId;
  /** 0 to 9999. Supervision has 0000, and so has a NAK, which echoes nothing. */
  readonly sequence: number;
  /** Receiver number and line prefix: one to six hexadecimal digits. */
  readonly receiver: string | undefined;
  readonly line: string;
  /** Three to sixteen hexadecimal digits. A NAK names none: "A0" stands in its place. */
  readonly account: string | undefined;
  /** What stands between the brackets; no bracket in it. */
  readonly data: string;
  /** When it was sent, in whole seconds: milliseconds since 1970 UTC. Encrypted frames always say. */
  readonly atMs: number | undefined;
}

export interface Encryption {
  /** AES-128, AES-192 or AES-256 by its length. */
  readonly key: Buffer;
  /** @returns so many characters that nobody can foresee; none of them `[`, `]` or `|` */
  readonly pad: (characters: number) => string;
}

/** How an encrypted frame came. */
export interface Sealed {
  readonly bytes: number;
  /** What stood in front of the data, or of the bracket where there are none. */
  readonly padding: string;
}

/** A received frame, or one line on what is wrong with it. */
export type DecodedFrame =
  | { readonly ok: true; readonly frame: Frame; readonly sealed: Sealed | undefined }
  | { readonly ok: false; readonly reason: string };

/** The length is announced as 0 and three hexadecimal digits. */
const bodyCharactersMax = 0xfff;
const blockBytes = 16;
/** The standard has no room for another one: two equal frames differ by their padding. */
const zeroIv = Buffer.alloc(blockBytes);

const dataPattern = /^[\x20-\x7e]*$/;
const framePattern = /^\n([0-9A-F]{4})([0-9A-F]{4})(.*)\r$/is;
const bodyPattern =
  /^"(\*?)([A-Z0-9-]{1,16})"(\d{4})(?:R([0-9A-F]{1,6}))?L([0-9A-F]{1,6})(?:#([0-9A-F]{3,16})|A[0-9A-F]+)\[(.*)$/is;
/** Blocks of extended data may follow the first; nothing that is sent here needs them. */
const contentPattern = /^([^[\]]*)\](?:\[[^[\]]*\])*(?:_([^[\]]*))?$/s;
const timePattern = /^(\d\d):(\d\d):(\d\d),(\d\d)-(\d\d)-(\d{4})$/;

/** @throws RangeError for what no frame can carry: that is a mistake of the caller */
export function encodeFrame(frame: Frame, encryption?: Encryption): Buffer {
  const { id, sequence, receiver, line, account, data, atMs } = frame;
  if (!dataPattern.test(data) || /[[\]]/.test(data)) {
    throw new RangeError('data must be printable ASCII without brackets');
  }
  if (!Number.isInteger(sequence) || sequence < 0 || sequence > 9999) {
    throw new RangeError('a sequence is 0 to 9999');
  }
  const star = encryption === undefined ? '' : '*';
  const source = `${receiver === undefined ? '' : `R${receiver}`}L${line}`;
  const owner = account === undefined ? 'A0' : `#${account}`;
  const time = atMs === undefined ? '' : `_${timeText(atMs)}`;
  const content = encryption === undefined ? `${data}]${time}` : sealed(data, time, encryption);
  const body = `"${star}${id}"${String(sequence).padStart(4, '0')}${source}${owner}[${content}`;
  if (body.length > bodyCharactersMax) {
    throw new RangeError(`a frame has ${bodyCharactersMax} characters at most`);
  }
  const head = hex4(crc16(body)) + hex4(body.length);
  return Buffer.from(`\n${head}${body}\r`, 'latin1');
}

/**
 * @param bytes from LF to CR, both included
 * @param key what encrypted frames are read with; without it they are a fault
 */
export function decodeFrame(bytes: Uint8Array, key?: Buffer): DecodedFrame {
  const text = Buffer.from(bytes).toString('latin1');
  const [, crc = '', length = '', body] = framePattern.exec(text) ?? [];
  if (body === undefined) return fault('what came is no frame: LF, CRC, length … CR');
  if (Number.parseInt(length, 16) !== body.length) {
    return fault(
      `the frame announces ${Number.parseInt(length, 16)} characters, not ${body.length}`,
    );
  }
  if (Number.parseInt(crc, 16) !== crc16(body)) {
    return fault(`the frame's CRC is ${hex4(crc16(body))}, not ${crc.toUpperCase()}`);
  }
  const parts = bodyPattern.exec(body);
  if (parts === null) return fault('the frame is not "id", sequence, R, L, # and account, [data]');
  const [, star, idText = '', sequence, receiver, line = '', account, content = ''] = parts;
  const id = frameIds.find((known) => known === idText.toUpperCase());
  if (id === undefined) return fault(`the frame's id ${idText} is unknown`);
  const read = star === '*' ? readSealed(content, key) : readContent(content);
  if (!read.ok) return read;
  const { data, atMs, sealed } = read;
  const source = { receiver: receiver?.toUpperCase(), line: line.toUpperCase() };
  const owner = account?.toUpperCase();
  const frame = { id, sequence: Number(sequence), ...source, account: owner, data, atMs };
  return { ok: true, frame, sealed };
}

type Content =
  | {
      readonly ok: true;
      readonly data: string;
      readonly atMs: number | undefined;
      readonly sealed?: Sealed;
    }
  | { readonly ok: false; readonly reason: string };

function readContent(text: string): Content {
  const [, data, time] = contentPattern.exec(text) ?? [];
  if (data === undefined) return fault('the brackets or what follows them are wrong');
  const atMs = time === undefined ? undefined : readTime(time);
  if (time !== undefined && atMs === undefined) return fault('the frame carries no real time');
  return { ok: true, data, atMs };
}

/** Encrypted is everything behind `[`, written as hexadecimal digits; the id then begins with `*`. */
function readSealed(content: string, key: Buffer | undefined): Content {
  if (key === undefined) return fault('the frame is encrypted, and no key is set here');
  if (content.length % (2 * blockBytes) !== 0 || !/^[0-9A-F]+$/i.test(content)) {
    return fault('the encrypted part is not whole blocks in hexadecimal digits');
  }
  const decipher = createDecipheriv(cipherOf(key), key, zeroIv).setAutoPadding(false);
  const bytes = Buffer.concat([decipher.update(Buffer.from(content, 'hex')), decipher.final()]);
  const text = bytes.toString('latin1');
  const closing = text.indexOf(']');
  const bar = text.indexOf('|');
  // Supervision and answers have no data, and then no bar either: only padding before the bracket.
  const hasBar = bar !== -1 && bar < closing;
  const start = hasBar ? bar + 1 : closing;
  const read = readContent(text.slice(Math.max(start, 0)));
  if (closing === -1 || !read.ok || read.atMs === undefined) {
    return fault('the encrypted part cannot be read with the key that is set here');
  }
  const padding = text.slice(0, hasBar ? bar : closing);
  return { ...read, sealed: { bytes: bytes.length, padding } };
}

/**
 * Padding goes in front of the bar, so that the first block, and with it every other, differs each
 * time. There is always some: 16 characters where the rest fills its blocks.
 */
function sealed(data: string, time: string, { key, pad }: Encryption): string {
  if (time === '') throw new RangeError('an encrypted frame needs its time');
  const plain = `${data === '' ? '' : `|${data}`}]${time}`;
  const padded = pad(blockBytes - (plain.length % blockBytes)) + plain;
  const cipher = createCipheriv(cipherOf(key), key, zeroIv).setAutoPadding(false);
  const bytes = Buffer.concat([cipher.update(padded, 'latin1'), cipher.final()]);
  return bytes.toString('hex').toUpperCase();
}

const cipherOf = (key: Buffer): string => `aes-${key.length * 8}-cbc`;

/** CRC-16/ARC: polynomial 0x8005 reflected, begun with 0 (DC-07, which DC-09 refers to). */
function crc16(text: string): number {
  let crc = 0;
  for (const byte of Buffer.from(text, 'latin1')) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ 0xa001;
  }
  return crc;
}

const hex4 = (value: number): string => value.toString(16).toUpperCase().padStart(4, '0');

function timeText(atMs: number): string {
  const iso = new Date(atMs).toISOString();
  return `${iso.slice(11, 19)},${iso.slice(5, 10)}-${iso.slice(0, 4)}`;
}

/** @returns undefined for a time that no clock shows, such as the 31st of February */
function readTime(text: string): number | undefined {
  const [, hour, minute, second, month, day, year] = timePattern.exec(text) ?? [];
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(atMs) || timeText(atMs) !== text ? undefined : atMs;
}

const fault = (reason: string): { ok: false; reason: string } => ({ ok: false, reason });
