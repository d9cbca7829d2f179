import {
  alarmEntrySchema,
  chainHash,
  type Lane,
  routineEntrySchema,
} from '../../shared/wire/entry.ts';
import type { Journal } from './journal.ts';
import { JournalUnreadable, reading } from './reading.ts';

/**
 * Entries as the hub will take them: it refuses a message whole for one entry that breaks the schema
 * or the chain, so such a one would hold up all that come after it. `boots` are those that they are of.
 * @throws JournalUnreadable when one is missing or not what was written
 */
export function readForHub(
  journal: Pick<Journal, 'read' | 'hashBefore'>,
  lane: Lane,
  { from, through }: { from: number; through: number },
): { previous: string; entries: unknown[]; boots: ReadonlySet<string> } {
  return reading(`what the ${lane} lane has from ${from} through ${through}`, () => {
    const schema = lane === 'alarm' ? alarmEntrySchema : routineEntrySchema;
    const previous = journal.hashBefore(lane, from);
    const rows = journal.read(lane, from, through);
    if (rows.length !== through - from + 1) throw new JournalUnreadable('entries are missing');
    let before = previous;
    const boots = new Set<string>();
    const entries = rows.map(({ text, hash }): unknown => {
      before = chainHash(before, text);
      if (before !== hash) throw new JournalUnreadable('the hash chain is broken');
      const entry: unknown = JSON.parse(text);
      boots.add(schema.parse(entry).at.boot);
      return entry; // as it was written: the hash covers the text, and no schema may reorder it
    });
    return { previous, entries, boots };
  });
}
