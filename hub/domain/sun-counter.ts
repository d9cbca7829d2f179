/** A tap whose message a card has made: when it happened, and the how many-th reading of the card it is. */
export interface CountedTap {
  readonly occurredMs: number;
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
  readonly counter: number;
}

/** `replayed`: the message was used before. `backwards`: the card had been read more often by then. */
export type CounterFault = 'replayed' | 'backwards';

/**
 * What the counter of one card says of its taps: it rises from tap to tap, whatever happens between
 * two of them. A message that was recorded is refused when it comes again, and also when it comes for
 * the first time after the card itself has gone on. A function of the set: a tap that arrives late is
 * held against those from before it, and those after it against it (DESIGN, promise 3).
 * @returns a fault or undefined for each, in the order given
 */
export function counterFaults(taps: readonly CountedTap[]): (CounterFault | undefined)[] {
  const faults = new Map<CountedTap, CounterFault>();
  const used = new Set<number>();
  let highest = -1;
  for (const tap of [...taps].sort(byOccurrence)) {
    if (used.has(tap.counter)) faults.set(tap, 'replayed');
    else if (tap.counter < highest) faults.set(tap, 'backwards');
    else {
      used.add(tap.counter);
      highest = tap.counter;
    }
  }
  return taps.map((tap) => faults.get(tap));
}

/**
 * Of a message whose counter is not above the highest that was removed, nobody knows any more whether it
 * was used: it proves nothing, whenever it is said to have been. Those above it are judged without it.
 * @param removed that highest counter; -1 for none
 */
export function settledFault(counter: number | null, removed: number): CounterFault | undefined {
  if (counter === null || counter > removed) return undefined;
  return counter === removed ? 'replayed' : 'backwards';
}

/** Total, so that the result never depends on the order of arrival. */
const byOccurrence = (a: CountedTap, b: CountedTap): number =>
  a.occurredMs - b.occurredMs ||
  compareText(a.station, b.station) ||
  compareText(a.epoch, b.epoch) ||
  a.seq - b.seq;

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
