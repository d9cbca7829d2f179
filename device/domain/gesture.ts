/** Tells a call for help from a button that is merely touched: deliberate, but quick. */

export interface ButtonRules {
  /** Held for so long, the button calls for help. */
  readonly holdMs: number;
  /** Pressed three times within so long, it does too. */
  readonly pressesWithinMs: number;
}

export type Gesture = 'hold' | 'triple-press';

/**
 * What a hold has come to; `stuck` outlasts it until its use is over. Kept on disk: a program that
 * starts again under a button that is still down makes no second call of it.
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
  /** Since when it is in use: its holds and presses without a pause, whether its panel was away in between or not. */
  readonly usedMs: number | undefined;
  /** Whether this use has raised its alarm. */
  readonly hasAlarm: boolean;
  readonly hold: Hold;
}

const pressesForHelp = 3;

/**
 * So long up without a move, and a use of the button is over: the next press begins something new.
 * People who hammer it do not pause, and neither do the contacts of one that is jammed.
 */
export const pauseMs = 3_000;

/** A panel that has come back tells within this whether the button is down: its heartbeat is 700 ms. */
export const foundWithinMs = 1_500;

/** A board that was reset is back within some seconds. Whoever is found pressing later calls anew. */
export const sameHoldWithinMs = 30_000;

/** Nobody uses a button for so long: it is jammed, or something leans on it, and it cannot call any more. */
export const stuckAfterMs = 60_000;

export const buttonAtRest: ButtonState = {
  isDown: false,
  downMs: undefined,
  pressesMs: [],
  movedMs: -Infinity,
  burstMs: -Infinity,
  seenMs: -Infinity,
  lostHoldMs: -Infinity,
  usedMs: undefined,
  hasAlarm: false,
  hold: 'none',
};

/** The button of a unit that has just started. What was held before is found again, or let go meanwhile. */
export const restoredButton = (hold: Hold): ButtonState =>
  hold === 'none' ? buttonAtRest : { ...buttonAtRest, hold, hasAlarm: true, lostHoldMs: Infinity };

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
  const isSoon = nowMs - button.movedMs < pauseMs;
  const burstMs = isFound || isSoon ? button.burstMs : nowMs;
  const moved = { ...button, isDown: true, movedMs: nowMs, burstMs };
  const isStuck = button.hold === 'stuck';
  if (isFound && (isStuck || nowMs - button.lostHoldMs <= sameHoldWithinMs)) {
    return { button: { ...moved, usedMs: button.usedMs ?? nowMs } };
  }
  const use = isSoon
    ? { usedMs: button.usedMs ?? nowMs, hold: isStuck ? button.hold : ('none' as const) }
    : { usedMs: nowMs, hasAlarm: false, hold: 'none' as const };
  const down = { ...moved, ...use };
  const recent = [...button.pressesMs, nowMs].filter((ms) => nowMs - ms <= rules.pressesWithinMs);
  if (recent.length < pressesForHelp) {
    return { button: { ...down, downMs: nowMs, pressesMs: recent } };
  }
  return { button: hasCalled(down), gesture: 'triple-press' };
}

/** What this hold does is done. */
const hasCalled = (button: ButtonState): ButtonState => ({
  ...button,
  downMs: undefined,
  pressesMs: [],
  hold: button.hold === 'stuck' ? 'stuck' : 'called',
});

/** The button came up, and its use may go on. A hold that was long enough counts even if no tick came between. */
export function released(button: ButtonState, rules: ButtonRules, nowMs: number): Moved {
  const held = holdDue(button, rules, nowMs);
  const { usedMs, hasAlarm, hold } = held.button;
  const use = { usedMs, hasAlarm, hold: hold === 'stuck' ? hold : ('none' as const) };
  return { ...held, button: { ...letGo(held.button), ...use, movedMs: nowMs } };
}

/** The panel got lost with the button down. A hold that has called must not call again when it is back. */
export function vanished(button: ButtonState, rules: ButtonRules, nowMs: number): Moved {
  const gone = released(button, rules, nowMs);
  const { hold } = holdDue(button, rules, nowMs).button;
  if (!button.isDown || hold === 'none') return gone;
  return { ...gone, button: { ...gone.button, hold, lostHoldMs: nowMs } };
}

const letGo = (button: ButtonState): ButtonState => ({
  ...button,
  isDown: false,
  downMs: undefined,
  lostHoldMs: -Infinity,
  usedMs: undefined,
  hasAlarm: false,
  hold: 'none',
});

/**
 * Time passed: a use that has called and goes on is a stuck button, until it is left alone; a hold
 * whose panel is back and does not find the button down was let go meanwhile.
 */
export function holdAged(button: ButtonState, panelIsReady: boolean, nowMs: number): ButtonState {
  const due = holdChangeMs(button, panelIsReady);
  if (due === undefined || nowMs < due) return button;
  return button.isDown ? { ...button, hold: 'stuck' } : letGo(button);
}

/** @returns when `holdAged` next changes something, or undefined when waiting changes nothing. */
export function holdChangeMs(button: ButtonState, panelIsReady: boolean): number | undefined {
  const { hold, usedMs, hasAlarm, isDown, movedMs, seenMs } = button;
  if (isDown) {
    const mayStick = hold === 'called' || (hold === 'none' && hasAlarm);
    return mayStick && usedMs !== undefined ? usedMs + stuckAfterMs : undefined;
  }
  if (hold === 'none' || !panelIsReady) return undefined;
  return Math.max(movedMs + pauseMs, seenMs + foundWithinMs + 1);
}

/** Time passed: has the button been down for long enough? */
export function holdDue(button: ButtonState, rules: ButtonRules, nowMs: number): Moved {
  const due = holdDeadlineMs(button, rules);
  return due !== undefined && nowMs >= due
    ? { button: hasCalled(button), gesture: 'hold' }
    : { button };
}

/** @returns when the hold becomes a call for help, or undefined while the button is up. */
export const holdDeadlineMs = (button: ButtonState, rules: ButtonRules): number | undefined =>
  button.downMs === undefined ? undefined : button.downMs + rules.holdMs;
