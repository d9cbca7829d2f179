import { append, type Decision, only } from './decision.ts';
import { checkInOf, phoneSeen } from './enrolment.ts';
import type { StationState } from './state.ts';
import type { Input } from './steps.ts';
import { tapSignal } from './taps.ts';

/** A card was read. What room there is left on a full disk is for alarms, and for telling why taps are refused. */
export const cardTapped = (
  state: StationState,
  input: Extract<Input, { type: 'card' }>,
  nowMs: number,
): Decision =>
  state.parts.disk === 'fault'
    ? only({ ...state, tap: tapSignal('refused', nowMs) })
    : only(state, append(checkInOf(state, input)));

/** A phone is no entry: nobody could be known by it. */
export const phoneTapped = (state: StationState, nowMs: number): Decision =>
  only({ ...phoneSeen(state, nowMs), tap: tapSignal('phone', nowMs) });
