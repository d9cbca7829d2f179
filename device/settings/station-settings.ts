import { z } from 'zod';
import { brokerUrlSchema, httpsUrlSchema } from '../../shared/bus/broker-url.ts';
import { keySchema, stationIdSchema } from '../../shared/ids.ts';

const hubSchema = z.object({
  url: brokerUrlSchema,
  password: z.string().min(16, 'at least 16 characters'),
  /** PEM text of the authority that signed the broker's certificate. */
  ca: z.string().optional(),
});

const secondPathSchema = z.strictObject({
  /** Base address of the hub's door for alarms. */
  url: httpsUrlSchema,
  /** PEM text of the authority that signed the hub's certificate. */
  ca: z.string().optional(),
});

const relaySchema = z.strictObject({
  /** Relays neighbours' alarms, and lets neighbours relay this station's. */
  enabled: z.boolean().default(false),
  /** Neighbours cannot reach loopback: whoever turns relaying on asks for the local network. */
  host: z.string().min(1).default('0.0.0.0'),
  port: z.int().min(0).max(65_535).default(8110),
});

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

const mib = 1024 ** 2;

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
  /** Where an alarm goes when the broker does not take it. */
  secondPath: secondPathSchema.optional(),
  relay: relaySchema.prefault({}),
  /** Calls for help show as one discreet wink and sound nothing, as at a bank counter. */
  silent: z.boolean().default(false),
  journal: z
    .strictObject({
      /** Delivered entries stay so long, for a hub that comes back from a backup (DESIGN, promise 7). */
      keepDays: z.int().min(1).max(3650).default(30),
      /** With less room than this on the disk, taps are refused: 64 MiB is little of an 8 GB card. */
      diskReserveBytes: z
        .int()
        .min(16 * mib)
        .default(64 * mib),
    })
    .prefault({}),
});
export type StationSettings = z.infer<typeof stationSettingsSchema>;
