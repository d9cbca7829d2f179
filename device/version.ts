import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The version that this program runs, as its manifest states it. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return z.looseObject({ version: z.string() }).parse(manifest).version;
}
