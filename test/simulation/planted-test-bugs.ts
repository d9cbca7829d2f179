import { decide } from '../../device/domain/decide.ts';
import type { Mutation, PlantedBug } from './mutation.ts';
import { invariants } from './world.ts';

/** The light says that the hub has the test as soon as it is on the station's disk. */
const testStoredAtOnce: Mutation = {
  decide: (state, input, nowMs) => {
    const { state: next, steps } = decide(state, input, nowMs);
    if (next.test?.phase !== 'sending') return { state: next, steps };
    const white = { type: 'show', light: 'testStored', row: 'test-stored' } as const;
    return { state: next, steps: [...steps, white] };
  },
};

/** The station's light speaks of a test as of an alarm, and asks the hub what became of it. */
const testTakenForAlarm: Mutation = {
  decide: (state, input, nowMs) => {
    const decision = decide(state, input, nowMs);
    if (input.type !== 'appended' || input.draft.type !== 'test') return decision;
    const key = { epoch: state.epoch, seq: input.seq };
    const times = { raisedMs: nowMs, pressedMs: nowMs };
    const alarm = { key, phase: 'sending' as const, mistake: false, ...times };
    const next = { ...decision.state, alarms: [...decision.state.alarms, alarm] };
    return { ...decision, state: next };
  },
};

/** Mistakes that could be made with tests of the alarm's way. */
export const testBugs: readonly PlantedBug[] = [
  {
    name: 'test told to be stored before it is',
    mutation: testStoredAtOnce,
    breaks: [invariants.light],
    seedsMax: 20,
  },
  {
    name: 'test taken for an alarm',
    mutation: testTakenForAlarm,
    // The light is caught first, wherever somebody looks at it.
    breaks: [invariants.testOnce, invariants.light],
    seedsMax: 20,
  },
];
