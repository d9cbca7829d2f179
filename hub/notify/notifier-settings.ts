import { z } from 'zod';
import { certificateSchema } from '../../shared/settings/certificate-schema.ts';
import { dc09Schema } from './dc09/dc09-settings.ts';
import { notifierNameSchema } from './notifier-name.ts';
import { languages } from './texts.ts';
import {
  dingtalkUrlFault,
  isEncryptedOrLocal,
  isLoopback,
  notEncrypted,
  webUrlFault,
  wecomUrlFault,
} from './url-faults.ts';
import { keyFault } from './webhook-signature.ts';

/** What every notifier has. */
const common = {
  name: notifierNameSchema,
  /** Of the texts for people. */
  language: z.enum(languages).default('zh'),
  /**
   * For one attempt. There are three, with pauses: that a notifier has failed is told after up to three
   * times this and 20 s. The ladder waits for nobody: whoever is next is told at their own time.
   */
  timeoutMs: z.int().min(500).max(60_000).default(10_000),
  /** PEM text of the authority that signed the other side's certificate, where the system has none. */
  ca: certificateSchema.optional(),
};

/** A text with a rule of its own, which says what is wrong without repeating it: it may be a secret. */
const ruled = (faultOf: (value: string) => string | undefined) =>
  z.string().superRefine((value, context) => {
    const message = faultOf(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** Lets a check of the whole object run whatever else is wrong with it, so that all faults are listed at once. */
const whenTexts =
  (...keys: readonly string[]) =>
  ({ value }: { readonly value: unknown }): boolean =>
    z.looseObject(Object.fromEntries(keys.map((key) => [key, z.string()]))).safeParse(value)
      .success;

/** POSTs signed as https://github.com/standard-webhooks/standard-webhooks specifies. */
const webhookSchema = z
  .strictObject({
    ...common,
    kind: z.literal('webhook'),
    url: ruled(webUrlFault),
    /** Signed is not encrypted: only for a network that nobody else reads. */
    allowHttp: z.boolean().default(false),
    /** `whsec_` and base64, as the receivers' libraries take it; any other text is the key as it stands. */
    secret: ruled(keyFault),
  })
  .refine(({ url, allowHttp }) => allowHttp === true || isEncryptedOrLocal(url), {
    path: ['url'],
    error: `${notEncrypted}, or set allowHttp`,
    when: whenTexts('url'),
  });

/** A WeCom group robot. */
const wecomSchema = z.strictObject({
  ...common,
  kind: z.literal('wecom'),
  url: ruled(wecomUrlFault),
  /** Rings the phones of a group that its members have muted. */
  mentionAll: z.boolean().default(false),
});

/** A DingTalk group robot. */
const dingtalkSchema = z.strictObject({
  ...common,
  kind: z.literal('dingtalk'),
  url: ruled(dingtalkUrlFault),
  /** For robots whose security setting is a signature (加签). */
  secret: z
    .string()
    .regex(/^SEC\w{16,}$/, 'expected SEC…, as the robot shows it')
    .optional(),
  mentionAll: z.boolean().default(false),
});

const address = z.email('expected an e-mail address');

/** E-mail, handed to the scheme's own mail server. */
const smtpSchema = z
  .strictObject({
    ...common,
    kind: z.literal('smtp'),
    host: z.string().regex(/^[^\s/:]+$|^[\da-f:]+$/i, 'expected a host name or an IP address'),
    /** RFC 8314: 465 for implicit TLS; RFC 6409: 587 for STARTTLS. */
    port: z.int().min(1).max(65_535).optional(),
    tls: z.enum(['implicit', 'starttls', 'none']).default('starttls'),
    user: z.string().min(1).optional(),
    password: z.string().min(1).optional(),
    from: address,
    to: z.array(address).min(1).max(20),
  })
  .refine(({ tls, host }) => tls !== 'none' || isLoopback(host), {
    path: ['tls'],
    error: 'only a mail server on this machine may go without TLS',
    when: whenTexts('tls', 'host'),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    path: ['password'],
    error: 'user and password go together',
    when: ({ value }) => z.looseObject({}).safeParse(value).success,
  });

const kinds = [webhookSchema, wecomSchema, dingtalkSchema, smtpSchema, dc09Schema] as const;
const kindNames = kinds.map(({ shape }) => shape.kind.value).join(', ');

export const notifierSchema = z.discriminatedUnion('kind', kinds, {
  error: ({ code }) => (code === 'invalid_union' ? `expected one of ${kindNames}` : undefined),
});
export type NotifierSettings = z.infer<typeof notifierSchema>;

type Kind = NotifierSettings['kind'];
/** The settings of one kind of notifier. */
export type SettingsOf<K extends Kind> = Extract<NotifierSettings, { readonly kind: K }>;

const namedSchema = z.looseObject({ name: z.string() });

/** `notifiers` in hub.json. */
export const notifiersSchema = z
  .array(notifierSchema)
  .superRefine(
    (notifiers: readonly unknown[], context) => {
      const seen = new Set<string>();
      for (const [index, notifier] of notifiers.entries()) {
        const named = namedSchema.safeParse(notifier);
        if (!named.success) continue;
        const message = `another notifier is called ${named.data.name} too`;
        if (seen.has(named.data.name)) {
          context.addIssue({ code: 'custom', path: [index, 'name'], message });
        }
        seen.add(named.data.name);
      }
    },
    { when: ({ value }) => Array.isArray(value) },
  )
  .default([]);
