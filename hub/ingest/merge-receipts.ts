import { entriesPerMessageMax } from '../../shared/wire/limits.ts';
import type { ReceiptMessage } from '../../shared/wire/messages.ts';

/**
 * A receipt speaks for all before it, so a station that sent many messages into one commit needs few
 * receipts: one for each 200 outcomes, since that is all that one may carry.
 * @param receipts in the order of commit
 */
export function mergeReceipts(receipts: readonly ReceiptMessage[]): ReceiptMessage[] {
  const byLane = new Map<string, ReceiptMessage[]>();
  for (const receipt of receipts) {
    const key = `${receipt.station}/${receipt.epoch}/${receipt.lane}`;
    const ofLane = byLane.get(key);
    if (ofLane) ofLane.push(receipt);
    else byLane.set(key, [receipt]);
  }
  return [...byLane.values()].flatMap(mergeLane);
}

function mergeLane(receipts: readonly ReceiptMessage[]): ReceiptMessage[] {
  const last = receipts.at(-1);
  if (!last || receipts.length === 1) return [...receipts];
  // An entry that came twice into the group has its outcome once, the latest.
  const bySeq = new Map(receipts.flatMap(({ outcomes }) => outcomes).map((one) => [one.seq, one]));
  const outcomes = [...bySeq.values()];
  const byBoot = new Map(receipts.flatMap(({ boots = [] }) => boots).map((one) => [one.boot, one]));
  const { boots: _, ...rest } = last;
  const merged: ReceiptMessage[] = [];
  for (let from = 0; from === 0 || from < outcomes.length; from += entriesPerMessageMax) {
    const part = { ...rest, outcomes: outcomes.slice(from, from + entriesPerMessageMax) };
    // Each boot has an entry, and so an outcome: there are no more boots than fit.
    const boots = [...byBoot.values()].slice(from, from + entriesPerMessageMax);
    merged.push(boots.length > 0 ? { ...part, boots } : part);
  }
  return merged;
}
