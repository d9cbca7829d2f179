import { randomBytes } from 'node:crypto';
import type { Frame, Sealed } from './frame.ts';

/**
 * What an encrypted ACK has to be before it is believed. DC-09 encrypts neither id, account nor sequence,
 * and nothing keeps whole what it encrypts: whoever is on the way and has no key can still send again
 * what was recorded, under another id, or with blocks put in front. Two things are left to them: an ACK
 * of the last minutes, as nothing but its time tells it from a new one; and what others send who have
 * the same key.
 */

/**
 * How far its time may be from our clock, whatever a NAK says of the receiver's: anybody can send a
 * NAK, and with it would make any recorded ACK young again. Five minutes is what Kerberos gives clocks
 * for the same reason (RFC 4120, 3.2.3). A receiver whose clock is further off is trouble until one of
 * the two clocks is set.
 */
const ackAgeMaxMs = 300_000;

/**
 * `]_HH:MM:SS,MM-DD-YYYY`, with or without a bar, and padding to whole blocks. With a block more in
 * front, what follows it is whatever its sender likes: another hour, say. With these two nobody without
 * the key can alter one so that the other can still be read.
 */
const ackBytes = 32;

/** Our NULL, which is as long, would be an ACK under another id. No receiver begins its padding so. */
const ownMark = 'HUB~';

const padAlphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
export const randomPad = (characters: number): string =>
  Array.from(randomBytes(characters), (byte) => padAlphabet[byte & 31]).join('');

/** For frames of ours that are as long as an ACK: eleven characters, so that room for chance is left. */
export const ownPad = (characters: number): string =>
  ownMark + randomPad(characters - ownMark.length);

/** @returns why this ACK is not believed, in words; undefined for one that is */
export function doubtOf(
  { data, atMs }: Frame,
  sealed: Sealed | undefined,
  nowMs: number,
): string | undefined {
  if (sealed === undefined) return 'an ACK that is not encrypted';
  if (sealed.bytes !== ackBytes || data !== '')
    return `an ACK of ${sealed.bytes} encrypted bytes, not ${ackBytes}`;
  if (sealed.padding.startsWith(ownMark)) return "the hub's own NULL, come back as an ACK";
  const aheadMs = (atMs ?? 0) - nowMs;
  if (Math.abs(aheadMs) <= ackAgeMaxMs) return undefined;
  const off = `${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs < 0 ? 'behind' : 'ahead of'}`;
  return `an ACK whose time is ${off} the hub's clock (at most ${ackAgeMaxMs / 1000}): it is a recorded one, or one of the clocks is wrong`;
}
