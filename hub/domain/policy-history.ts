import type { Policy } from './policy.ts';

export interface PolicyVersion {
  readonly version: number;
  /** The first day that it holds for. */
  readonly effectiveFrom: string;
  readonly policy: Policy;
}

/** Oldest first; of those for the same day the one published last comes last, and holds. */
export type PolicyHistory = readonly PolicyVersion[];

export const inOrder = (a: PolicyVersion, b: PolicyVersion): number => {
  if (a.effectiveFrom !== b.effectiveFrom) return a.effectiveFrom < b.effectiveFrom ? -1 : 1;
  return a.version - b.version;
};

/** @throws Error when none is in force on the day: the hub comes with one that always is */
export function inForceOn(history: PolicyHistory, day: string): PolicyVersion {
  const found = history.findLast(({ effectiveFrom }) => effectiveFrom <= day);
  if (!found) throw new Error(`no policy is in force on ${day}`);
  return found;
}

/** `replaced`: another version was published for the same day, before it began. */
export type PolicyState = 'past' | 'in-force' | 'to-come' | 'replaced';

/** @returns for each version how it stands on `today`, and the first day that it holds for no more. */
export const standingOf = <T extends PolicyVersion>(
  history: readonly T[],
  today: string,
): (T & { state: PolicyState; until: string | null })[] =>
  history.map((one, index) => {
    const until = history[index + 1]?.effectiveFrom ?? null;
    return { ...one, until, state: stateOf(one.effectiveFrom, until, today) };
  });

function stateOf(from: string, until: string | null, today: string): PolicyState {
  if (from === until) return 'replaced';
  if (from > today) return 'to-come';
  return until === null || until > today ? 'in-force' : 'past';
}
