import { z } from 'zod';
import {
  alarmEntrySchema,
  chainHash,
  type Lane,
  routineEntrySchema,
} from '../../shared/wire/entry.ts';
import type { Journal } from './journal.ts';

/** A sound SQLite file whose content is not what was written: as bad as a file that SQLite refuses. */
export class JournalUnreadable extends Error {
  override readonly name = 'JournalUnreadable';
}

/**
 * Reads of the journal, and takes what does not parse for damage. SQLite's own errors pass as they
 * are: their code says whether the file is at fault.
 * @param what is being read, for the log; the content itself never gets there
 */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isParsing = error instanceof SyntaxError || error instanceof z.ZodError;
    throw isParsing ? new JournalUnreadable(`${what} is not what was written`) : error;
  }
}

/**
 * Entries as the hub will take them: it refuses a message whole for one entry that breaks the schema
 * or the chain, so such a one would hold up all that come after it.
 * @throws JournalUnreadable when one is missing or not what was written
 */
export function readForHub(
  journal: Pick<Journal, 'read' | 'hashBefore'>,
  lane: Lane,
  { from, through }: { from: number; through: number },
): { previous: string; entries: unknown[] } {
  return reading(`what the ${lane} lane has from ${from} through ${through}`, () => {
    const schema = lane === 'alarm' ? alarmEntrySchema : routineEntrySchema;
    const previous = journal.hashBefore(lane, from);
    const rows = journal.read(lane, from, through);
    if (rows.length !== through - from + 1) throw new JournalUnreadable('entries are missing');
    let before = previous;
    const entries = rows.map(({ text, hash }): unknown => {
      before = chainHash(before, text);
      if (before !== hash) throw new JournalUnreadable('the hash chain is broken');
      const entry: unknown = JSON.parse(text);
      schema.parse(entry);
      return entry; // as it was written: the hash covers the text, and no schema may reorder it
    });
    return { previous, entries };
  });
}
