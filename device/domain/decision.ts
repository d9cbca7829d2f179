import type { StationState } from './state.ts';
import type { EntryDraft, Step } from './steps.ts';

/** What `decide` and its parts answer with. */
export interface Decision {
  readonly state: StationState;
  readonly steps: readonly Step[];
}

export const only = (state: StationState, ...steps: Step[]): Decision => ({ state, steps });

const alarmDrafts = new Set<EntryDraft['type']>(['alarm', 'mistake', 'test']);

/** An entry goes into the lane of its kind. */
export const append = (draft: EntryDraft): Step => ({
  type: 'append',
  lane: alarmDrafts.has(draft.type) ? 'alarm' : 'routine',
  draft,
});
