import type { AlarmKey } from '../../shared/wire/messages.ts';
import { type Decision, only } from './decision.ts';
import type { StationState } from './state.ts';
import type { Input, Step } from './steps.ts';

/**
 * So long a neighbour's call is on the light. Who is next door gets there within minutes or not at all,
 * and the light is needed for cards again; the hub's operators have the call until it is resolved.
 */
export const neighbourShownMs = 900_000;

/** As many calls of neighbours as a station remembers; the oldest goes first. */
export const neighbourAlarmsMax = 20;

/**
 * The hub tells what became of a neighbour's call. It stands until it is resolved: an operator who has
 * acknowledged it is not yet somebody at the neighbour's door, and who is next door still can be.
 */
export function neighbourSaid(
  state: StationState,
  { alarm, stationName, state: now }: Extract<Input, { type: 'neighbour-alarm' }>,
  nowMs: number,
): Decision {
  const isIt = ({ key }: { key: AlarmKey }) => key.epoch === alarm.epoch && key.seq === alarm.seq;
  if (state.alarms.some(isIt) || alarm.epoch === state.epoch) return only(state);
  const others = state.neighbours.filter((known) => !isIt(known));
  if (now === 'resolved') return only({ ...state, neighbours: others });
  const known = state.neighbours.find(isIt);
  if (known !== undefined) {
    const neighbours = state.neighbours.map((one) => (isIt(one) ? { ...one, state: now } : one));
    return only({ ...state, neighbours });
  }
  const news = { key: alarm, stationName, state: now, sinceMs: nowMs, isOver: false };
  const neighbours = [...others, news].slice(-neighbourAlarmsMax);
  return only({ ...state, neighbours }, ...soundedAnew(state));
}

/** The first call sounds with its light; another, while that light is on, sounds by itself. */
const soundedAnew = ({ shown, silent }: StationState): Step[] =>
  shown.startsWith('neighbour-alarm') && !silent ? [{ type: 'sound', tone: 'three' }] : [];

/** The calls that the light speaks of, unless it has something of more weight to say. */
export const neighboursCalling = ({ neighbours }: Pick<StationState, 'neighbours'>) =>
  neighbours.filter(({ isOver }) => !isOver);

/** What was shown for long enough is over here. */
export function neighboursAged(state: StationState, nowMs: number): StationState {
  const due = nextNeighbourMs(state);
  if (due === undefined || nowMs < due) return state;
  const neighbours = state.neighbours.map((one) =>
    nowMs >= one.sinceMs + neighbourShownMs ? { ...one, isOver: true } : one,
  );
  return { ...state, neighbours };
}

/** @returns when the next call is over here, or undefined when there is none. */
export function nextNeighbourMs(state: Pick<StationState, 'neighbours'>): number | undefined {
  const calling = neighboursCalling(state);
  return calling.length === 0
    ? undefined
    : Math.min(...calling.map(({ sinceMs }) => sinceMs)) + neighbourShownMs;
}
