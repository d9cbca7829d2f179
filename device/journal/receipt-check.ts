import type { Lane } from '../../shared/wire/entry.ts';
import type { ReceiptPast } from '../domain/steps.ts';
import type { Journal } from './journal.ts';

/**
 * Holds the chain hash of a receipt against the journal of the same epoch: a copied or restored
 * memory card has another past under the same numbers (DESIGN, promise 8).
 * @returns how the receipt stands to the journal, and how far it is to be believed
 */
export function checkReceipt(
  journal: Pick<Journal, 'last' | 'oldest' | 'hashAt'>,
  { lane, through, hash }: { lane: Lane; through: number; hash: string },
): { past: ReceiptPast; through: number } {
  if (through > journal.last(lane)) return { past: 'rolled-back', through };
  const oldest = journal.oldest(lane);
  // What is deleted cannot be compared or sent again: the hub is given all that is still here.
  if (through < oldest - 1) return { past: 'same', through: oldest - 1 };
  if (journal.hashAt(lane, through) === hash) return { past: 'same', through };
  // The lane goes back to before the entry in question, but not to before the oldest.
  return { past: 'other', through: Math.max(oldest, through) };
}
