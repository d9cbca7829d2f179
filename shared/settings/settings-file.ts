import { LowSync } from 'lowdb';
import type { z } from 'zod';
import { DurableFile } from './durable-file.ts';

/** A settings file that cannot be used. `faults` lists everything that is wrong with it, at once. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly faults: readonly string[];
  constructor(file: string, faults: readonly string[]) {
    super([`${file} cannot be used:`, ...faults.map((fault) => `  - ${fault}`)].join('\n'));
    this.faults = faults;
  }
}

/** @returns the settings, defaults filled in, frozen. @throws SettingsError with all faults. */
export function readSettings<T>(file: string, schema: z.ZodType<T>): Readonly<T> {
  const parsed = schema.safeParse(readJson(file));
  if (!parsed.success) throw new SettingsError(file, parsed.error.issues.map(describeIssue));
  return Object.freeze(parsed.data);
}

/** Writes the settings durably, mode 0600. */
export function writeSettings<T>(file: string, settings: T): void {
  const store = new LowSync<T>(new DurableFile<T>(file), settings);
  store.write();
}

function readJson(file: string): unknown {
  // null stands for "no file": lowdb insists on some default.
  const store = new LowSync<unknown>(new DurableFile<unknown>(file), null);
  try {
    store.read();
  } catch (error) {
    if (error instanceof SyntaxError) throw new SettingsError(file, [notJson(error)]);
    throw new SettingsError(file, [error instanceof Error ? error.message : String(error)]);
  }
  if (store.data === null) throw new SettingsError(file, ['there is no such file']);
  return store.data;
}

/** JSON.parse quotes the text around the fault, and that may be a key: of its words, only the place is told. */
function notJson(error: SyntaxError): string {
  const [, line, column] = /line (\d+) column (\d+)/.exec(error.message) ?? [];
  return line === undefined ? 'is not JSON' : `is not JSON at line ${line}, column ${column}`;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return `${issue.path.join('.') || 'the file'}: ${issue.message}`;
}
