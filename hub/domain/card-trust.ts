import type { CounterFault } from './sun-counter.ts';

/**
 * What it is known by that a card was there: by its UID, which can be copied, or by a message that only
 * the card can make (NTAG 424 DNA, secure unique NFC).
 */
export const cardTrusts = ['uid', 'sun'] as const;
export type CardTrust = (typeof cardTrusts)[number];

/** Why a message that came with a tap proves nothing; `other-card`: it is another card's. */
export type SunFault = 'truncated' | 'unreadable' | 'wrong-mac' | 'other-card' | CounterFault;

/** What came with a tap: nothing, or a message, with its fault. */
export type Proof = { readonly trust: CardTrust; readonly fault: SunFault | null };

/** Nothing came, as from most cards. */
export const noProof: Proof = { trust: 'uid', fault: null };

/** Why a tap earns nothing although its card is in use. */
export type TrustRefusal = SunFault | 'no-message';

/**
 * A message that proves nothing is worse than none: somebody made it, or used it again.
 * @param required what the policy of the day asks for
 */
export function refusalOf(
  { trust, fault }: Proof = noProof,
  required: CardTrust = 'uid',
): TrustRefusal | undefined {
  if (fault !== null) return fault;
  return required === 'sun' && trust === 'uid' ? 'no-message' : undefined;
}
