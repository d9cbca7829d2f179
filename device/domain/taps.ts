import type { Outcome } from '../../shared/wire/messages.ts';
import { enrolmentAged, enrolmentAnswered } from './enrolment.ts';
import { hubReachable, type StationState, type TapSignal } from './state.ts';

/** With the hub out of reach, so long is waited before the light says "saved here". */
export const savedHereAfterMs = 400;
/**
 * With the hub in reach, so long is waited for the outcome before the light says the same. The words
 * beside it must be true of both: saved here, and not confirmed.
 */
export const outcomeAwaitedMs = 5_000;
/** How long an outcome is shown. */
const shownMs = 1_500;

/** A tap as the light speaks of it from now on. */
export function tapSignal(
  kind: TapSignal['kind'],
  nowMs: number,
  seq?: number,
  points?: number,
): TapSignal {
  const forMs = kind === 'on-disk' ? outcomeAwaitedMs : shownMs;
  return { kind, seq, points, sinceMs: nowMs, untilMs: nowMs + forMs };
}

/**
 * The hub said what came of the tap that the light speaks of. Outcomes of older taps change no light:
 * the person they concern has gone, and another stands there.
 */
export function outcomeCame(
  state: StationState,
  outcomes: readonly { seq: number; outcome: Outcome; points?: number | undefined }[],
  nowMs: number,
): StationState {
  const { tap } = state;
  if (tap === undefined || (tap.kind !== 'on-disk' && tap.kind !== 'saved-here')) return state;
  const found = outcomes.find(({ seq }) => seq === tap.seq);
  if (found === undefined) return state;
  const heard = { ...state, tap: tapSignal(found.outcome, nowMs, tap.seq, found.points) };
  return enrolmentAnswered(heard, found.outcome, nowMs);
}

/** @returns when the light next has something else to say of the tap, or undefined. */
export function nextTapDeadlineMs(state: StationState): number | undefined {
  const { tap } = state;
  if (tap?.kind !== 'on-disk' || hubReachable(state)) return tap?.untilMs;
  return Math.min(tap.untilMs, tap.sinceMs + savedHereAfterMs);
}

/** Time passed: white becomes "saved here", what was shown long enough ends, and so does waiting for a card. */
export function tapAged(before: StationState, nowMs: number): StationState {
  const state = enrolmentAged(before, nowMs);
  const due = nextTapDeadlineMs(state);
  if (due === undefined || nowMs < due || state.tap === undefined) return state;
  const { kind, seq } = state.tap;
  return { ...state, tap: kind === 'on-disk' ? tapSignal('saved-here', nowMs, seq) : undefined };
}
