import type { HubFacts } from './hub-facts.ts';
import type { Mutation } from './mutation.ts';
import type { Random } from './random.ts';
import type { Trace } from './trace.ts';
import type { VirtualBroker } from './virtual-broker.ts';
import type { VirtualTime } from './virtual-time.ts';

/** An invariant that did not hold. */
export interface Violation {
  readonly invariant: string;
  readonly detail: string;
}

/** What everything in one simulated world shares. */
export interface World {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly trace: Trace;
  readonly broker: VirtualBroker;
  /** What the hub has ever known for good. */
  readonly facts: HubFacts;
  readonly mutation: Mutation;
  readonly violations: Violation[];
  /** What the unit's wall clock would say if it were right. */
  trueWallMs(): number;
}

export function violate({ violations, trace }: World, invariant: string, detail: string): void {
  violations.push({ invariant, detail });
  trace.note('INVARIANT', `${invariant}: ${detail}`);
}
