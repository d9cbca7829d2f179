import { z } from 'zod';
import { keySchema, stationIdSchema } from '../../shared/ids.ts';

const hubSchema = z.object({
  url: z
    .string()
    .regex(/^mqtts?:\/\/[^/\s]+$/, 'expected mqtt://host:port or mqtts://host:port')
    .refine(isEncryptedOrLocal, 'use mqtts:// for any host but this machine'),
  password: z.string().min(16, 'at least 16 characters'),
  /** PEM text of the authority that signed the broker's certificate. */
  ca: z.string().optional(),
});

/** Passwords and MACs alone do not hide who taps where: only loopback may go unencrypted. */
function isEncryptedOrLocal(url: string): boolean {
  return (
    url.startsWith('mqtts://') || /^mqtt:\/\/(127\.[\d.]+|localhost|\[::1\])(:\d+)?$/.test(url)
  );
}

const readerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('pcsc') }),
  z.strictObject({ kind: z.literal('virtual') }),
]);

const panelSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('firmata'),
    /** A name that survives replugging, such as one under /dev/serial/by-id. */
    path: z.string().min(1),
  }),
  z.strictObject({ kind: z.literal('virtual') }),
]);

/** `station.json`: all that a station knows before it first meets the hub. It holds keys: mode 0600. */
export const stationSettingsSchema = z.strictObject({
  station: stationIdSchema,
  hub: hubSchema,
  macKey: keySchema,
  schemeKey: keySchema,
  dataDir: z.string().min(1),
  reader: readerSchema,
  panel: panelSchema,
  button: z
    .strictObject({
      holdMs: z.int().min(300).max(5000).default(1000),
      pressesWithinMs: z.int().min(500).max(5000).default(2000),
    })
    .prefault({}),
});
export type StationSettings = z.infer<typeof stationSettingsSchema>;
