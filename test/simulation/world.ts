import type { HubFacts } from './hub-facts.ts';
import type { Mutation } from './mutation.ts';
import type { Random } from './random.ts';
import type { Rules } from './rules.ts';
import type { Trace } from './trace.ts';
import type { VirtualBroker } from './virtual-broker.ts';
import type { VirtualStreet } from './virtual-street.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What must hold, at each moment or at the end. */
export const invariants = {
  light: 'the light never lies',
  cursor: 'the cursor is never beyond what the hub has committed',
  latched: 'an alarm is latched until an operator resolves it',
  unchanged: 'a signalled entry stays as it was',
  lost: 'no entry is lost',
  twice: 'no entry counts twice',
  foreign: 'the hub knows only what a station made',
  alarmOnce: 'every alarm is at the hub once',
  testOnce: 'every test is at the hub once, and is no alarm',
  trouble: 'a trouble that is over has ended',
  alarmTold: 'every alarm is on the feed',
  checkInTold: 'every check-in is on the feed',
  rules: 'points are what the rules say',
  fold: 'a balance is the fold of its transfers',
  zero: 'the ledger adds up to zero',
  present: 'who is there is shown as there',
  noFork: 'no honest station is taken for a fork',
  lateWill: 'a late will changes nothing',
  running: 'the hub runs at the end',
  delivered: 'everything is delivered',
  resolved: 'an operator ends an alarm',
  people: 'an alarm without an answer is told to people',
  notified: 'whoever counts as told was told',
  neighbour: 'a neighbour hears what became of a call',
  silent: 'a silent station keeps silent',
  legs: 'each path of an alarm is recorded once, and no other',
  altered: 'what a relay alters is refused',
  wayOpen: 'an alarm with a way to the hub waits for no broker',
  tried: 'a path that a test says answered has answered',
} as const;
export type Invariant = (typeof invariants)[keyof typeof invariants];

/** An invariant that did not hold. */
export interface Violation {
  readonly invariant: Invariant;
  readonly detail: string;
}

/** What everything in one simulated world shares. */
export interface World {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly trace: Trace;
  readonly broker: VirtualBroker;
  readonly street: VirtualStreet;
  /** What the hub has ever known for good. */
  readonly facts: HubFacts;
  readonly mutation: Mutation;
  /** What its scheme goes by. */
  readonly rules: Rules;
  readonly violations: Violation[];
  /** How often a program that has just started dies again. */
  readonly relapse: { probability: number };
  /** What the unit's wall clock would say if it were right. */
  trueWallMs(): number;
}

export function violate({ violations, trace }: World, invariant: Invariant, detail: string): void {
  violations.push({ invariant, detail });
  trace.note('INVARIANT', `${invariant}: ${detail}`);
}
