import { type Decision, only } from './decision.ts';
import { enrolmentOf } from './enrolment.ts';
import { backlogOf, type StationState } from './state.ts';

/** How the station is, as far as its brain knows. */
export const healthOf = (state: StationState) => ({
  ...state.parts,
  ...enrolmentOf(state),
  backlog: backlogOf(state),
});

/** The next word comes within the new time, not only after the old one. */
export const announceEvery = (state: StationState, everyMs: number, nowMs: number): Decision =>
  everyMs === state.announceEveryMs
    ? only(state)
    : only({ ...state, announceEveryMs: everyMs, announceMs: nowMs + everyMs });
