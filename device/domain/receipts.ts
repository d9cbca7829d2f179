import type { Lane } from '../../shared/wire/entry.ts';
import { alarmsReceipted, latchedBecame } from './alarms.ts';
import { type Decision, only } from './decision.ts';
import { contradicted, type LaneState, receipted, setAside, surpassed } from './lane.ts';
import { beginRetirement, endRetirement, retirementTold } from './retirement.ts';
import type { StationState } from './state.ts';
import { testReceipted } from './station-test.ts';
import type { Input } from './steps.ts';
import { outcomeCame } from './taps.ts';

/** The hub said how far it has committed a lane, and the journal said what that is worth. */
export function receiptCame(
  state: StationState,
  receipt: Extract<Input, { type: 'receipt' }>,
  nowMs: number,
): Decision {
  if (receipt.epoch !== state.epoch) return only(state);
  const { lane, through } = receipt;
  const before = state.lanes[lane];
  if (receipt.past === 'other') {
    const gone = laneBecame(state, lane, contradicted(before, through));
    const retiring = beginRetirement(gone.state, nowMs);
    return only(retiring.state, ...gone.steps, ...retiring.steps);
  }
  if (receipt.past === 'rolled-back') {
    const after = lane === 'alarm' ? surpassed(before) : before;
    return beginRetirement({ ...state, lanes: { ...state.lanes, [lane]: after } }, nowMs);
  }
  const after = receipted(before, through);
  const { state: next, steps: kept } = laneBecame(state, lane, after);
  if (lane === 'routine') {
    const heard = outcomeCame(next, receipt.outcomes, nowMs);
    const ended = retirementTold(heard) ? endRetirement(heard, nowMs) : only(heard);
    return only(ended.state, ...kept, ...ended.steps);
  }
  const told = alarmsReceipted(state.alarms, { epoch: state.epoch, seq: after.committed }, nowMs);
  const latched = latchedBecame(testReceipted(next, after.committed, nowMs), told);
  // What the hub said of it before was not believed yet: it is asked again, at once.
  const isNews = after.committed > before.committed && state.alarms.length > 0;
  const asking = isNews ? { ...latched.state, announceMs: nowMs } : latched.state;
  // In this order: an alarm behind the cursor is latched after a restart only if it is kept so.
  return only(asking, ...latched.steps, ...kept);
}

/** The hub's cursor of a lane as it is now, kept on disk when it has moved. */
function laneBecame(state: StationState, lane: Lane, after: LaneState): Decision {
  const { committed } = after;
  const moved = committed !== state.lanes[lane].committed;
  return only(
    { ...state, lanes: { ...state.lanes, [lane]: after } },
    ...(moved ? [{ type: 'keep-cursor' as const, lane, committed }] : []),
  );
}

/** Only for entries of this epoch; alarms among them are not stored, and will be raised anew. */
export function entriesSetAside(
  state: StationState,
  { epoch, lane, through }: Extract<Input, { type: 'set-aside' }>,
  nowMs: number,
): Decision {
  if (epoch !== state.epoch) return only(state);
  const moved = laneBecame(state, lane, setAside(state.lanes[lane], through));
  const retiring = beginRetirement(moved.state, nowMs);
  return only(retiring.state, ...moved.steps, ...retiring.steps);
}
