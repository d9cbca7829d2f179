import type { Lane } from '../../shared/wire/entry.ts';
import { entriesPerMessageMax } from '../../shared/wire/limits.ts';

/**
 * One lane's way to the hub: go-back-N over a cumulative receipt. What the hub has committed is
 * whatever its latest receipt says; a receipt lower than before means "send again from there".
 */
export interface LaneState {
  /** Highest sequence in the journal; 0 for none. */
  readonly last: number;
  /** Highest sequence that the hub has committed, by its latest receipt. */
  readonly committed: number;
  /** Highest sequence sent since the last going back. */
  readonly sent: number;
  readonly inFlight: readonly InFlight[];
  /** Highest sequence that the hub has set aside for a person because it knows another; 0 for none. */
  readonly aside: number;
  /** Whether the hub has committed more of this lane than there is here, and answered all of it. */
  readonly rolledBack: boolean;
}

interface InFlight {
  readonly through: number;
  readonly sentMs: number;
}

export interface Span {
  readonly from: number;
  readonly through: number;
}

interface LaneLimits {
  readonly entriesPerMessage: number;
  readonly messagesInFlightMax: number;
  /** In all messages together that no receipt has answered. */
  readonly entriesInFlightMax: number;
  readonly receiptTimeoutMs: number;
}

/**
 * An alarm goes alone and is asked after soon. Both lanes share one connection, in which what was
 * written first arrives first: routine entries in flight are one batch at most, in all messages
 * together, so that an alarm never waits behind more. The second message lets a tap follow another at once.
 */
export const laneLimits: Readonly<Record<Lane, LaneLimits>> = {
  alarm: {
    entriesPerMessage: 1,
    messagesInFlightMax: 8,
    entriesInFlightMax: 8,
    receiptTimeoutMs: 2_000,
  },
  routine: {
    entriesPerMessage: entriesPerMessageMax,
    messagesInFlightMax: 2,
    entriesInFlightMax: entriesPerMessageMax,
    receiptTimeoutMs: 10_000,
  },
};

export const newLane = (last: number, committed: number): LaneState => ({
  last,
  committed: Math.min(committed, last),
  sent: Math.min(committed, last),
  inFlight: [],
  aside: 0,
  rolledBack: false,
});

/** @returns how many entries the hub has not yet receipted. */
export const backlog = (state: LaneState): number => state.last - state.committed;

/** Forgets what is in flight: the connection that carried it is gone, or its time is up. */
export const goBack = (state: LaneState): LaneState => ({
  ...state,
  sent: state.committed,
  inFlight: [],
});

/** The hub said how far it is, in the same past as ours. */
export function receipted(state: LaneState, through: number): LaneState {
  if (through > state.last) return state;
  if (through < state.committed) return goBack({ ...state, committed: through });
  return {
    ...state,
    committed: through,
    sent: Math.max(state.sent, through),
    inFlight: state.inFlight.filter((message) => message.through > through),
  };
}

/**
 * The hub has other entries than ours up to `through`. Ours are sent again from before that one, so
 * that it sees the difference and sets them aside; what it has set aside already need not go back.
 */
export function contradicted(state: LaneState, through: number): LaneState {
  if (through <= state.aside) return state;
  return goBack({ ...state, committed: Math.max(0, Math.min(state.committed, through - 1)) });
}

/** The hub keeps what it was sent through `through` for a person to decide on: it needs no more of that. */
export function setAside(state: LaneState, through: number): LaneState {
  const after = receipted(state, Math.max(state.committed, through));
  return { ...after, aside: Math.max(state.aside, through) };
}

/**
 * The hub has committed more than there is here. Nothing is skipped for that. Once all is sent, it
 * counts as answered: of entries that the hub had before, no receipt will ever say more than this.
 */
export function surpassed(state: LaneState): LaneState {
  return state.sent === state.last ? { ...state, rolledBack: true, inFlight: [] } : state;
}

/** @returns what to send now, and the lane as it is once that is sent. */
export function takeDue(
  lane: Lane,
  state: LaneState,
  nowMs: number,
): { lane: LaneState; spans: Span[] } {
  const limits = laneLimits[lane];
  let next = timedOut(lane, state, nowMs) ? goBack(state) : state;
  const spans: Span[] = [];
  while (next.sent < next.last && next.inFlight.length < limits.messagesInFlightMax) {
    const from = next.sent + 1;
    const room = next.committed + limits.entriesInFlightMax - next.sent;
    const through = Math.min(next.last, next.sent + Math.min(room, limits.entriesPerMessage));
    if (through < from) break;
    spans.push({ from, through });
    next = { ...next, sent: through, inFlight: [...next.inFlight, { through, sentMs: nowMs }] };
  }
  return { lane: next, spans };
}

/** @returns when the oldest message in flight is overdue, or undefined when none is in flight. */
export function timeoutMs(lane: Lane, state: LaneState): number | undefined {
  const oldest = state.inFlight[0];
  return oldest && oldest.sentMs + laneLimits[lane].receiptTimeoutMs;
}

function timedOut(lane: Lane, state: LaneState, nowMs: number): boolean {
  const due = timeoutMs(lane, state);
  return due !== undefined && nowMs >= due;
}
