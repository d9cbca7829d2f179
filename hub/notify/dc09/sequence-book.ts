const sequenceLast = 9999;
/** Far fewer than there are numbers, so that no two events that are remembered share one. */
const eventsRememberedMax = 1_000;

/** Gives each event its number, 0001 to 9999 and round again; the same event gets the same one. */
export class SequenceBook {
  #next: number;
  readonly #given = new Map<string, number>();

  /** @param first 1 to 9999 */
  constructor(first: number) {
    this.#next = first;
  }

  /** @param event all that makes the event what it is: other content must be another event */
  numberOf(event: string): number {
    const known = this.#given.get(event);
    if (known !== undefined) return known;
    const sequence = this.#next;
    this.#next = (sequence % sequenceLast) + 1;
    this.#given.set(event, sequence);
    for (const oldest of this.#given.keys()) {
      if (this.#given.size <= eventsRememberedMax) break;
      this.#given.delete(oldest);
    }
    return sequence;
  }
}
