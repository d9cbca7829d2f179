/** Tells a call for help from a button that is merely touched: deliberate, but quick. */

export interface ButtonRules {
  /** Held for so long, the button calls for help. */
  readonly holdMs: number;
  /** Pressed three times within so long, it does too. */
  readonly pressesWithinMs: number;
}

export type Gesture = 'hold' | 'triple-press';

/**
 * What a hold has come to. Kept on disk: a program that starts again under a button that is still down
 * makes no second call of it.
 */
export type Hold = 'none' | 'called' | 'stuck';

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
  /** When a hold that had called already got out of sight with its panel; Infinity: found at any time, it is that one. */
  readonly lostHoldMs: number;
  /** Since when it is held, whether its panel was away in between or not. */
  readonly heldMs: number | undefined;
  readonly hold: Hold;
}

const pressesForHelp = 3;

/** So long without a move, and the next press begins something new. People who hammer the button do not pause. */
export const pauseMs = 3_000;

/** A panel that has come back tells within this whether the button is down: its heartbeat is 700 ms. */
export const foundWithinMs = 1_500;

/** A board that was reset is back within some seconds. Whoever is found pressing later calls anew. */
export const sameHoldWithinMs = 30_000;

/** Nobody holds a button for so long: it is jammed, or something leans on it, and it cannot call any more. */
export const stuckAfterMs = 60_000;

export const buttonAtRest: ButtonState = {
  isDown: false,
  downMs: undefined,
  pressesMs: [],
  movedMs: -Infinity,
  burstMs: -Infinity,
  seenMs: -Infinity,
  lostHoldMs: -Infinity,
  heldMs: undefined,
  hold: 'none',
};

/** The button of a unit that has just started. What was held before is found again, or let go meanwhile. */
export const restoredButton = (hold: Hold): ButtonState =>
  hold === 'none' ? buttonAtRest : { ...buttonAtRest, hold, lostHoldMs: Infinity };

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
  const moved = { ...button, isDown: true, movedMs: nowMs, burstMs };
  if (isFound && nowMs - button.lostHoldMs <= sameHoldWithinMs) {
    return { button: { ...moved, heldMs: button.heldMs ?? nowMs } };
  }
  const down = { ...moved, heldMs: nowMs, hold: 'none' as const };
  const recent = [...button.pressesMs, nowMs].filter((ms) => nowMs - ms <= rules.pressesWithinMs);
  if (recent.length < pressesForHelp) {
    return { button: { ...down, downMs: nowMs, pressesMs: recent } };
  }
  const called = { downMs: undefined, pressesMs: [], hold: 'called' as const };
  return { button: { ...down, ...called }, gesture: 'triple-press' };
}

/** The button came up. A hold that was long enough counts even if no tick came between. */
export function released(button: ButtonState, rules: ButtonRules, nowMs: number): Moved {
  const held = holdDue(button, rules, nowMs);
  return { ...held, button: { ...letGo(held.button), movedMs: nowMs } };
}

/** The panel got lost with the button down. A hold that has called must not call again when it is back. */
export function vanished(button: ButtonState, rules: ButtonRules, nowMs: number): Moved {
  const gone = released(button, rules, nowMs);
  const { hold, heldMs } = holdDue(button, rules, nowMs).button;
  if (!button.isDown || hold === 'none') return gone;
  const lostHoldMs = hold === 'stuck' ? Infinity : nowMs;
  return { ...gone, button: { ...gone.button, hold, heldMs, lostHoldMs } };
}

const letGo = (button: ButtonState): ButtonState => ({
  ...button,
  isDown: false,
  downMs: undefined,
  lostHoldMs: -Infinity,
  heldMs: undefined,
  hold: 'none',
});

/**
 * Time passed: a hold that has called and goes on is a stuck button; one whose panel is back and does
 * not find the button down was let go meanwhile.
 */
export function holdAged(button: ButtonState, panelIsReady: boolean, nowMs: number): ButtonState {
  const due = holdChangeMs(button, panelIsReady);
  if (due === undefined || nowMs < due) return button;
  return button.isDown ? { ...button, hold: 'stuck' } : letGo(button);
}

/** @returns when `holdAged` next changes something, or undefined when waiting changes nothing. */
export function holdChangeMs(button: ButtonState, panelIsReady: boolean): number | undefined {
  const { hold, heldMs, isDown, seenMs } = button;
  if (isDown) return hold === 'called' && heldMs !== undefined ? heldMs + stuckAfterMs : undefined;
  return hold !== 'none' && panelIsReady ? seenMs + foundWithinMs + 1 : undefined;
}

/** Time passed: has the button been down for long enough? */
export function holdDue(button: ButtonState, rules: ButtonRules, nowMs: number): Moved {
  const due = holdDeadlineMs(button, rules);
  return due !== undefined && nowMs >= due
    ? { button: { ...button, downMs: undefined, pressesMs: [], hold: 'called' }, gesture: 'hold' }
    : { button };
}

/** @returns when the hold becomes a call for help, or undefined while the button is up. */
export const holdDeadlineMs = (button: ButtonState, rules: ButtonRules): number | undefined =>
  button.downMs === undefined ? undefined : button.downMs + rules.holdMs;
