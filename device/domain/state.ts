import type { Lane, OtherPath } from '../../shared/wire/entry.ts';
import { announceEveryDefaultMs } from '../../shared/wire/limits.ts';
import type {
  AlarmKey,
  NeighbourAlarmState,
  Outcome,
  PartState,
} from '../../shared/wire/messages.ts';
import { type ButtonRules, type ButtonState, type Hold, restoredButton } from './gesture.ts';
import { backlog, type LaneState, newLane } from './lane.ts';

/** How far a call for help got. Each step is only taken when it has really happened. */
export type AlarmPhase = 'sending' | 'undelivered' | 'stored' | 'acknowledged';

export interface LatchedAlarm {
  readonly key: AlarmKey;
  readonly phase: AlarmPhase;
  /** Monotonic time of the gesture; after a restart, of the restart. */
  readonly raisedMs: number;
  /** Monotonic time of the gesture, if it was made since the start and raised just this alarm. */
  readonly pressedMs: number | undefined;
  readonly mistake: boolean;
}

/** What the latest tap has come to. `untilMs` is when the light stops speaking of it. */
export interface TapSignal {
  readonly kind: 'on-disk' | 'saved-here' | 'not-read' | 'phone' | 'refused' | Outcome;
  /** Sequence of the check-in, when it has one. */
  readonly seq: number | undefined;
  readonly points: number | undefined;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** A test of the alarm's way: each step is only taken when it has really happened. */
export interface TestSignal {
  readonly phase: 'sending' | 'stored' | 'undelivered';
  readonly key: AlarmKey;
  /** When the journal had it on disk. */
  readonly takenMs: number;
  /** Whether what the light said of its end is told. */
  readonly isTold: boolean;
  /** When it becomes undelivered, or, once it has an end, when the light stops speaking of it. */
  readonly untilMs: number;
}

/** An operator waits for a card to be tapped here. In memory only: it is over within a minute anyway. */
export interface Enrolment {
  readonly request: string;
  /** When it is over by itself. */
  readonly untilMs: number;
  /** `again`: a card that is nobody's was tapped, and has to come once more. `phone`: it was a phone. */
  readonly phase: 'waiting' | 'again' | 'phone';
}

/** `awaited` until the panel first tells of the button (what it tells late is none of the start), `testing` while it is held since before that. */
export type StartHold = 'awaited' | 'testing' | 'over';

export type PartName = 'reader' | 'panel' | 'journal' | 'disk' | 'clock' | 'button' | 'power';

/** How the parts are. Not every unit can tell how its power is. */
export type PartStates = Readonly<
  Record<Exclude<PartName, 'power'>, PartState> & { power?: PartState }
>;

/**
 * A journal whose past the hub knows otherwise (a copied or restored memory card) is on its way out,
 * so that two pasts never mix under one epoch (DESIGN, promise 8).
 */
export type Retirement =
  /** What it holds is delivered, or set aside by the hub, before the next epoch begins. */
  | { readonly phase: 'draining' }
  /** The next epoch has begun. `told` is its routine entry that says why, once that is on disk. */
  | { readonly phase: 'telling'; readonly told: number | undefined };

/** A fault that the journal tells of, and that has not ended yet. */
export interface ToldFault {
  /** Since when the part has been well, if it is. */
  readonly wellMs: number | undefined;
  readonly detail: string;
}

/** Another station's call for help, as the hub told it. In memory only: the hub tells it again. */
export interface NeighbourAlarm {
  readonly key: AlarmKey;
  readonly stationName: string;
  readonly state: Exclude<NeighbourAlarmState, 'resolved'>;
  /** When this station first heard of it, on the monotonic clock. */
  readonly sinceMs: number;
  /** Shown for long enough: remembered, so that hearing of it again shows nothing. */
  readonly isOver: boolean;
}

export interface StationState {
  readonly rules: ButtonRules;
  /** Whether calls for help show as a wink and sound nothing, as at a bank counter. */
  readonly silent: boolean;
  /** What a test is sent by beside the broker, because an alarm would be. */
  readonly otherPaths: readonly OtherPath[];
  readonly epoch: string;
  /** Whether there is a connection to the broker. */
  readonly connected: boolean;
  /** Whether the hub says that it is there. */
  readonly hubOnline: boolean;
  /** Whether a time service has vouched for the wall clock since the start. */
  readonly clockSynced: boolean;
  readonly startedMs: number;
  readonly parts: PartStates;
  /** Faults of parts on a cable that the journal tells of, until they have ended. */
  readonly told: Readonly<Partial<Record<PartName, ToldFault>>>;
  readonly lanes: Readonly<Record<Lane, LaneState>>;
  readonly alarms: readonly LatchedAlarm[];
  /** Alarms that were raised anew in another journal; their own may come back, and is not latched again. */
  readonly raisedAnew: readonly AlarmKey[];
  /** How many alarms that nobody pressed for now are still to get their place in the journal. */
  readonly anewAwaited: number;
  /** Why and how far this epoch is being ended; undefined in the ordinary course. */
  readonly retirement: Retirement | undefined;
  readonly tap: TapSignal | undefined;
  /** The test of the alarm's way that the light speaks of. */
  readonly test: TestSignal | undefined;
  /** The latest requests for a test: one that is told again is not done again. */
  readonly testRequests: readonly string[];
  /** The card that an operator waits for. */
  readonly enrolment: Enrolment | undefined;
  /** The latest such requests: one that is told again is not begun again. */
  readonly enrolRequests: readonly string[];
  /** What a button that was found down at the start of the program means. */
  readonly startHold: StartHold;
  readonly button: ButtonState;
  /** What the journal has been told of the hold. */
  readonly keptHold: Hold;
  /** Calls for help of other stations, oldest first. */
  readonly neighbours: readonly NeighbourAlarm[];
  /** How often the station says how it is, and when next. */
  readonly announceEveryMs: number;
  readonly announceMs: number;
  /** What the light says now, so that a change can be told from no change. */
  readonly shown: string;
}

export interface Restored {
  readonly epoch: string;
  readonly lanes: Readonly<Record<Lane, { last: number; committed: number }>>;
  readonly latched: readonly { key: AlarmKey; phase: AlarmPhase; mistake: boolean }[];
  /** What the hold that goes on had come to; absent where there was none. */
  readonly hold?: Hold;
}

/** The lanes as the journal remembers them; nothing of them is under way. */
export const restoredLanes = ({ lanes: { alarm, routine } }: Restored): StationState['lanes'] => ({
  alarm: newLane(alarm.last, alarm.committed),
  routine: newLane(routine.last, routine.committed),
});

/** The alarms as the journal remembers them. */
export const restoredAlarms = ({ latched }: Restored, nowMs: number): readonly LatchedAlarm[] =>
  latched.map((alarm) => ({ ...alarm, raisedMs: nowMs, pressedMs: undefined }));

/** What the settings say of a station, its button apart; by default nothing out of the ordinary. */
export interface StationHabits {
  readonly silent?: boolean;
  readonly otherPaths?: readonly OtherPath[];
}

/** The state of a unit that has just started, with what its journal remembers. */
export function initialState(
  rules: ButtonRules,
  restored: Restored,
  nowMs: number,
  { silent = false, otherPaths = [] }: StationHabits = {},
): StationState {
  const { hold = 'none' } = restored;
  return {
    rules,
    silent,
    otherPaths,
    epoch: restored.epoch,
    connected: false,
    hubOnline: false,
    clockSynced: false,
    startedMs: nowMs,
    parts: {
      reader: 'starting',
      panel: 'starting',
      journal: 'ready',
      disk: 'ready',
      clock: 'ready',
      // Told before the restart, it ends when the button is found to be up.
      button: hold === 'stuck' ? 'fault' : 'ready',
    },
    told: {},
    lanes: restoredLanes(restored),
    alarms: restoredAlarms(restored, nowMs),
    raisedAnew: [],
    anewAwaited: 0,
    retirement: undefined,
    tap: undefined,
    test: undefined,
    testRequests: [],
    enrolment: undefined,
    enrolRequests: [],
    startHold: 'awaited',
    button: restoredButton(hold),
    keptHold: hold,
    neighbours: [],
    announceEveryMs: announceEveryDefaultMs,
    announceMs: nowMs,
    shown: '',
  };
}

/** @returns whether the hub can be reached, as far as the station can know. */
export const hubReachable = (state: StationState): boolean => state.connected && state.hubOnline;

/** What a station says of itself whenever it says that it is there. */
export const presenceOf = ({ epoch, alarms }: StationState) => ({
  epoch,
  latched: alarms.map(({ key }) => key),
});

/** @returns how many entries of both lanes the hub has not yet receipted. */
export const backlogOf = ({ lanes }: Pick<StationState, 'lanes'>): number =>
  backlog(lanes.alarm) + backlog(lanes.routine);
