import { z } from 'zod';
import { stationIdSchema } from '../../../shared/ids.ts';
import { noticeLimitMs } from '../notifier.ts';
import { notifierNameSchema } from '../notifier-name.ts';
import { deliveryMaxMs, supervisionMinS } from './line-limits.ts';

const hexDigits = (least: number, most: number, what: string) =>
  z
    .string()
    .regex(
      new RegExp(`^[0-9A-Fa-f]{${least},${most}}$`),
      `${what}: ${least} to ${most} hexadecimal digits`,
    )
    .toUpperCase();

/** Contact ID has three digits for it, and 000 for "not known". */
const zoneLast = 999;
const zoneSchema = z.int().min(1).max(zoneLast);

const supervisionMaxS = 3_600;

const timesSchema = z.looseObject({ ackTimeoutS: z.int(), attemptsMax: z.int() });
const supervisedSchema = timesSchema.extend({ supervisionS: z.int().optional() });

/** A monitoring station that takes events as ANSI/SIA DC-09. What it asks for, its operators tell. */
export const dc09Schema = z
  .strictObject({
    kind: z.literal('dc09'),
    name: notifierNameSchema,
    host: z.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'expected a host name or an IP address'),
    port: z.int().min(1).max(65_535),
    transport: z.enum(['tcp', 'udp']).default('tcp'),
    account: hexDigits(3, 16, 'the account'),
    /** Receiver number and line prefix, where the monitoring station wants others than 0. */
    receiver: hexDigits(1, 6, 'the receiver number').default('0'),
    line: hexDigits(1, 6, 'the line prefix').default('0'),
    format: z.enum(['sia', 'contact-id']).default('sia'),
    /** AES key; a secret. Without one, whoever is on the way can read events and forge answers. */
    key: z
      .string()
      .regex(
        /^(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{48}|[0-9A-Fa-f]{64})$/,
        'expected 32, 48 or 64 hexadecimal digits (AES-128, -192, -256)',
      )
      .optional(),
    /**
     * A line that is lost is trouble no later than this after its last sign of life; between alarms it
     * is tried as often as that takes. 0 for never. Left out, it is 90 s, or more where the two below
     * leave no room for that.
     */
    supervisionS: z.int().min(0).max(supervisionMaxS).optional(),
    /** How long an answer may take before the same frame is sent again. */
    ackTimeoutS: z.int().min(1).max(60).default(5),
    /** How often one event is sent before the ladder hears that it failed; the ladder waits for nobody. */
    attemptsMax: z.int().min(1).max(10).default(3),
    /** Which zone (for a test: which user) of the account a relay station is. */
    zones: z
      .record(stationIdSchema, zoneSchema)
      .superRefine((zones, context) => {
        const seen = new Map<number, string>();
        for (const [station, zone] of Object.entries(zones)) {
          const other = seen.get(zone);
          if (other !== undefined) {
            const message = `is ${other}'s zone ${zone} too: help would be sent to one of the two`;
            context.addIssue({ code: 'custom', path: [station], message });
          }
          seen.set(zone, station);
        }
      })
      .default({}),
    /** Stations that are not listed; 0 says "not known". */
    zoneDefault: z.int().min(0).max(zoneLast).default(0),
  })
  .superRefine(
    (settings, context) => {
      const maxMs = deliveryMaxMs(settings);
      if (maxMs <= noticeLimitMs) return;
      const message = `with ackTimeoutS one notice might take ${maxMs / 1000} s: ${noticeLimitMs / 1000} at most`;
      context.addIssue({ code: 'custom', path: ['attemptsMax'], message });
    },
    { when: ({ value }) => timesSchema.safeParse(value).success },
  )
  .superRefine(
    (settings, context) => {
      const { supervisionS } = settings;
      const maxMs = deliveryMaxMs(settings);
      const minS = supervisionMinS(maxMs);
      const isKept = supervisionS === undefined || supervisionS === 0 || supervisionS >= minS;
      if (isKept || maxMs > noticeLimitMs) return;
      const message = `one try may take ${maxMs / 1000} s with ackTimeoutS and attemptsMax: 0, or ${minS} to ${supervisionMaxS}`;
      context.addIssue({ code: 'custom', path: ['supervisionS'], message });
    },
    { when: ({ value }) => supervisedSchema.safeParse(value).success },
  )
  .refine(({ zones, zoneDefault }) => !Object.values(zones).includes(zoneDefault), {
    path: ['zoneDefault'],
    error:
      'is the zone of a station: help would be sent there for every station that is not listed',
    // Whatever else is wrong, so that all faults are listed at once.
    when: ({ value }) =>
      z.looseObject({ zones: z.record(z.string(), z.unknown()) }).safeParse(value).success,
  });
export type Dc09Settings = z.infer<typeof dc09Schema>;
