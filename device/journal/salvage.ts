import type Database from 'better-sqlite3';
import { z } from 'zod';
import { epochSchema } from '../../shared/ids.ts';
import type { Restored } from '../domain/state.ts';
import type { EntryDraft } from '../domain/steps.ts';
import { latchedSchema } from './journal.ts';
import type { JournalFiles } from './journal-files.ts';

/** What a journal that is no longer trusted still tells. */
export interface Salvage {
  /** Entries that the hub has not receipted; undefined when nobody knows. */
  readonly undelivered: number | undefined;
  /** Alarms that were latched, or that the hub does not have yet. */
  readonly latched: Restored['latched'];
}

/** Reads as much as there is, and never fails: each question is asked on its own. */
export function salvage(file: string, files: Pick<JournalFiles, 'open'>): Salvage {
  const db = orUndefined(() => files.open(file));
  if (db === undefined) return { undelivered: undefined, latched: [] };
  const undelivered = orUndefined(() => z.int().parse(db.prepare(undeliveredSql).pluck().get()));
  const kept = orUndefined(() => latchedSchema.parse(JSON.parse(meta(db, 'latched') ?? '[]')));
  const raised = orUndefined(() => alarmsOf(db)) ?? [];
  orUndefined(() => db.close());
  const isKept = (seq: number, epoch: string) =>
    kept?.some(({ key }) => key.epoch === epoch && key.seq === seq) ?? false;
  const others = raised.filter(({ key }) => !isKept(key.seq, key.epoch));
  return { undelivered, latched: [...(kept ?? []), ...others] };
}

const undeliveredSql =
  'SELECT count(*) FROM entry LEFT JOIN cursor USING (lane) WHERE seq > ifnull(committed, 0)';

const alarmsSql =
  "SELECT seq, text FROM entry LEFT JOIN cursor USING (lane) WHERE lane = 'alarm' AND seq > ifnull(committed, 0) ORDER BY seq";

/** What stands in the alarm lane and is no call for help. */
const calm = new Set<string | undefined>(['mistake', 'test'] satisfies EntryDraft['type'][]);

/** An entry of the alarm lane that cannot be read may be a call for help, so it counts as one. */
function alarmsOf(db: Database.Database): Restored['latched'] {
  const epoch = epochSchema.parse(meta(db, 'epoch'));
  return db
    .prepare(alarmsSql)
    .all()
    .map((row) => z.object({ seq: z.int(), text: z.unknown() }).parse(row))
    .filter(({ text }) => !calm.has(typeOf(text)))
    .map(({ seq }) => ({ key: { epoch, seq }, phase: 'sending', mistake: false }));
}

const typeOf = (text: unknown): string | undefined =>
  orUndefined(() => z.object({ type: z.string() }).parse(JSON.parse(z.string().parse(text))).type);

const meta = (db: Database.Database, key: string): string | undefined =>
  z.string().optional().parse(db.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(key));

/** The file is known to be damaged: that a question about it cannot be answered is no news. */
function orUndefined<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
