import { createHmac } from 'node:crypto';

/** 128 bits: enough that two cards of a scheme never meet, short enough to read in a log. */
const tokenHexDigits = 32;

/**
 * What a card is called outside the station: HMAC-SHA256(scheme key, UID), truncated to 128 bits.
 * Without the scheme key nobody can tell which card a token stands for.
 * @param schemeKey base64url, 32 bytes
 * @param uid hex digits
 */
export function cardToken(schemeKey: string, uid: string): string {
  return createHmac('sha256', Buffer.from(schemeKey, 'base64url'))
    .update(Buffer.from(uid, 'hex'))
    .digest('hex')
    .slice(0, tokenHexDigits);
}
