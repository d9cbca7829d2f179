import { z } from 'zod';

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
