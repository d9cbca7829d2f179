import { type Decision, only } from './decision.ts';
import { holdAged, holdChangeMs, pauseMs, stuckAfterMs } from './gesture.ts';
import { partChanged } from './parts.ts';
import type { StationState } from './state.ts';

const stuckDetail =
  `the button has been down, or in motion, for ${stuckAfterMs / 1000} s and calls no more ` +
  `until it is left alone for ${pauseMs / 1000} s: free it, or replace it`;

/**
 * A button that is stuck is a part that has failed, from when it is known to be stuck until it has
 * been up for a pause. What it raised is one alarm: a use that goes on calls once.
 */
export function buttonAged(state: StationState, nowMs: number): Decision {
  const button = holdAged(state.button, state.parts.panel === 'ready', nowMs);
  const [part, detail] =
    button.hold === 'stuck'
      ? (['fault', stuckDetail] as const)
      : (['ready', 'the button is left alone'] as const);
  return partChanged(
    { ...state, button },
    { type: 'part', part: 'button', state: part, detail },
    nowMs,
  );
}

/** @returns when the button gets stuck or counts as let go if nobody moves it; undefined when it cannot. */
export const nextButtonMs = ({ button, parts }: StationState): number | undefined =>
  holdChangeMs(button, parts.panel === 'ready');

/** A restart must know of the hold. Last of all steps: nothing that people see waits for this write. */
export function holdKept(state: StationState): Decision {
  const { hold } = state.button;
  if (hold === state.keptHold) return only(state);
  return only({ ...state, keptHold: hold }, { type: 'keep-hold', hold });
}
