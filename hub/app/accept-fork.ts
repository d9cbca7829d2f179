import { newEpoch } from '../../shared/ids.ts';
import {
  alarmEntrySchema,
  chainHash,
  genesisHash,
  readingSchema,
  routineEntrySchema,
} from '../../shared/wire/entry.ts';
import { branchesOf, type ForkedEntry } from '../domain/fork.ts';
import type { EntriesMessage } from '../ingest/admit.ts';
import { commitGroup } from '../ingest/commit-group.ts';
import type { CommitWork } from '../ingest/commit-work.ts';

/** As it came: each message at its own time, with its own reading of the station's clocks. */
interface SetAsideEntry extends ForkedEntry {
  readonly sent: string;
  readonly received_ms: number;
}

/**
 * Enters what was set aside into the journal: each branch under an epoch of its own, from the sequence
 * on that it has, so that its entries stay as the station wrote them; and each message dated, and taken
 * to be late or not, by when it really came.
 * @param workAt what to commit with, as at that time
 */
export async function acceptFork(
  station: string,
  entries: readonly SetAsideEntry[],
  workAt: (receivedMs: number) => CommitWork,
): Promise<void> {
  for (const branch of branchesOf(entries)) {
    const [first] = branch;
    if (!first) continue;
    const { lane, seq: oldest } = first;
    const epoch = newEpoch();
    let previous = genesisHash(epoch, lane);
    await beginLane(workAt(first.received_ms), { station, epoch, lane, oldest, previous });
    for (const part of messagesOf(branch)) {
      const texts = part.map(({ body }) => body);
      const sent = readingSchema.parse(JSON.parse(part[0]?.sent ?? 'null'));
      const envelope = { v: 1, station, epoch, sent, oldest, previous } as const;
      const said = texts.map((text): unknown => JSON.parse(text));
      const message: EntriesMessage =
        lane === 'alarm'
          ? { ...envelope, kind: 'alarm', entries: said.map((one) => alarmEntrySchema.parse(one)) }
          : {
              ...envelope,
              kind: 'journal',
              entries: said.map((one) => routineEntrySchema.parse(one)),
            };
      const receivedMs = part[0]?.received_ms ?? first.received_ms;
      await commitGroup(workAt(receivedMs), [{ message, texts, mac: '' }]);
      previous = texts.reduce(chainHash, previous);
    }
  }
}

/** The lane begins where the copy began: nothing before that is missing in it. */
async function beginLane(
  { statements }: CommitWork,
  lane: { station: string; epoch: string; lane: string; oldest: number; previous: string },
): Promise<void> {
  const { station, epoch, oldest, previous: hash } = lane;
  const [row] = await statements.addLane({ station, epoch, name: lane.lane, hash });
  if (!row) throw new Error('a lane that was just made is not there');
  await statements.moveLane({ ...row, through: oldest - 1 });
}

/** Neighbours that came in the same message. */
function messagesOf(branch: readonly SetAsideEntry[]): SetAsideEntry[][] {
  const parts: SetAsideEntry[][] = [];
  for (const entry of branch) {
    const part = parts.at(-1);
    const last = part?.at(-1);
    if (last?.sent === entry.sent && last.received_ms === entry.received_ms) part?.push(entry);
    else parts.push([entry]);
  }
  return parts;
}
