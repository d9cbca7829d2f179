import { lanes as laneNames } from '../../shared/wire/entry.ts';
import type { AlarmKey } from '../../shared/wire/messages.ts';
import {
  alarmStateCame,
  escalated,
  latchedBecame,
  latchedWithin,
  nextAlarmDeadlineMs,
  raisedAnew,
} from './alarms.ts';
import { buttonAged, holdKept, nextButtonMs } from './button-part.ts';
import { cardTapped, phoneTapped } from './card-taps.ts';
import { append, type Decision, only } from './decision.ts';
import { enrolmentSaid, nextEnrolmentMs } from './enrolment.ts';
import { holdDeadlineMs, holdDue } from './gesture.ts';
import { announceEvery } from './health.ts';
import { goBack, takeDue, timeoutMs } from './lane.ts';
import { rowNow, signalsOf } from './light-table.ts';
import { neighbourSaid, neighboursAged, nextNeighbourMs } from './neighbours.ts';
import { clockSaid, fault, nextWellMs, partChanged, partsWell } from './parts.ts';
import { buttonMoved, gestured } from './presses.ts';
import { entriesSetAside, receiptCame } from './receipts.ts';
import { journalFault, retirementDue } from './retirement.ts';
import {
  hubReachable,
  type LatchedAlarm,
  restoredAlarms,
  restoredLanes,
  type StationState,
} from './state.ts';
import {
  nextTestDeadlineMs,
  secondPathTried,
  testAged,
  testAsked,
  testShown,
  testTaken,
} from './station-test.ts';
import type { Input, Step } from './steps.ts';
import { nextTapDeadlineMs, tapAged, tapSignal } from './taps.ts';

/**
 * The station's whole brain: what happened and what time it is go in, the new state and what to do
 * come out. `nowMs` is monotonic, so a jump of the wall clock changes no timer.
 */
export function decide(state: StationState, input: Input, nowMs: number): Decision {
  const answered = answer(state, input, nowMs);
  const aged = age(answered.state, nowMs);
  const sending = dispatchDue(aged.state, nowMs);
  const shown = show(sending.state);
  const told = testShown(shown.state, rowNow(shown.state).name, nowMs);
  const steps = [answered, aged, sending, shown, told].flatMap((part) => part.steps);
  // What is being appended just now belongs to this epoch, and goes out first: all else waits for that.
  if (steps.some(({ type }) => type === 'append')) return { state: told.state, steps };
  const kept = holdKept(told.state);
  return only(kept.state, ...steps, ...kept.steps, ...retirementDue(kept.state));
}

/** @returns the monotonic time at which the station wants a tick. */
export function wakeAtMs(state: StationState): number {
  const deadlines = [
    state.announceMs,
    holdDeadlineMs(state.button, state.rules),
    nextTapDeadlineMs(state),
    nextAlarmDeadlineMs(state),
    nextTestDeadlineMs(state),
    nextEnrolmentMs(state),
    nextWellMs(state),
    nextButtonMs(state),
    nextNeighbourMs(state),
    ...laneNames.map((lane) => (state.connected ? timeoutMs(lane, state.lanes[lane]) : undefined)),
  ];
  return Math.min(...deadlines.filter((ms) => ms !== undefined));
}

function answer(state: StationState, input: Input, nowMs: number): Decision {
  switch (input.type) {
    case 'tick':
      return only(state);
    case 'started':
      return started(state, input.version);
    case 'card':
      return cardTapped(state, input, nowMs);
    case 'card-unreadable':
      return only({ ...state, tap: tapSignal('not-read', nowMs) });
    case 'card-phone':
      return phoneTapped(state, nowMs);
    case 'enrol':
    case 'enrol-over':
      return enrolmentSaid(hubHeard(state, nowMs), input, nowMs);
    case 'button':
      return buttonMoved(state, input, nowMs);
    case 'test':
      return testAsked(state, input.request, nowMs);
    case 'second-path-tried':
      return secondPathTried(state, input);
    case 'announce-every':
      return announceEvery(state, input.everyMs, nowMs);
    case 'appended':
      return appended(state, input, nowMs);
    case 'append-failed':
      return input.draft.type === 'check-in'
        ? only({ ...state, tap: tapSignal('refused', nowMs) })
        : only(state);
    case 'append-again':
      return only(state, append(input.draft));
    case 'journal-replaced':
      return journalReplaced(state, input, nowMs);
    case 'clock':
      return clockSaid(state, input.synced, nowMs);
    case 'connection':
      return connectionChanged(state, input.connected, nowMs);
    case 'hub':
      return hubChanged(state, input.online, nowMs);
    case 'receipt':
      return receiptCame(hubHeard(state, nowMs), input, nowMs);
    case 'set-aside':
      return entriesSetAside(hubHeard(state, nowMs), input, nowMs);
    case 'alarm-state': {
      const heard = hubHeard(state, nowMs);
      if (!isReceipted(heard, input.alarm)) return only(heard);
      return latchedBecame(heard, alarmStateCame(heard.alarms, input.alarm, input.state));
    }
    case 'neighbour-alarm':
      return neighbourSaid(hubHeard(state, nowMs), input, nowMs);
    case 'part':
      return partChanged(state, input, nowMs);
  }
}

function appended(
  state: StationState,
  input: Extract<Input, { type: 'appended' }>,
  nowMs: number,
): Decision {
  const { lane, seq, draft } = input;
  const grown = {
    ...state,
    lanes: { ...state.lanes, [lane]: { ...state.lanes[lane], last: seq } },
  };
  switch (draft.type) {
    case 'check-in':
      return only({ ...grown, tap: tapSignal('on-disk', nowMs, seq) });
    case 'alarm': {
      const key = { epoch: state.epoch, seq };
      const pressedMs = state.anewAwaited > 0 ? undefined : nowMs;
      const times = { raisedMs: nowMs, pressedMs };
      const alarm: LatchedAlarm = { key, phase: 'sending', ...times, mistake: false };
      const anewAwaited = Math.max(0, state.anewAwaited - 1);
      const latched = latchedBecame(
        { ...grown, anewAwaited },
        latchedWithin([...state.alarms, alarm]),
      );
      return only(latched.state, ...latched.steps, { type: 'hurry' });
    }
    case 'mistake':
      return mistakeTaken(grown, draft.alarm);
    case 'test':
      return testTaken(grown, seq, nowMs);
    case 'fault': {
      const { retirement } = state;
      if (retirement?.phase !== 'telling' || draft.part !== 'journal') return only(grown);
      return only({ ...grown, retirement: { phase: 'telling', told: retirement.told ?? seq } });
    }
    case 'started':
    case 'clock':
    case 'second-path':
    case 'test-shown':
      return only(grown);
  }
}

/** A tone says that it was understood, unless a tone of more weight goes on; the light stays that of the alarm. */
function mistakeTaken(state: StationState, seq: number): Decision {
  const { epoch, shown } = state;
  const alarms = state.alarms.map((alarm) =>
    alarm.key.epoch === epoch && alarm.key.seq === seq ? { ...alarm, mistake: true } : alarm,
  );
  const latched = latchedBecame(state, alarms);
  const isQuiet = state.silent || isRepeating(shown);
  const heard: Step[] = isQuiet ? [] : [{ type: 'sound', tone: 'twoShort' }];
  return only(latched.state, ...latched.steps, ...heard);
}

/** A damaged journal may have left alarms behind that its successor has still to be given. */
function started(state: StationState, version: string): Decision {
  const first = append({ type: 'started', version });
  const anew = raisedAnew(state);
  return anew.state.alarms.length === state.alarms.length
    ? only(state, first)
    : only(anew.state, first, ...anew.steps);
}

/** The station goes on from what the journal of now remembers. Nothing that a person does is forgotten. */
function journalReplaced(
  state: StationState,
  { restored, trouble }: Extract<Input, { type: 'journal-replaced' }>,
  nowMs: number,
): Decision {
  // What was raised anew is done with, unless its own journal is back and will deliver it after all:
  // then the hub has it under both names, and the light speaks of both.
  const done = state.raisedAnew.filter(({ epoch }) => epoch !== restored.epoch);
  const known = [...state.alarms.map(({ key }) => key), ...done];
  const found = restoredAlarms(restored, nowMs).filter(
    ({ key }) => !known.some(({ epoch, seq }) => epoch === key.epoch && seq === key.seq),
  );
  const retired = state.retirement !== undefined;
  const anew = raisedAnew({
    ...state,
    epoch: restored.epoch,
    parts: trouble === undefined ? state.parts : { ...state.parts, journal: 'fault' },
    lanes: restoredLanes(restored),
    retirement: retired ? { phase: 'telling', told: undefined } : undefined,
    alarms: latchedWithin([...found, ...state.alarms]),
    // Its sequence is one of the journal before: an outcome under the same number is another's.
    tap: state.tap?.seq === undefined ? state.tap : undefined,
    announceMs: nowMs,
    keptHold: restored.hold ?? 'none',
  });
  const told = [
    ...(retired ? [journalFault('begun')] : []),
    ...(trouble === undefined ? [] : [fault('journal', 'begun', trouble)]),
  ];
  return only(anew.state, ...told, ...anew.steps);
}

function connectionChanged(state: StationState, connected: boolean, nowMs: number): Decision {
  const lanes = { alarm: goBack(state.lanes.alarm), routine: goBack(state.lanes.routine) };
  // The hub's presence is retained, so a live hub is heard of again right after the connection.
  const hubOnline = connected && state.hubOnline;
  return only({ ...state, connected, hubOnline, lanes, announceMs: nowMs });
}

/** A hub that has just come may be another, or an older copy: it is asked how far it is. */
function hubChanged(state: StationState, online: boolean, nowMs: number): Decision {
  if (online === state.hubOnline) return only(state);
  const lanes = { alarm: goBack(state.lanes.alarm), routine: goBack(state.lanes.routine) };
  return only({ ...state, hubOnline: online, lanes, announceMs: nowMs });
}

/**
 * On a copied memory card another alarm of the same name may be what the hub speaks of. An alarm of
 * this epoch is this one once a receipt, which names the hash of its past, has gone beyond it.
 */
const isReceipted = ({ epoch, lanes }: StationState, alarm: AlarmKey): boolean =>
  alarm.epoch !== epoch || alarm.seq <= lanes.alarm.committed;

/**
 * What the hub has signed proves that it is there, whatever its presence says: that is unsigned, and
 * a late will of an earlier connection of the hub may be the last that the broker keeps.
 */
const hubHeard = (state: StationState, nowMs: number): StationState =>
  state.connected ? hubChanged(state, true, nowMs).state : state;

/** What the mere passing of time changes. */
function age(state: StationState, nowMs: number): Decision {
  const { button, gesture } = holdDue(state.button, state.rules, nowMs);
  const held = gestured({ ...state, button }, gesture, nowMs);
  // Kept on disk: who was told to phone for help is not told after a restart that it is being sent.
  const said = latchedBecame(held.state, escalated(held.state.alarms, nowMs));
  const well = partsWell(said.state, nowMs);
  const part = buttonAged(well.state, nowMs);
  const aged = neighboursAged(testAged(tapAged(part.state, nowMs), nowMs), nowMs);
  const steps = [...held.steps, ...said.steps, ...well.steps, ...part.steps];
  if (nowMs < aged.announceMs) return only(aged, ...steps);
  const announce: Step[] = state.connected ? [{ type: 'announce' }] : [];
  return only({ ...aged, announceMs: nowMs + aged.announceEveryMs }, ...steps, ...announce);
}

/** Alarms go out whenever there is a connection; routine entries wait for a hub that is there to take them. */
function dispatchDue(state: StationState, nowMs: number): Decision {
  if (!state.connected) return only(state);
  const alarm = takeDue('alarm', state.lanes.alarm, nowMs);
  const routine = hubReachable(state)
    ? takeDue('routine', state.lanes.routine, nowMs)
    : { lane: state.lanes.routine, spans: [] };
  return only(
    { ...state, lanes: { alarm: alarm.lane, routine: routine.lane } },
    ...alarm.spans.map((span): Step => ({ type: 'send', lane: 'alarm', ...span })),
    ...routine.spans.map((span): Step => ({ type: 'send', lane: 'routine', ...span })),
  );
}

/** Whether the tone of what is shown goes on until another. */
const isRepeating = (shown: string): boolean => shown.startsWith('alarm-undelivered');

/** Shows and sounds what has become true; each new tap and each new alarm speaks anew. */
function show(state: StationState): Decision {
  const row = rowNow(state);
  const ofTap = row.discreet ? '' : ` ${state.tap?.sinceMs ?? ''}`;
  const shown = `${row.name}${ofTap}`;
  if (shown === state.shown) return only(state);
  const wasRepeating = isRepeating(state.shown) && !state.silent;
  const { light, tone = wasRepeating ? 'silence' : undefined } = signalsOf(row, state.silent);
  return only(
    { ...state, shown },
    { type: 'show', light, row: row.name },
    ...(tone === undefined ? [] : [{ type: 'sound' as const, tone }]),
  );
}
