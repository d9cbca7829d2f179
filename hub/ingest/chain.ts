import { chainHash, genesisHash, type Lane } from '../../shared/wire/entry.ts';
import type { Trx } from '../store/schema.ts';
import type { Admitted, EntriesMessage } from './admit.ts';

export interface LaneKey {
  readonly station: string;
  readonly epoch: string;
  readonly lane: Lane;
}

export interface ChainedEntry {
  readonly entry: EntriesMessage['entries'][number];
  readonly text: string;
  readonly hash: string;
}

/** How a message stands to what is committed: `fresh` are the entries that are not yet there. */
export type ChainCheck =
  | { kind: 'follows'; fresh: ChainedEntry[]; through: number; hash: string }
  | { kind: 'gap'; through: number; hash: string }
  | { kind: 'fork'; detail: string };

export const laneOf = (message: EntriesMessage): Lane =>
  message.kind === 'alarm' ? 'alarm' : 'routine';

/** Recomputes the hashes of a message's entries and holds them against the journal. */
export async function checkChain(
  trx: Trx,
  message: EntriesMessage,
  texts: Admitted['texts'],
): Promise<ChainCheck> {
  const key = { station: message.station, epoch: message.epoch, lane: laneOf(message) };
  const cursor = await cursorOf(trx, key);
  const first = message.entries[0]?.seq ?? 1;
  if (first > cursor.through + 1) return { kind: 'gap', ...cursor };
  const last = first + message.entries.length - 1;
  const stored = await storedHashes(trx, key, first - 1, Math.min(last, cursor.through));
  stored.set(0, genesisHash(key.epoch, key.lane));
  if (stored.get(first - 1) !== message.previous) {
    return { kind: 'fork', detail: `another entry stands before ${first}` };
  }
  let hash = message.previous;
  const fresh: ChainedEntry[] = [];
  for (const [index, entry] of message.entries.entries()) {
    const text = texts[index] ?? '';
    hash = chainHash(hash, text);
    if (entry.seq > cursor.through) fresh.push({ entry, text, hash });
    else if (stored.get(entry.seq) !== hash) {
      return { kind: 'fork', detail: `${entry.seq} is stored with other content` };
    }
  }
  return fresh.length === 0
    ? { kind: 'follows', fresh, ...cursor }
    : { kind: 'follows', fresh, through: last, hash };
}

/** How far a lane is committed, and the chain hash there; 0 and the first hash when nothing is. */
export async function cursorOf(trx: Trx, key: LaneKey): Promise<{ through: number; hash: string }> {
  const row = await trx
    .selectFrom('station_cursor')
    .select(['through', 'hash'])
    .where('station', '=', key.station)
    .where('epoch', '=', key.epoch)
    .where('lane', '=', key.lane)
    .executeTakeFirst();
  return row ?? { through: 0, hash: genesisHash(key.epoch, key.lane) };
}

export async function moveCursor(trx: Trx, key: LaneKey, through: number, hash: string) {
  await trx
    .insertInto('station_cursor')
    .values({ ...key, through, hash })
    .onConflict((conflict) =>
      conflict.columns(['station', 'epoch', 'lane']).doUpdateSet({ through, hash }),
    )
    .execute();
}

async function storedHashes(trx: Trx, key: LaneKey, from: number, to: number) {
  const rows = await trx
    .selectFrom('journal')
    .select(['seq', 'hash'])
    .where('station', '=', key.station)
    .where('epoch', '=', key.epoch)
    .where('lane', '=', key.lane)
    .where('seq', '>=', from)
    .where('seq', '<=', to)
    .execute();
  return new Map(rows.map(({ seq, hash }) => [seq, hash]));
}
