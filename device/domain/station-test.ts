import { undeliveredAfterMs } from './alarms.ts';
import { append, type Decision, only } from './decision.ts';
import type { Gesture } from './gesture.ts';
import type { PartName, StartHold, StationState, TestSignal } from './state.ts';
import type { EntryDraft, Input } from './steps.ts';

type TestDraft = Extract<EntryDraft, { type: 'test' }>;

/** How long the light tells what came of a test. */
export const testShownMs = 5_000;
/**
 * A panel is ready within so long after the start, even if its board is slow or looked for first. One
 * that is plugged in later tells nothing of the start: whoever holds its button calls for help.
 */
export const startHoldWithinMs = 60_000;
/** A command may come twice within the outbox's and the broker's retries; these are remembered. */
const requestsMax = 8;

/** An operator asks for a test. One that is told again, as QoS 1 may, is the same. */
export function testAsked(state: StationState, request: string, nowMs: number): Decision {
  if (state.testRequests.includes(request)) return only(state);
  const testRequests = [...state.testRequests, request].slice(-requestsMax);
  const known = { ...state, testRequests };
  return state.parts.disk === 'fault'
    ? refused(known, nowMs)
    : only(known, append(testBy(state, { by: 'operator', request })));
}

/** The button has been held since before the start for as long as a hold takes. */
export function testHeld(state: StationState, nowMs: number): Decision {
  const next = { ...state, startHold: 'over' as const };
  return state.parts.disk === 'fault'
    ? refused(next, nowMs)
    : only(next, append(testBy(state, { by: 'unit' })));
}

/** The entry says by what else it goes, so that the hub knows of what there is news to come. */
const testBy = (
  { otherPaths }: StationState,
  asked: Pick<TestDraft, 'by' | 'request'>,
): TestDraft => ({
  ...{ type: 'test', ...asked },
  ...(otherPaths.length === 0 ? {} : { paths: otherPaths }),
});

/** What came of a test by the other paths is told like all else, unless its journal is gone. */
export const secondPathTried = (
  state: StationState,
  { test, tried }: Extract<Input, { type: 'second-path-tried' }>,
): Decision =>
  test.epoch === state.epoch
    ? only(state, append({ type: 'second-path', test: test.seq, epoch: test.epoch, tried }))
    : only(state);

/** What room there is left on the disk is for alarms: the test is told to have failed. */
const refused = (state: StationState, nowMs: number): Decision =>
  only({
    ...state,
    test: {
      phase: 'undelivered',
      key: { epoch: state.epoch, seq: 0 },
      takenMs: nowMs,
      // There is no room for that either.
      isTold: true,
      untilMs: nowMs + testShownMs,
    },
  });

/**
 * The panel tells that the button is down. Only one that it finds down when it is first ready, soon
 * after the start, is held for a test; a unit that came back in an alarm takes no hold for a test.
 */
export function startHoldSeen(state: StationState, found: boolean, nowMs: number): StationState {
  if (state.startHold !== 'awaited') return state;
  const isAtStart = nowMs < state.startedMs + startHoldWithinMs;
  // A hold that an earlier run knows of is that one, such as a button that is stuck.
  const isNew = found && state.keptHold === 'none' && state.alarms.length === 0;
  const startHold = isAtStart && isNew ? 'testing' : 'over';
  return { ...state, startHold };
}

/** A panel that was ready and is no more is not at its start when it comes back. */
export const startHoldEnded = ({ startHold }: StationState, part: PartName): StartHold =>
  part === 'panel' ? 'over' : startHold;

/** @returns whether this gesture is the hold that asks for a test. Three presses always call for help. */
export const isTestHold = ({ startHold }: StationState, gesture: Gesture): boolean =>
  startHold === 'testing' && gesture === 'hold';

/** The journal has it on disk: it goes out at once, as an alarm does. */
export function testTaken(state: StationState, seq: number, nowMs: number): Decision {
  const key = { epoch: state.epoch, seq };
  const untilMs = nowMs + undeliveredAfterMs;
  const test: TestSignal = { phase: 'sending', key, takenMs: nowMs, isTold: false, untilMs };
  return only({ ...state, test }, { type: 'hurry' });
}

/** The hub has committed the alarm lane this far. A test that was told to have failed stays so. */
export function testReceipted(state: StationState, committed: number, nowMs: number): StationState {
  const { test, epoch } = state;
  const isStored =
    test?.phase === 'sending' && test.key.epoch === epoch && test.key.seq <= committed;
  // A receipt may be dealt with before the tick that would have told of the failure.
  if (!isStored || nowMs >= test.untilMs) return state;
  return { ...state, test: { ...test, phase: 'stored', untilMs: nowMs + testShownMs } };
}

/** Time passed: a test that nobody has stored has failed, and what was shown long enough ends. */
export function testAged(state: StationState, nowMs: number): StationState {
  const { test } = state;
  if (test === undefined || nowMs < test.untilMs) return state;
  if (test.phase !== 'sending') return { ...state, test: undefined };
  return { ...state, test: { ...test, phase: 'undelivered', untilMs: nowMs + testShownMs } };
}

/**
 * The light says what came of a test: only now has it gone the whole way, and that is told. What an
 * alarm's light hides, or a panel that does not work, nobody has seen; then nothing is told.
 */
export function testShown(state: StationState, row: string, nowMs: number): Decision {
  const { test, parts } = state;
  if (test === undefined || test.phase === 'sending' || test.isTold) return only(state);
  if (row !== `test-${test.phase}` || parts.panel !== 'ready') return only(state);
  const { key, phase: light, takenMs } = test;
  return only(
    { ...state, test: { ...test, isTold: true } },
    append({
      ...{ type: 'test-shown', test: key.seq, epoch: key.epoch, light },
      tookMs: Math.round(nowMs - takenMs),
    }),
  );
}

/** @returns when the light next has something else to say of a test, or undefined. */
export const nextTestDeadlineMs = ({ test }: StationState): number | undefined => test?.untilMs;
