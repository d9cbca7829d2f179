import { type FaultKind, faultKinds } from './fault-plan.ts';

export const killKinds = ['hub', 'station', 'broker'] as const;
export type KillKind = (typeof killKinds)[number];

/** What has happened so far, counted where it really happened. */
export class Tally {
  readonly faults: Record<FaultKind, number>;
  readonly kills: Record<KillKind, number> = { hub: 0, station: 0, broker: 0 };
  tapsSignalled = 0;
  /** Taps whose station was killed before it said anything. */
  tapsUnanswered = 0;
  alarmsSignalled = 0;
  acknowledged = 0;
  resolved = 0;

  constructor() {
    const none = faultKinds.map((kind) => [kind, 0] as const);
    this.faults = Object.fromEntries(none) as Record<FaultKind, number>;
  }
}
