import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { brokerUrlSchema } from '../shared/bus/broker-url.ts';
import { certificateSchema } from '../shared/settings/certificate-schema.ts';
import { readSettings } from '../shared/settings/settings-file.ts';
import { type FalseAlarmRule, falseAlarmRuleSchema } from './domain/false-alarms.ts';
import { ladderSchema, strangersOn } from './ladder/ladder-settings.ts';
import { notifiersSchema } from './notify/notifier-settings.ts';

const loopback = z.literal(['127.0.0.1', '::1', 'localhost'], 'only loopback without TLS');
const portSchema = z.int().min(0).max(65_535);

/** Where stations come in. Passwords and MACs alone do not hide who taps where: only loopback may go unencrypted. */
const stationDoor = (port: number) =>
  z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: portSchema.default(port),
      /** PEM files; relative names are below the data folder. */
      tls: z.strictObject({ certFile: z.string().min(1), keyFile: z.string().min(1) }).optional(),
    })
    .refine(({ host, tls }) => loopback.safeParse(host).success || tls !== undefined, {
      path: ['tls'],
      error: 'any host but 127.0.0.1, ::1 and localhost needs certFile and keyFile here',
      // Whatever else is wrong, so that all faults are listed at once.
      when: ({ value }) => z.looseObject({ host: z.string() }).safeParse(value).success,
    });

/** EN 50136 SP5 and DP4 report a lost station within 90 s; a station speaks every 29 s. */
const silentAfterDefaultMs = 90_000;

/** When an operator gets a suggestion about a station. It is never more than that. */
const falseAlarmsPart = { falseAlarms: falseAlarmRuleSchema.prefault({}) };
const timeZonePart = {
  timeZone: z.string().refine(isTimeZone, 'not a time zone').default('Asia/Shanghai'),
};

/** Long enough for any law that there is on how long to keep. */
const daysMax = 3_650;
/** A check-in is accepted for a day at least, and stations keep what was delivered for 30. */
const checkInDaysMin = 31;
const contributionTextDaysDefault = 365;
const contributionReadersMax = 100;

const nightPart = {
  /** What is kept how long of who was where. */
  privacy: z
    .strictObject({
      /**
       * Details of check-ins, in days; without it they are kept. Never shorter than the policy's acceptDays
       * and 30 days, in which stations may bring them again; a month goes when its last day is as old.
       */
      checkInDays: z.int().min(checkInDaysMin).max(daysMax).optional(),
      /** Texts of contributions, which may name people. */
      contributionTextDays: z.int().min(1).max(daysMax).default(contributionTextDaysDefault),
      /** Who may read them besides who recorded one; without it, whoever says why. */
      contributionReaders: z.array(z.string().trim().min(1)).max(contributionReadersMax).optional(),
    })
    .prefault({}),
  nightly: z
    .strictObject({
      /** Local time, HH:MM: when removal, expiry and the look for oddities begin. */
      at: z
        .string()
        .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'expected a time as HH:MM')
        .default('03:30'),
    })
    .prefault({}),
};

const settingsSchema = z.strictObject({
  /** The hub's own broker. */
  mqtt: stationDoor(1883).prefault({}),
  /** Use this broker instead of the hub's own, which then is not started. */
  externalBroker: z
    .strictObject({
      url: brokerUrlSchema,
      username: z.string().optional(),
      password: z.string().optional(),
      /** PEM text of the authority that signed the broker's certificate. */
      ca: certificateSchema.optional(),
    })
    .optional(),
  http: z
    .strictObject({ host: loopback.default('127.0.0.1'), port: portSchema.default(8080) })
    .prefault({}),
  /**
   * Where a station brings an alarm that the broker does not take. A listener of its own, so that
   * metrics and health stay on loopback whatever address this one has; not there unless it is asked for.
   */
  stationHttp: stationDoor(8443).optional(),
  /**
   * A station that is not heard of is trouble no later than this. Twice its own 29 s at least; for a station
   * that is to be missed sooner, see "station watch".
   */
  silentAfterMs: z.int().min(60_000).max(600_000).default(silentAfterDefaultMs),
  /** Ways to reach people outside; none is used unless something names it. */
  notifiers: notifiersSchema,
  /** Who is told of an alarm that nobody acknowledges, and when. */
  ladder: ladderSchema.prefault({}),
  /** A station whose last test of the alarm's way is older than so many days is trouble. */
  testEveryDays: z.int().min(1).max(3650).default(90),
  ...falseAlarmsPart,
  ...timeZonePart,
  ...nightPart,
});

/** hub.json in the data folder. */
export const hubSettingsSchema = settingsSchema.superRefine(({ ladder, notifiers }, context) => {
  const names = notifiers.map(({ name }) => name);
  const known = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`;
  for (const stranger of strangersOn(ladder, names)) {
    const message = `there is no notifier ${stranger}: ${known}`;
    context.addIssue({ code: 'custom', path: ['ladder', 'steps'], message });
  }
});
export type HubSettings = z.infer<typeof hubSettingsSchema>;

/** @returns what hub.json in the data folder says, or the defaults where there is none. @throws SettingsError */
export function readHubSettings(dataDir: string): HubSettings {
  const file = join(dataDir, 'hub.json');
  return existsSync(file) ? readSettings(file, hubSettingsSchema) : hubSettingsSchema.parse({});
}

/** For commands that need no more: what else is wrong with the file keeps nobody from closing a day. */
export const readTimeZone = (dataDir: string): string =>
  readPart(dataDir, z.looseObject(timeZonePart)).timeZone;

/** What the nightly work needs. */
export const readNightSettings = (dataDir: string) =>
  readPart(dataDir, z.looseObject({ ...nightPart, ...timeZonePart }));

/** @returns who may read what contributions were, or undefined where nobody is named. */
export const readContributionReaders = (dataDir: string): readonly string[] | undefined =>
  readPart(dataDir, z.looseObject(nightPart)).privacy.contributionReaders;

export const readFalseAlarmRule = (dataDir: string): FalseAlarmRule =>
  readPart(dataDir, z.looseObject(falseAlarmsPart)).falseAlarms;

function readPart<T>(dataDir: string, schema: z.ZodType<T>): T {
  const file = join(dataDir, 'hub.json');
  return existsSync(file) ? readSettings(file, schema) : schema.parse({});
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false; // a RangeError is how Intl says that it does not know the zone
  }
}
