import type { AlarmCause } from '../domain/alarm.ts';

/** That an operator has answered an alarm: whoever was called need not wonder, and need not come. */
export interface Answered {
  readonly state: 'acknowledged' | 'resolved';
  /** The operator's name, as it was typed. */
  readonly by: string;
  /** The hub's clock, milliseconds since 1970 UTC. */
  readonly atMs: number;
  /** What a resolved one was. */
  readonly cause?: AlarmCause;
  /** Other alarms of the same station that are not resolved. */
  readonly othersOpen: number;
}

/** What a notifier tells a person of. Times are the hub's, milliseconds since 1970 UTC. */
export interface Notice {
  /** Names this notice for good: a receiver that gets it twice can tell. */
  readonly id: string;
  readonly alarmId: number;
  /** st-… */
  readonly station: string;
  readonly stationName: string;
  readonly raisedMs: number;
  readonly storedMs: number;
  /** Pressed again soon after: the caller says it was a mistake. It stands all the same. */
  readonly isMistake: boolean;
  /** A test alarms nobody: text and codes say so. */
  readonly isTest: boolean;
  /** Which step of the ladder, from 1. */
  readonly step: number;
  /** Then this is no call for help, but says that one was answered. */
  readonly answered?: Answered;
}

/** Whether somebody is asked to act: only that may ring everybody's phone. */
export const isCall = ({ isTest, answered }: Notice): boolean => !isTest && answered === undefined;

/**
 * No notifier is given longer for one notice, whatever its settings: that it fails has to be told while
 * somebody can still do something else, and a round every ten seconds must not heap up without end.
 */
export const noticeLimitMs = 240_000;

/** A way to reach somebody outside. */
export interface Notifier {
  readonly name: string;
  /** How long one notice takes at most, with all attempts and pauses, milliseconds. */
  readonly noticeMaxMs: number;
  /** Fulfils when the other side has taken it. @throws NotifyError with one line for the operator */
  notify(notice: Notice, signal: AbortSignal): Promise<void>;
  /** Whether there are words for it on this way; most have words for all. What has none is not told there. */
  hasWordsFor?(notice: Omit<Notice, 'id'>): boolean;
  /**
   * What must be kept alive between alarms (supervision of a line); most have nothing. It tells after
   * each try what the trouble is, or undefined.
   */
  start?(onTrouble: (trouble: string | undefined) => void): void;
  stop?(): Promise<void>;
}

/** The other side has not taken a notice. One line, fit for every log and screen: no secret is in it. */
export class NotifyError extends Error {
  override readonly name: string = 'NotifyError';
}
