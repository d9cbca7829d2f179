import { z } from 'zod';

/** Where a broker is. Passwords and MACs alone do not hide who taps where: only loopback may go unencrypted. */
export const brokerUrlSchema = z
  .string()
  .regex(/^mqtts?:\/\/[^/\s]+$/, 'expected mqtt://host:port or mqtts://host:port')
  .refine(isEncryptedOrLocal, 'use mqtts:// for any host but this machine');

function isEncryptedOrLocal(url: string): boolean {
  return (
    url.startsWith('mqtts://') || /^mqtt:\/\/(127\.[\d.]+|localhost|\[::1\])(:\d+)?$/.test(url)
  );
}

/** Where the hub's door for alarms is, under the same rule. */
export const httpsUrlSchema = z
  .string()
  .regex(
    /^(https:\/\/[^/\s]+|http:\/\/(127\.[\d.]+|localhost|\[::1\])(:\d+)?)$/,
    // One fault is enough for one address.
    { error: 'expected https://host:port (http:// for this machine only)', abort: true },
  )
  .refine(URL.canParse, 'not an address');
