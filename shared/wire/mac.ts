import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * A message is one JSON object whose last member is `mac`. The MAC is HMAC-SHA256 over the exact
 * bytes in front of it, so nobody has to agree on a canonical form: what was sent is what is checked.
 */
const opening = Buffer.from(',"mac":"');
const closing = Buffer.from('"}');
/** 32 bytes as base64url without padding (RFC 4648 §5). */
const macLength = 43;
const tailLength = opening.length + macLength + closing.length;

/** @returns it as base64url. */
const hmac = (key: string, bytes: Uint8Array): string =>
  createHmac('sha256', Buffer.from(key, 'base64url')).update(bytes).digest('base64url');

/** @returns the message as bytes, `body` followed by its MAC. `body` must not be empty. */
export function seal(key: string, body: object): Buffer {
  const head = Buffer.from(JSON.stringify(body).slice(0, -1));
  return Buffer.concat([head, opening, Buffer.from(hmac(key, head)), closing]);
}

/** @returns the MAC that the message carries (base64url), or undefined when it does not end in one. */
export function carriedMac(payload: Uint8Array): string | undefined {
  const tail = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).subarray(
    -tailLength,
  );
  const shaped =
    tail.length === tailLength &&
    tail.subarray(0, opening.length).equals(opening) &&
    tail.subarray(-closing.length).equals(closing);
  return shaped ? tail.subarray(opening.length, -closing.length).toString('latin1') : undefined;
}

/** @returns whether the message ends in the MAC of the bytes before it under `key`. */
export function isAuthentic(key: string, payload: Uint8Array): boolean {
  const carried = carriedMac(payload);
  if (carried === undefined) return false;
  const expected = hmac(key, payload.subarray(0, payload.byteLength - tailLength));
  // Compared as text: the last character of base64url has spare bits that decoding would ignore.
  return timingSafeEqual(Buffer.from(expected), Buffer.from(carried, 'latin1'));
}
