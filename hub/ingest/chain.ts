import { chainHash, genesisHash, type Lane } from '../../shared/wire/entry.ts';
import type { IngestStatements } from '../store/ingest-statements.ts';
import type { Trx } from '../store/schema.ts';
import type { Admitted, EntriesMessage } from './admit.ts';
import type { LaneCursor, LaneKey } from './lane-cursors.ts';

export interface ChainedEntry {
  readonly entry: EntriesMessage['entries'][number];
  readonly text: string;
  readonly hash: string;
}

/** How a message stands to what is committed. */
export type ChainCheck =
  /** `fresh` are the entries that are not yet there; none when all are. */
  | { kind: 'follows'; fresh: ChainedEntry[] }
  /** Entries between are missing; `chained` are those that came. */
  | { kind: 'gap'; chained: ChainedEntry[] }
  /** The entries from `fork[0]` on stand where others do, or follow what never was. */
  | { kind: 'fork'; fork: ChainedEntry[]; detail: string };

export const laneOf = (message: EntriesMessage): Lane =>
  message.kind === 'alarm' ? 'alarm' : 'routine';

/** Recomputes the hashes of a message's entries and holds them against the journal. */
export async function checkChain(
  statements: IngestStatements,
  cursor: LaneCursor,
  message: EntriesMessage,
  texts: Admitted['texts'],
): Promise<ChainCheck> {
  const chained = chain(message, texts);
  const first = chained[0]?.entry.seq ?? 1;
  const { through, hash } = cursor.row;
  if (first === through + 1 && message.previous === hash) {
    return { kind: 'follows', fresh: chained };
  }
  if (first > through + 1) {
    // The station has nothing older: what is missing is gone, and waiting for it helps nobody.
    return first === message.oldest
      ? { kind: 'follows', fresh: chained }
      : { kind: 'gap', chained };
  }
  return compare(await storedHashes(statements, cursor, first - 1, message), message, chained);
}

function chain(message: EntriesMessage, texts: Admitted['texts']): ChainedEntry[] {
  let hash = message.previous;
  return message.entries.map((entry, index) => {
    const text = texts[index] ?? '';
    hash = chainHash(hash, text);
    return { entry, text, hash };
  });
}

function compare(
  stored: ReadonlyMap<number, string>,
  message: EntriesMessage,
  chained: readonly ChainedEntry[],
): ChainCheck {
  const first = chained[0]?.entry.seq ?? 1;
  const before = stored.get(first - 1);
  // Unknown when the hub took the lane over half-way: what stands at `first` itself then decides.
  if (before !== undefined && before !== message.previous) {
    const detail = `another entry stands before ${first}`;
    return { kind: 'fork', fork: [...chained], detail };
  }
  const other = chained.findIndex(
    ({ entry, hash }) => stored.has(entry.seq) && stored.get(entry.seq) !== hash,
  );
  if (other >= 0) {
    const detail = `${first + other} is stored with other content`;
    return { kind: 'fork', fork: chained.slice(other), detail };
  }
  return { kind: 'follows', fresh: chained.filter(({ entry }) => !stored.has(entry.seq)) };
}

async function storedHashes(
  statements: IngestStatements,
  { row, key }: LaneCursor,
  from: number,
  message: EntriesMessage,
): Promise<Map<number, string>> {
  const last = message.entries.at(-1)?.seq ?? from;
  const rows = await statements.hashesOf({ lane_id: row.id, from, through: last });
  const hashes = new Map(rows.map(({ seq, hash }) => [seq, hash]));
  return hashes.set(0, genesisHash(key.epoch, key.lane));
}

/** How far a lane is committed, and the chain hash there; 0 and the first hash when nothing is. */
export async function cursorOf(
  trx: Trx,
  { station, epoch, lane }: LaneKey,
): Promise<{ through: number; hash: string }> {
  const row = await trx
    .selectFrom('lane')
    .select(['through', 'hash'])
    .where('station', '=', station)
    .where('epoch', '=', epoch)
    .where('name', '=', lane)
    .executeTakeFirst();
  return row ?? { through: 0, hash: genesisHash(epoch, lane) };
}
