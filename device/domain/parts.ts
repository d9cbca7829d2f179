import { append, type Decision, only } from './decision.ts';
import type { PartName, StationState, ToldFault } from './state.ts';
import { startHoldEnded } from './station-test.ts';
import type { Input, Step } from './steps.ts';

/** A unit that is online has its clock set within minutes. */
export const unsyncedFaultAfterMs = 3_600_000;

/**
 * A loose plug comes and goes many times a minute. A fault has ended when its part has been well for so
 * long: what comes again before that is the same fault, and no more entries.
 */
export const wellAfterMs = 60_000;

/** Parts on a cable, and the cable that feeds them all. The others have a say of their own in when they are well again. */
const loose: readonly PartName[] = ['reader', 'panel', 'power'];

export function partChanged(
  state: StationState,
  input: Extract<Input, { type: 'part' }>,
  nowMs: number,
): Decision {
  const { part, detail } = input;
  const before = state.parts[part];
  if (before === input.state) return only(state);
  // A journal that can be written is still one of another past.
  if (part === 'journal' && state.retirement !== undefined) return only(state);
  const isSeen = part === 'panel' && input.state === 'ready';
  const button = isSeen ? { ...state.button, seenMs: nowMs } : state.button;
  const parts = { ...state.parts, [part]: input.state };
  const startHold = before === 'ready' ? startHoldEnded(state, part) : state.startHold;
  const next = { ...state, parts, button, startHold, announceMs: nowMs };
  if (loose.includes(part)) return looseChanged(next, input, nowMs);
  if (input.state === 'fault') return only(next, fault(part, 'begun', detail));
  return before === 'fault' && input.state === 'ready'
    ? only(next, fault(part, 'ended', detail))
    : only(next);
}

function looseChanged(
  state: StationState,
  { part, detail, state: now }: Extract<Input, { type: 'part' }>,
  nowMs: number,
): Decision {
  const isTold = state.told[part] !== undefined;
  if (!isTold && now !== 'fault') return only(state);
  const entry: ToldFault = { wellMs: now === 'ready' ? nowMs : undefined, detail };
  const next = { ...state, told: { ...state.told, [part]: entry } };
  return isTold ? only(next) : only(next, fault(part, 'begun', detail));
}

/** Faults whose parts have been well for long enough have ended. */
export function partsWell(state: StationState, nowMs: number): Decision {
  const ended = loose.flatMap((part): Step[] => {
    const { wellMs, detail } = state.told[part] ?? {};
    const isOver = wellMs !== undefined && nowMs >= wellMs + wellAfterMs;
    return isOver ? [fault(part, 'ended', detail ?? '')] : [];
  });
  if (ended.length === 0) return only(state);
  const left = Object.entries(state.told).filter(
    ([, { wellMs }]) => wellMs === undefined || nowMs < wellMs + wellAfterMs,
  );
  return only({ ...state, told: Object.fromEntries(left) }, ...ended);
}

/** @returns when the next fault ends, if nothing happens until then; undefined when none can. */
export function nextWellMs({ told }: StationState): number | undefined {
  const well = Object.values(told).flatMap(({ wellMs }) => wellMs ?? []);
  return well.length === 0 ? undefined : Math.min(...well) + wellAfterMs;
}

export const fault = (part: PartName, change: 'begun' | 'ended', detail: string): Step =>
  append({ type: 'fault', part, state: change, detail: detail.slice(0, 200) });

/**
 * The first reading that a time service vouches for dates every entry of the same boot, so it is an
 * entry of its own. A clock that nobody vouches for is told, but is no reason to refuse anything.
 */
export function clockSaid(state: StationState, synced: boolean, nowMs: number): Decision {
  if (state.clockSynced) return only(state);
  if (!synced) {
    if (nowMs < state.startedMs + unsyncedFaultAfterMs) return only(state);
    const detail = 'no time service has set the clock: entries are dated by the hub alone';
    return partChanged(state, { type: 'part', part: 'clock', state: 'fault', detail }, nowMs);
  }
  const known = { ...state, clockSynced: true };
  const detail = 'a time service has set the clock';
  const ended = partChanged(known, { type: 'part', part: 'clock', state: 'ready', detail }, nowMs);
  return only(ended.state, append({ type: 'clock' }), ...ended.steps);
}
