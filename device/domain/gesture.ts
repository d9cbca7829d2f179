/** Tells a call for help from a button that is merely touched: deliberate, but quick. */

export interface ButtonRules {
  /** Held for so long, the button calls for help. */
  readonly holdMs: number;
  /** Pressed three times within so long, it does too. */
  readonly pressesWithinMs: number;
}

export type Gesture = 'hold' | 'triple-press';

export interface ButtonState {
  readonly isDown: boolean;
  /** Since when the button is down, if it is and this hold has not called yet. */
  readonly downMs: number | undefined;
  /** The latest presses, oldest first. */
  readonly pressesMs: readonly number[];
  /** When the button last moved. */
  readonly movedMs: number;
  /** Since when its moves follow each other without a pause. */
  readonly burstMs: number;
  /** When the panel was last ready to tell of the button. */
  readonly seenMs: number;
  /** When a hold that had called already got out of sight with its panel. */
  readonly lostHoldMs: number;
}

const pressesForHelp = 3;

/** So long without a move, and the next press begins something new. People who hammer the button do not pause. */
export const pauseMs = 3_000;

/** A panel that has come back tells within this whether the button is down: its heartbeat is 700 ms. */
export const foundWithinMs = 1_500;

/** A board that was reset is back within some seconds. Whoever is found pressing later calls anew. */
export const sameHoldWithinMs = 30_000;

export const buttonAtRest: ButtonState = {
  isDown: false,
  downMs: undefined,
  pressesMs: [],
  movedMs: -Infinity,
  burstMs: -Infinity,
  seenMs: -Infinity,
  lostHoldMs: -Infinity,
};

interface Moved {
  readonly button: ButtonState;
  readonly gesture?: Gesture;
}

/**
 * The button went down, or is found down by a panel that has just come back. Found so, nobody knows
 * what was before: it may call for help, but it is not taken for the beginning of something new.
 */
export function pressed(button: ButtonState, rules: ButtonRules, nowMs: number): Moved {
  const isFound = nowMs - button.seenMs <= foundWithinMs;
  const isSame = isFound || nowMs - button.movedMs < pauseMs;
  const burstMs = isSame ? button.burstMs : nowMs;
  const down = { ...button, isDown: true, movedMs: nowMs, burstMs };
  if (isFound && nowMs - button.lostHoldMs <= sameHoldWithinMs) return { button: down };
  const recent = [...button.pressesMs, nowMs].filter((ms) => nowMs - ms <= rules.pressesWithinMs);
  if (recent.length < pressesForHelp) {
    return { button: { ...down, downMs: nowMs, pressesMs: recent } };
  }
  return { button: { ...down, downMs: undefined, pressesMs: [] }, gesture: 'triple-press' };
}

/** The button came up. A hold that was long enough counts even if no tick came between. */
export function released(button: ButtonState, rules: ButtonRules, nowMs: number): Moved {
  const held = holdDue(button, rules, nowMs);
  const up = { isDown: false, downMs: undefined, movedMs: nowMs, lostHoldMs: -Infinity };
  return { ...held, button: { ...held.button, ...up } };
}

/** The panel got lost with the button down. A hold that has called must not call again when it is back. */
export function vanished(button: ButtonState, rules: ButtonRules, nowMs: number): Moved {
  const gone = released(button, rules, nowMs);
  const hasCalled = button.isDown && holdDue(button, rules, nowMs).button.downMs === undefined;
  return { ...gone, button: { ...gone.button, lostHoldMs: hasCalled ? nowMs : -Infinity } };
}

/** Time passed: has the button been down for long enough? */
export function holdDue(button: ButtonState, rules: ButtonRules, nowMs: number): Moved {
  const due = holdDeadlineMs(button, rules);
  return due !== undefined && nowMs >= due
    ? { button: { ...button, downMs: undefined, pressesMs: [] }, gesture: 'hold' }
    : { button };
}

/** @returns when the hold becomes a call for help, or undefined while the button is up. */
export const holdDeadlineMs = (button: ButtonState, rules: ButtonRules): number | undefined =>
  button.downMs === undefined ? undefined : button.downMs + rules.holdMs;
