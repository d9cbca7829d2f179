import { createHmac } from 'node:crypto';

/** Standard Webhooks 1.0.0, "Signature scheme": how a secret is written down. */
const prefix = 'whsec_';
/** The same section: 192 bits at least, 512 at most. */
const [keyBytesMin, keyBytesMax] = [24, 64];
const textCharactersMin = 16;

/** @returns the key that a secret stands for */
export const keyOf = (secret: string): Buffer =>
  secret.startsWith(prefix)
    ? Buffer.from(secret.slice(prefix.length), 'base64')
    : Buffer.from(secret);

/** @returns what is wrong with a secret, or undefined. The secret is not in it. */
export function keyFault(secret: string): string | undefined {
  if (!secret.startsWith(prefix)) {
    return secret.length < textCharactersMin
      ? `expected ${prefix}… or at least ${textCharactersMin} characters`
      : undefined;
  }
  const { length } = keyOf(secret);
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(secret.slice(prefix.length));
  return isBase64 && length >= keyBytesMin && length <= keyBytesMax
    ? undefined
    : `expected ${keyBytesMin} to ${keyBytesMax} bytes as base64 after ${prefix}`;
}

export interface Signed {
  readonly id: string;
  /** When this attempt is made; a receiver refuses old ones. */
  readonly timestampS: number;
  readonly body: string;
}

/**
 * The headers of one attempt (Standard Webhooks 1.0.0, "Webhook headers").
 * @param secret as the settings have it
 */
export function signedHeaders(
  secret: string,
  { id, timestampS, body }: Signed,
): Record<string, string> {
  const hmac = createHmac('sha256', keyOf(secret)).update(`${id}.${timestampS}.${body}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': `v1,${hmac.digest('base64')}`,
  };
}

/** "It's important that the message id … not be allowed to include any `.`": nor what no header can hold. */
export const webhookId = (noticeId: string): string =>
  encodeURIComponent(noticeId).replaceAll('.', '%2E');
