import { append, type Decision, only } from './decision.ts';
import { backlog } from './lane.ts';
import type { StationState } from './state.ts';
import type { Step } from './steps.ts';

/** The line for the technician, in the log and in the entry that tells of it. */
export const otherPastDetail =
  'the hub knows another past of this journal (a copied or restored memory card?): ' +
  'a new one was begun; tell the operator';

/**
 * @returns the step that ends this epoch, once the hub needs nothing more of it. Alarms need not wait
 * for a receipt that cannot come (see `surpassed`): what the hub has not stored is raised anew.
 */
export function retirementDue(state: StationState): Step[] {
  const { epoch, lanes, retirement } = state;
  if (retirement?.phase !== 'draining' || backlog(lanes.routine) > 0) return [];
  const { alarm } = lanes;
  const answered = alarm.rolledBack && alarm.sent === alarm.last && alarm.inFlight.length === 0;
  if (backlog(alarm) > 0 && !answered) return [];
  return [{ type: 'begin-epoch', epoch, last: { alarm: alarm.last, routine: lanes.routine.last } }];
}

/** @returns whether the hub has the entry that tells it why there is a new epoch. */
export const retirementTold = ({ retirement, lanes }: StationState): boolean =>
  retirement?.phase === 'telling' &&
  retirement.told !== undefined &&
  lanes.routine.committed >= retirement.told;

/**
 * The light says so from now on, and so does an entry. In a lane that was rolled back this entry
 * also stands where the hub has another, so that the hub cannot take the lane for a mere repetition.
 */
export function beginRetirement(state: StationState, nowMs: number): Decision {
  if (state.retirement?.phase === 'draining') return only(state);
  const parts = { ...state.parts, journal: 'fault' as const };
  const next = { ...state, parts, retirement: { phase: 'draining' as const }, announceMs: nowMs };
  return only(next, journalFault('begun'));
}

/** The operator has heard of it: the light need not say it for ever. */
export function endRetirement(state: StationState, nowMs: number): Decision {
  const parts = { ...state.parts, journal: 'ready' as const };
  return only({ ...state, parts, retirement: undefined, announceMs: nowMs }, journalFault('ended'));
}

/** Tells the operator what the light says. */
export const journalFault = (change: 'begun' | 'ended'): Step =>
  append({ type: 'fault', part: 'journal', state: change, detail: otherPastDetail });
