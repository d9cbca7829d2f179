import { chainHash, type Lane } from '../../shared/wire/entry.ts';

/** An entry that was set aside, as far as its place among the others goes. */
export interface ForkedEntry {
  readonly lane: Lane;
  readonly seq: number;
  /** The entry as JSON text, exactly as the station hashed it. */
  readonly body: string;
  readonly hash: string;
}

/**
 * Which entries follow each other: two copies of one memory card wrote under the same epoch and the
 * same sequences, and only the hash chain tells their entries apart.
 * @param entries in the order of their sequences
 * @returns chains, each of one lane and without a hole
 */
export function branchesOf<T extends ForkedEntry>(entries: readonly T[]): T[][] {
  const branches: T[][] = [];
  for (const entry of entries) {
    const branch = branches.find((one) => {
      const last = one.at(-1);
      return (
        last?.lane === entry.lane &&
        last.seq === entry.seq - 1 &&
        chainHash(last.hash, entry.body) === entry.hash
      );
    });
    if (branch) branch.push(entry);
    else branches.push([entry]);
  }
  return branches;
}
