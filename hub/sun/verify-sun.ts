import { timingSafeEqual } from 'node:crypto';
import type { SunMessage } from '../../shared/wire/entry.ts';
import type { SunKeys } from './diversify.ts';
import { piccDataBytes, readPiccData, sdmMac, sdmMacBytes } from './sdm.ts';

/** Why a message proves nothing: too short or no hex, of no card of ours, or made without its key. */
export type SunForgery = 'truncated' | 'unreadable' | 'wrong-mac';

export type SunVerdict =
  | { readonly ok: true; readonly uid: string; readonly counter: number }
  | { readonly ok: false; readonly reason: SunForgery };

/**
 * Whether a card of the scheme has made this message (AN12196 §3.4). Whether it made it just now, the
 * counter tells beside those that were seen before.
 */
export function verifySun({ picc, cmac }: SunMessage, keys: SunKeys): SunVerdict {
  const [encrypted, mac] = [bytesOf(picc, piccDataBytes), bytesOf(cmac, sdmMacBytes)];
  if (encrypted === undefined || mac === undefined) return { ok: false, reason: 'truncated' };
  const read = readPiccData(keys.meta, encrypted);
  if (read === undefined) return { ok: false, reason: 'unreadable' };
  const expected = sdmMac(keys.fileOf(read.uid), read);
  if (!timingSafeEqual(expected, mac)) return { ok: false, reason: 'wrong-mac' };
  return { ok: true, uid: read.uid.toString('hex').toUpperCase(), counter: read.counter };
}

const bytesOf = (hex: string, length: number): Buffer | undefined =>
  hex.length === 2 * length && /^[0-9a-f]*$/i.test(hex) ? Buffer.from(hex, 'hex') : undefined;
