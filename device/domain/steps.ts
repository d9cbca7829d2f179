import type {
  Lane,
  OtherPath,
  SunMessage,
  TestedBy,
  TestLight,
  TriedPath,
} from '../../shared/wire/entry.ts';
import type {
  AlarmKey,
  AlarmState,
  NeighbourAlarmState,
  Outcome,
  PartState,
} from '../../shared/wire/messages.ts';
import type { Gesture, Hold } from './gesture.ts';
import type { LightName, ToneName } from './signals.ts';
import type { LatchedAlarm, PartName, Restored } from './state.ts';

/** An entry before the journal gave it a sequence and a time. */
export type EntryDraft =
  /** `enrol`: the request of the operator who waits for a card here. */
  | { type: 'check-in'; card: string; enrol?: string; sun?: SunMessage }
  | { type: 'started'; version: string }
  | { type: 'clock' }
  | { type: 'fault'; part: PartName; state: 'begun' | 'ended'; detail: string }
  | { type: 'alarm'; gesture: Gesture }
  | { type: 'mistake'; alarm: number }
  | { type: 'second-path'; test: number; epoch: string; tried: readonly TriedPath[] }
  | { type: 'test-shown'; test: number; epoch: string; light: TestLight; tookMs: number }
  | { type: 'test'; by: TestedBy; request?: string; paths?: readonly OtherPath[] };

/**
 * How a receipt stands to the journal: of the same past; from beyond the journal's end, which was
 * rolled back; or of another past, in which other entries lead to the same sequence.
 */
export type ReceiptPast = 'same' | 'rolled-back' | 'other';

/** What happens to a station. */
export type Input =
  | { type: 'tick' }
  | { type: 'started'; version: string }
  /** `sun`: what the card itself wrote at this reading, where it is of a kind that does. */
  | { type: 'card'; token: string; sun?: SunMessage | undefined }
  | { type: 'card-unreadable' }
  /** A phone or the like, whose UID is another each time. */
  | { type: 'card-phone' }
  /** An operator waits for a card to be tapped here, for so long; and waits no more. */
  | { type: 'enrol'; request: string; forMs: number }
  | { type: 'enrol-over'; request: string }
  /** `found`: it was down already when the panel first saw it. */
  | { type: 'button'; edge: 'down' | 'up'; found?: boolean }
  /** An operator asks for a test of the alarm's way. */
  | { type: 'test'; request: string }
  /** A test was sent by the other paths too, and this came of it. */
  | { type: 'second-path-tried'; test: AlarmKey; tried: readonly TriedPath[] }
  /** The hub wants to hear of the station so often. */
  | { type: 'announce-every'; everyMs: number }
  /** The journal has it on disk. */
  | { type: 'appended'; lane: Lane; seq: number; draft: EntryDraft }
  /** The journal could not take it; nothing was signalled. */
  | { type: 'append-failed'; draft: EntryDraft }
  /** What a damaged journal could not take is tried again in its successor. */
  | { type: 'append-again'; draft: EntryDraft }
  /** Another journal took the place of the one before, which was damaged, at its end, or in memory only. `trouble` is what is wrong now. */
  | { type: 'journal-replaced'; restored: Restored; trouble: string | undefined }
  /** Whether a time service vouches for the wall clock. */
  | { type: 'clock'; synced: boolean }
  | { type: 'connection'; connected: boolean }
  | { type: 'hub'; online: boolean }
  | {
      type: 'receipt';
      epoch: string;
      lane: Lane;
      through: number;
      past: ReceiptPast;
      outcomes: readonly { seq: number; outcome: Outcome; points?: number | undefined }[];
    }
  /** The hub keeps what this lane sent through `through` for a person to decide on. */
  | { type: 'set-aside'; epoch: string; lane: Lane; through: number }
  | { type: 'alarm-state'; alarm: AlarmKey; state: AlarmState }
  /** Another station calls for help, or what became of that. */
  | {
      type: 'neighbour-alarm';
      alarm: AlarmKey;
      stationName: string;
      state: NeighbourAlarmState;
    }
  | { type: 'part'; part: PartName; state: PartState; detail: string };

/** What a station does about it. One table performs these, in order. */
export type Step =
  | { type: 'append'; lane: Lane; draft: EntryDraft }
  | { type: 'send'; lane: Lane; from: number; through: number }
  /** Keep on disk what the hub said it has committed. */
  | { type: 'keep-cursor'; lane: Lane; committed: number }
  /** Keep on disk which alarms are latched, so that a power cut does not end them. */
  | { type: 'keep-latched'; alarms: readonly LatchedAlarm[] }
  /** Keep on disk what the hold that goes on has come to. */
  | { type: 'keep-hold'; hold: Hold }
  /** Set the journal of `epoch` aside and begin another, unless it has come to hold more than this. */
  | { type: 'begin-epoch'; epoch: string; last: Readonly<Record<Lane, number>> }
  | { type: 'show'; light: LightName; row: string }
  | { type: 'sound'; tone: ToneName }
  /** Try to reach the broker now, instead of when the pause between attempts is over. */
  | { type: 'hurry' }
  /** Publish presence and health. */
  | { type: 'announce' };
