import { type DoorFaultKind, doorFaultKinds } from './door-proxy.ts';
import { type FaultKind, faultKinds } from './fault-plan.ts';

/** Each is a kill -9; `hub-replaced` is one of the hub, which then goes on from an older backup. */
export type KillKind = 'hub' | 'station' | 'broker' | 'hub-replaced';

/** What has happened so far, counted where it really happened. */
export class Tally {
  readonly faults: Record<FaultKind, number>;
  readonly kills: Record<KillKind, number> = {
    ...{ hub: 0, station: 0, broker: 0, 'hub-replaced': 0 },
  };
  /** On the way to the hub's door. */
  readonly doorFaults: Record<DoorFaultKind, number>;
  /** Stations from which a call was stored while nobody reached the broker. */
  storedWithoutBroker = 0;
  /** Times that nobody reached the broker, for long. */
  outages = 0;
  tapsSignalled = 0;
  /** Taps whose station was killed before it said anything. */
  tapsUnanswered = 0;
  alarmsSignalled = 0;
  /** Commands that were confirmed: what a restored backup has lost is done, and counted, again. */
  acknowledged = 0;
  resolved = 0;

  constructor() {
    const none = faultKinds.map((kind) => [kind, 0] as const);
    const noDoorFaults = doorFaultKinds.map((kind) => [kind, 0] as const);
    this.doorFaults = Object.fromEntries(noDoorFaults) as Record<DoorFaultKind, number>;
    this.faults = Object.fromEntries(none) as Record<FaultKind, number>;
  }
}
