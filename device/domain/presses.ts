import { gestureMade } from './alarms.ts';
import { append, type Decision, only } from './decision.ts';
import { type Gesture, pressed, released, vanished } from './gesture.ts';
import type { StationState } from './state.ts';
import { isTestHold, startHoldSeen, testHeld } from './station-test.ts';
import type { Input } from './steps.ts';

/** The button went down or up, or its panel tells for the first time how it stands. */
export function buttonMoved(
  before: StationState,
  { edge, found = false }: Extract<Input, { type: 'button' }>,
  nowMs: number,
): Decision {
  const state = edge === 'down' ? startHoldSeen(before, found, nowMs) : before;
  const up = state.parts.panel === 'fault' ? vanished : released;
  const move = edge === 'down' ? pressed : up;
  const { button, gesture } = move(state.button, state.rules, nowMs);
  const called = gestured({ ...state, button }, gesture, nowMs);
  const startHold = edge === 'up' ? 'over' : called.state.startHold;
  return only({ ...called.state, startHold }, ...called.steps);
}

/** A hold since before the start asks for a test; everything else that is deliberate calls for help. */
export function gestured(
  state: StationState,
  gesture: Gesture | undefined,
  nowMs: number,
): Decision {
  if (gesture === undefined) return only(state);
  if (isTestHold(state, gesture)) return testHeld(state, nowMs);
  const draft = gestureMade(state, gesture, nowMs);
  if (draft === undefined) return only(state);
  const hasAlarm = state.button.hasAlarm || draft.type === 'alarm';
  return only({ ...state, button: { ...state.button, hasAlarm } }, append(draft));
}
