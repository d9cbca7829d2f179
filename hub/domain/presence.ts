import { announceEveryDefaultMs, announceEveryMinMs } from '../../shared/wire/limits.ts';

/** How a station stands with the hub. `silent`: it said that it is there, and then nothing more. */
export type PresenceState = 'online' | 'offline' | 'silent';

export interface StationPresence {
  readonly state: PresenceState;
  /** The connection that the state is about; a will of an older one says nothing about it. */
  readonly session: string;
  /** Hub's clock, milliseconds. */
  readonly sinceMs: number;
}

/** A station, or the broker in its name, says whether it is there. */
export interface Said {
  readonly session: string;
  readonly online: boolean;
}

/** What is remembered of a connection that a station is no longer on. */
export interface EndedSession {
  /** Its will or good-bye has come. */
  readonly isClosed: boolean;
}

/**
 * Whether it can only be a copy of what was said before: each connection is a session of its own, so
 * none that is over begins again, and none ends twice. The station's clock would not tell: it may be wrong.
 * @param ended what is remembered of the session that it is about, when that is over
 */
export function isReplayed(
  before: StationPresence | undefined,
  ended: EndedSession | undefined,
  { session, online }: Said,
): boolean {
  // Its good-bye and its will may both come: the same twice, and no replay.
  if (before?.session === session) return online && before.state === 'offline';
  return online ? ended !== undefined : ended?.isClosed === true;
}

/**
 * What a presence message makes of it. Wills and births are ordered only per connection, so a late
 * will of a connection that is over must not mark a live station offline. The heartbeats of a
 * connection are the same bytes each time, so they end no silence: anybody could say them again.
 * @returns the same object when nothing changes
 */
export function afterSaying(
  before: StationPresence | undefined,
  { session, online }: Said,
  nowMs: number,
): StationPresence {
  if (before && !online && before.session !== session) return before;
  if (before?.session === session && online === (before.state !== 'offline')) return before;
  const state = online ? 'online' : 'offline';
  // A new connection of a station that was never missed continues the state that it had.
  const sinceMs = before?.state === state ? before.sinceMs : nowMs;
  return { state, session, sinceMs };
}

/**
 * What waiting makes of it: a station that says it is there, and is not heard of for too long, is
 * silent until it is heard of again.
 * @returns the same object when nothing changes
 */
export function afterWaiting(
  before: StationPresence,
  isSilent: boolean,
  nowMs: number,
): StationPresence {
  if (before.state === 'offline') return before;
  const state = isSilent ? 'silent' : 'online';
  return state === before.state ? before : { ...before, state, sinceMs: nowMs };
}

/** How often the hub looks who has fallen silent. */
export const silenceLookEveryMs = 1_000;

/**
 * Whether a station that was last heard of so long ago counts as silent: by the next look it would be
 * past its time, and its silence is trouble no later than that.
 */
export const isSilent = (sinceHeardMs: number, silentAfterMs: number): boolean =>
  sinceHeardMs + silenceLookEveryMs > silentAfterMs;

/** Two words of a station may be lost before it counts as silent. */
const wordsWithinSilence = 3;
/** The third has so long to arrive before the last look that is in time: a look, and the way. */
const silenceSlackMs = silenceLookEveryMs + 2_000;

/** @returns how often a station has to say that it is there, for its silence to be noticed in time. */
export const announceEveryFor = (silentAfterMs: number): number =>
  Math.min(
    announceEveryDefaultMs,
    Math.max(announceEveryMinMs, Math.floor((silentAfterMs - silenceSlackMs) / wordsWithinSilence)),
  );

/** A station that speaks as often as the wire allows is noticed so soon. */
export const silentAfterMinMs = 20_000;
export const silentAfterMaxMs = 600_000;
