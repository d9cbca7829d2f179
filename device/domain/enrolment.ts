import type { SunMessage } from '../../shared/wire/entry.ts';
import { type Decision, only } from './decision.ts';
import type { Enrolment, StationState } from './state.ts';
import type { EntryDraft, Input } from './steps.ts';

/** A command may come twice within the outbox's and the broker's retries; these are remembered. */
const requestsMax = 8;

/** What the hub says of a card that is awaited here. */
export const enrolmentSaid = (
  state: StationState,
  input: Extract<Input, { type: 'enrol' | 'enrol-over' }>,
  nowMs: number,
): Decision =>
  input.type === 'enrol'
    ? cardAwaited(state, input, nowMs)
    : cardAwaitedNoMore(state, input.request, nowMs);

/**
 * An operator waits for a card to be tapped here, for somebody. Every card goes to the hub as ever, with
 * a word that it may be that one: which cards are anybody's is known there alone. One that is told
 * again, as QoS 1 may, is the same; another takes the place of the one before.
 */
function cardAwaited(
  state: StationState,
  { request, forMs }: { request: string; forMs: number },
  nowMs: number,
): Decision {
  if (state.enrolRequests.includes(request)) return only(state);
  const enrolRequests = [...state.enrolRequests, request].slice(-requestsMax);
  const enrolment = { request, untilMs: nowMs + forMs, phase: 'waiting' as const };
  return only({ ...state, enrolRequests, enrolment, announceMs: nowMs });
}

/** The operator waits no more. Also of one that has not come yet: it is late then. */
function cardAwaitedNoMore(state: StationState, request: string, nowMs: number): Decision {
  const enrolRequests = state.enrolRequests.includes(request)
    ? state.enrolRequests
    : [...state.enrolRequests, request].slice(-requestsMax);
  const isThis = state.enrolment?.request === request;
  return only(isThis ? ended({ ...state, enrolRequests }, nowMs) : { ...state, enrolRequests });
}

/** A tap as it goes into the journal. */
export const checkInOf = (
  state: StationState,
  { token: card, sun }: { readonly token: string; readonly sun?: SunMessage | undefined },
): EntryDraft => ({
  type: 'check-in',
  card,
  ...(sun === undefined ? {} : { sun }),
  ...(state.enrolment === undefined ? {} : { enrol: state.enrolment.request }),
});

/**
 * What the hub made of a tap. A card that is nobody's is asked for once more; `recorded` says that it
 * came twice alike, and is somebody's now. Any other is a check-in like all.
 */
export function enrolmentAnswered(
  state: StationState,
  outcome: string,
  nowMs: number,
): StationState {
  if (state.enrolment === undefined) return state;
  if (outcome === 'recorded') return ended(state, nowMs);
  if (outcome !== 'unknown-card') return state;
  return { ...phaseIs(state, 'again', nowMs), tap: undefined };
}

/** A phone was held to the reader: whoever waits at the hub is told why nothing comes of it. */
export const phoneSeen = (state: StationState, nowMs: number): StationState =>
  state.enrolment === undefined ? state : phaseIs(state, 'phone', nowMs);

export function enrolmentAged(state: StationState, nowMs: number): StationState {
  const isOver = state.enrolment !== undefined && nowMs >= state.enrolment.untilMs;
  return isOver ? ended(state, nowMs) : state;
}

/** @returns when the station waits for a card no more, or undefined. */
export const nextEnrolmentMs = ({ enrolment }: StationState): number | undefined =>
  enrolment?.untilMs;

/** What the station says of it in its health; nothing in the ordinary course. */
export const enrolmentOf = ({ enrolment }: StationState) =>
  enrolment === undefined
    ? {}
    : { enrolment: { request: enrolment.request, state: enrolment.phase } };

/** Each change is told to the hub at once. */
const ended = (state: StationState, nowMs: number): StationState => ({
  ...state,
  enrolment: undefined,
  announceMs: nowMs,
});

const phaseIs = (state: StationState, phase: Enrolment['phase'], nowMs: number): StationState =>
  state.enrolment === undefined
    ? state
    : { ...state, enrolment: { ...state.enrolment, phase }, announceMs: nowMs };
