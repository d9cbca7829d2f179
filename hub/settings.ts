import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { brokerUrlSchema } from '../shared/bus/broker-url.ts';
import { readSettings } from '../shared/settings/settings-file.ts';
import { falseAlarmRuleSchema } from './domain/false-alarms.ts';

const loopback = z.literal(['127.0.0.1', '::1', 'localhost'], 'only loopback without TLS');
const portSchema = z.int().min(0).max(65_535);

/** The hub's own broker. Passwords and MACs alone do not hide who taps where: only loopback may go unencrypted. */
const mqttSchema = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1'),
    port: portSchema.default(1883),
    /** PEM files; relative names are below the data folder. */
    tls: z.strictObject({ certFile: z.string().min(1), keyFile: z.string().min(1) }).optional(),
  })
  .refine(({ host, tls }) => loopback.safeParse(host).success || tls !== undefined, {
    path: ['tls'],
    error: 'any host but 127.0.0.1, ::1 and localhost needs certFile and keyFile here',
    // Whatever else is wrong, so that all faults are listed at once.
    when: ({ value }) => z.looseObject({ host: z.string() }).safeParse(value).success,
  });

/** EN 50136 SP5 and DP4 report a lost station within 90 s; a station speaks every 30 s. */
const silentAfterDefaultMs = 90_000;

/** hub.json in the data folder. */
export const hubSettingsSchema = z.strictObject({
  mqtt: mqttSchema.prefault({}),
  /** Use this broker instead of the hub's own, which then is not started. */
  externalBroker: z
    .strictObject({
      url: brokerUrlSchema,
      username: z.string().optional(),
      password: z.string().optional(),
      /** PEM text of the authority that signed the broker's certificate. */
      ca: z.string().optional(),
    })
    .optional(),
  http: z
    .strictObject({ host: loopback.default('127.0.0.1'), port: portSchema.default(8080) })
    .prefault({}),
  /** A station that is not heard of for so long is trouble. Twice its own 30 s at least. */
  silentAfterMs: z.int().min(60_000).max(600_000).default(silentAfterDefaultMs),
  /** When an operator gets a suggestion about a station. It is never more than that. */
  falseAlarms: falseAlarmRuleSchema.prefault({}),
  timeZone: z.string().refine(isTimeZone, 'not a time zone').default('Asia/Shanghai'),
});
export type HubSettings = z.infer<typeof hubSettingsSchema>;

/** @returns what hub.json in the data folder says, or the defaults where there is none. @throws SettingsError */
export function readHubSettings(dataDir: string): HubSettings {
  const file = join(dataDir, 'hub.json');
  return existsSync(file) ? readSettings(file, hubSettingsSchema) : hubSettingsSchema.parse({});
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false; // a RangeError is how Intl says that it does not know the zone
  }
}
