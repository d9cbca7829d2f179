import { decide } from '../../device/domain/decide.ts';
import type { Mutation } from './mutation.ts';

/** Mistakes that could be made about calls for help. */

/** A bank counter's station that shows and sounds what every other does. */
export const silentStationSpeaks: Mutation = {
  decide: (state, input, nowMs) => decide({ ...state, silent: false }, input, nowMs),
};

/** Who hears of a neighbour's call hears of its end no more. */
export const neighbourNeverOver: Mutation = {
  decide: (state, input, nowMs) =>
    input.type === 'neighbour-alarm' && input.state === 'resolved'
      ? { state, steps: [] }
      : decide(state, input, nowMs),
};
