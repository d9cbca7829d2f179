import { latchedAlarmsMax } from '../../shared/wire/limits.ts';
import type { AlarmKey, AlarmState } from '../../shared/wire/messages.ts';
import { append, type Decision, only } from './decision.ts';
import type { Gesture } from './gesture.ts';
import type { AlarmPhase, LatchedAlarm, StationState } from './state.ts';
import type { EntryDraft } from './steps.ts';

/** Not stored by the hub for so long: the station says "phone for help yourself". */
export const undeliveredAfterMs = 10_000;
/** A second gesture so soon after the first says "pressed by mistake". */
export const mistakeWithinMs = 10_000;

/**
 * A gesture calls for help. Soon after a call, and after a pause, it marks that one as a mistake, and
 * never withdraws it; without the pause it is the same use that goes on, and its alarm runs already.
 */
export function gestureMade(
  state: StationState,
  gesture: Gesture,
  nowMs: number,
): EntryDraft | undefined {
  if (hasCalledAlready(state)) return undefined;
  const latest = state.alarms.at(-1);
  const isCallOfNow =
    latest?.pressedMs !== undefined &&
    !latest.mistake &&
    latest.key.epoch === state.epoch &&
    nowMs - latest.pressedMs <= mistakeWithinMs;
  if (!isCallOfNow) return { type: 'alarm', gesture };
  const { key, pressedMs = nowMs } = latest;
  return state.button.burstMs > pressedMs ? { type: 'mistake', alarm: key.seq } : undefined;
}

/**
 * A jammed button, or a hand that goes on, is one alarm. As long as the button is not known to be stuck
 * that holds only while there is an alarm that stands: one that is resolved under the hand calls anew.
 */
const hasCalledAlready = ({ button, alarms }: StationState): boolean =>
  button.hasAlarm && (button.hold === 'stuck' || alarms.some(({ mistake }) => !mistake));

/** The hub told what became of an alarm. Only `resolved`, a person's decision, ends it here. */
export function alarmStateCame(
  alarms: readonly LatchedAlarm[],
  key: AlarmKey,
  state: AlarmState,
): readonly LatchedAlarm[] {
  const concerned = (alarm: LatchedAlarm) =>
    alarm.key.epoch === key.epoch && alarm.key.seq === key.seq;
  if (state === 'resolved') return alarms.filter((alarm) => !concerned(alarm));
  return alarms.map((alarm) => (concerned(alarm) ? { ...alarm, phase: state } : alarm));
}

/**
 * The hub has the alarms of an epoch up to `through`, and no others. One that it had is on its way again
 * when it has less, as after it came back from a backup: whoever waits must hear of it in time if nobody
 * stores it again. What a person has taken stays so.
 */
export const alarmsReceipted = (
  alarms: readonly LatchedAlarm[],
  through: AlarmKey,
  nowMs: number,
): readonly LatchedAlarm[] =>
  alarms.map((alarm) => {
    if (alarm.key.epoch !== through.epoch || alarm.phase === 'acknowledged') return alarm;
    if (alarm.key.seq <= through.seq) return { ...alarm, phase: 'stored' };
    return alarm.phase === 'stored' ? { ...alarm, phase: 'sending', raisedMs: nowMs } : alarm;
  });

const isUndelivered = ({ phase }: { phase: AlarmPhase }): boolean =>
  phase === 'sending' || phase === 'undelivered';

/**
 * As many alarms as a station keeps latched: the oldest that an operator has taken go first, then the
 * oldest that the hub has stored. One that the hub does not have is never dropped, however many there
 * are: each is an entry of the journal, and becomes a stored one.
 */
export function latchedWithin<Alarm extends { readonly phase: AlarmPhase }>(
  alarms: readonly Alarm[],
): readonly Alarm[] {
  const byWorth = (['acknowledged', 'stored'] as const).flatMap((phase) =>
    alarms.filter((alarm) => alarm.phase === phase),
  );
  const tooMany = Math.max(0, alarms.length - latchedAlarmsMax);
  const dropped = new Set(byWorth.slice(0, tooMany));
  return alarms.filter((alarm) => !dropped.has(alarm));
}

/**
 * Alarms that the hub does not have, of a journal that is no longer there, are raised anew in the one
 * of now. What is kept on disk of them goes only after that: better twice at the hub than never.
 */
export function raisedAnew(state: StationState): Decision {
  const isLost = (alarm: LatchedAlarm) => isUndelivered(alarm) && alarm.key.epoch !== state.epoch;
  const alarms = state.alarms.filter((alarm) => !isLost(alarm));
  const lost = state.alarms.filter(isLost);
  const keys = [...state.raisedAnew, ...lost.map(({ key }) => key)];
  return only(
    {
      ...state,
      alarms,
      raisedAnew: keys.slice(-latchedAlarmsMax),
      anewAwaited: lost.length,
    },
    ...lost.map(() => append({ type: 'alarm', gesture: 'hold' })),
    // Also when they are the same: another journal may know none yet.
    { type: 'keep-latched', alarms },
  );
}

/** Alarms that nobody has stored in time say so. */
export const escalated = (
  alarms: readonly LatchedAlarm[],
  nowMs: number,
): readonly LatchedAlarm[] =>
  alarms.map((alarm) =>
    alarm.phase === 'sending' && nowMs >= alarm.raisedMs + undeliveredAfterMs
      ? { ...alarm, phase: 'undelivered' }
      : alarm,
  );

/** @returns when the next alarm becomes undelivered, or undefined when none can. */
export function nextAlarmDeadlineMs(state: StationState): number | undefined {
  const sending = state.alarms.filter((alarm) => alarm.phase === 'sending');
  return sending.length === 0
    ? undefined
    : Math.min(...sending.map((alarm) => alarm.raisedMs)) + undeliveredAfterMs;
}

/** Alarms that really changed are kept on disk before the light speaks of them. */
export function latchedBecame(state: StationState, alarms: readonly LatchedAlarm[]): Decision {
  const same =
    alarms.length === state.alarms.length &&
    alarms.every(
      (alarm, index) =>
        alarm.phase === state.alarms[index]?.phase && alarm.mistake === state.alarms[index].mistake,
    );
  return same ? only(state) : only({ ...state, alarms }, { type: 'keep-latched', alarms });
}
