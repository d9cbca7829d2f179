/** Tells a call for help from a button that is merely touched: deliberate, but quick. */

export interface ButtonRules {
  /** Held for so long, the button calls for help. */
  readonly holdMs: number;
  /** Pressed three times within so long, it does too. */
  readonly pressesWithinMs: number;
}

export type Gesture = 'hold' | 'triple-press';

export interface ButtonState {
  /** Since when the button is down, if it is and this hold has not called yet. */
  readonly downMs: number | undefined;
  /** The latest presses, oldest first. */
  readonly pressesMs: readonly number[];
}

const pressesForHelp = 3;

export const buttonAtRest: ButtonState = { downMs: undefined, pressesMs: [] };

/** The button went down. */
export function pressed(
  button: ButtonState,
  rules: ButtonRules,
  nowMs: number,
): { button: ButtonState; gesture?: Gesture } {
  const recent = [...button.pressesMs, nowMs].filter((ms) => nowMs - ms <= rules.pressesWithinMs);
  if (recent.length < pressesForHelp) return { button: { downMs: nowMs, pressesMs: recent } };
  return { button: buttonAtRest, gesture: 'triple-press' };
}

/** The button came up, or vanished with its board. A hold that was long enough counts even if no tick came between. */
export function released(
  button: ButtonState,
  rules: ButtonRules,
  nowMs: number,
): { button: ButtonState; gesture?: Gesture } {
  const held = holdDue(button, rules, nowMs);
  return held.gesture === undefined
    ? { button: { downMs: undefined, pressesMs: button.pressesMs } }
    : held;
}

/** Time passed: has the button been down for long enough? */
export function holdDue(
  button: ButtonState,
  rules: ButtonRules,
  nowMs: number,
): { button: ButtonState; gesture?: Gesture } {
  const due = holdDeadlineMs(button, rules);
  return due !== undefined && nowMs >= due ? { button: buttonAtRest, gesture: 'hold' } : { button };
}

/** @returns when the hold becomes a call for help, or undefined while the button is up. */
export const holdDeadlineMs = (button: ButtonState, rules: ButtonRules): number | undefined =>
  button.downMs === undefined ? undefined : button.downMs + rules.holdMs;
