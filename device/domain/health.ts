import { enrolmentOf } from './enrolment.ts';
import { backlogOf, type StationState } from './state.ts';

/** How the station is, as far as its brain knows. */
export const healthOf = (state: StationState) => ({
  ...state.parts,
  ...enrolmentOf(state),
  backlog: backlogOf(state),
});
