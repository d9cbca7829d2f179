import type { FaultPart, TestLight, TriedPath } from '../../shared/wire/entry.ts';
import type { PresenceState } from './presence.ts';

/**
 * What can be wrong for a while: with a station, or with the hub itself. Each has a beginning and an
 * end. The faults of a station's parts have the parts' names.
 */
export const troubleKinds = [
  'offline',
  'silent',
  'reader',
  'panel',
  'journal',
  'disk',
  'clock',
  'power',
  'button',
  'entries-missing',
  'fork',
  'never-tested',
  'second-path',
  'notifier',
  'broker',
  'nightly',
] as const;
export type TroubleKind = (typeof troubleKinds)[number];

/**
 * What no news may ever end: a person looks into it and says what was found. A notifier that is mended
 * says so with its next notice only, and the next alarm may be far.
 */
export const endedByPerson: readonly TroubleKind[] = ['entries-missing', 'notifier'];

/** One kind of trouble of a station is open at most once for each part. */
export interface TroubleKey {
  readonly station?: string;
  readonly kind: TroubleKind;
  /** Which of several of a kind, such as the notifier's name; none where there is only one. */
  readonly part?: string;
}

/** News of a trouble: it is there, or it is over. */
export type TroubleNews =
  | (TroubleKey & { readonly state: 'begun'; readonly detail: string })
  | (TroubleKey & { readonly state: 'ended' });

export interface OpenTrouble {
  readonly begunMs: number;
}

/** What news makes of a trouble that is open, or of none. */
export type TroubleStep<Open> =
  | { readonly do: 'begin' | 'nothing' }
  | { readonly do: 'tell-again' | 'end'; readonly open: Open };

/** A trouble that is told again is no second one, and one that is not there has no end. */
export function stepFor<Open extends OpenTrouble>(
  open: Open | undefined,
  state: 'begun' | 'ended',
): TroubleStep<Open> {
  if (open === undefined) return { do: state === 'begun' ? 'begin' : 'nothing' };
  return { do: state === 'begun' ? 'tell-again' : 'end', open };
}

/** It never ends before it began, whatever two clocks say. */
export const endOf = ({ begunMs }: OpenTrouble, atMs: number): number => Math.max(begunMs, atMs);

/** What a station's presence says of its troubles. */
export function afterPresence(station: string, state: PresenceState): readonly TroubleNews[] {
  const over = { station, state: 'ended' } as const;
  switch (state) {
    case 'online':
      return [
        { ...over, kind: 'offline' },
        { ...over, kind: 'silent' },
      ];
    case 'offline':
      return [
        { ...over, kind: 'silent' },
        { station, kind: 'offline', state: 'begun', detail: 'not connected' },
      ];
    case 'silent':
      return [
        { ...over, kind: 'offline' },
        { station, kind: 'silent', state: 'begun', detail: 'connected, but not heard of' },
      ];
  }
}

/** What a fault entry says. The entries are the truth: the station's own rules tell when a fault is over. */
export const afterFault = (
  station: string,
  { part, state, detail }: { part: FaultPart; state: 'begun' | 'ended'; detail: string },
): TroubleNews =>
  state === 'begun' ? { station, kind: part, state, detail } : { station, kind: part, state };

/** What a test says of a path beside the broker; each of them is a part of its own. */
export const afterTried = (station: string, { path, tookMs, detail }: TriedPath): TroubleNews => {
  const key = { station, kind: 'second-path', part: path } as const;
  return tookMs === null ? { ...key, state: 'begun', detail } : { ...key, state: 'ended' };
};

/**
 * A health report is there before the entry, and comes also when no entry can be written: a fault that
 * it goes on telling begins the trouble too. So long, because the entry, which says why, mostly comes.
 */
export const reportedFaultAfterMs = 5_000;
/**
 * It ends what no entry ends, such as a fault that was over when the unit was started again. So long,
 * because a loose plug is told to be well after a minute (the station's `wellAfterMs`), and one fault
 * must not become many.
 */
export const reportedReadyAfterMs = 120_000;

const dayMs = 86_400_000;

/** @returns whether a station has to be tested: so long after its last test, or after it was added. */
export const isTestDue = (
  { addedMs, testedMs }: { addedMs: number; testedMs: number | undefined },
  nowMs: number,
  everyDays: number,
): boolean => nowMs - (testedMs ?? addedMs) > everyDays * dayMs;

/** So soon an alarm has to be on the light: after that it says "not delivered" (DESIGN, the table of lights). */
export const inTimeMaxMs = 10_000;

/** @returns whether a test went the whole way as an alarm has to, by what the station says of its light. */
export const isShownInTime = ({ light, tookMs }: { light: TestLight; tookMs: number }): boolean =>
  light === 'stored' && tookMs <= inTimeMaxMs;

/**
 * So long an operator waits for what comes of a test. It has failed after ten seconds at the station; the
 * rest is for the way there and back.
 */
export const testAwaitedMs = 15_000;
