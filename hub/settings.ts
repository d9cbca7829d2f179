import { z } from 'zod';

/** hub.json in the data folder. */
export const hubSettingsSchema = z.object({
  mqtt: z
    .object({
      host: z
        .literal(['127.0.0.1', '::1', 'localhost'], 'only loopback without TLS')
        .default('127.0.0.1'),
      port: z.int().min(0).max(65535).default(1883),
    })
    .prefault({}),
  timeZone: z.string().default('Asia/Shanghai'),
});
export type HubSettings = z.infer<typeof hubSettingsSchema>;
