import type { Lane, Reading } from '../../shared/wire/entry.ts';
import type { Journal } from '../journal/journal.ts';
import { readForHub } from '../journal/read-for-hub.ts';

/**
 * The message that carries entries of a lane, with what the hub once said of the boots that they are of.
 * @throws JournalUnreadable or SqliteError when the journal does not give them
 */
export function entriesMessage(
  journal: Journal,
  { lane, from, through }: { lane: Lane; from: number; through: number },
  { station, sent }: { station: string; sent: Reading },
): object {
  const { previous, entries, boots } = readForHub(journal, lane, { from, through });
  const anchors = journal.boots.of(boots);
  return {
    v: 1,
    station,
    kind: lane === 'alarm' ? 'alarm' : 'journal',
    epoch: journal.epoch,
    sent,
    oldest: journal.oldest(lane),
    ...(anchors.length > 0 ? { boots: anchors } : {}),
    previous,
    entries,
  };
}
