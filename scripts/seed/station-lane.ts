import { newEpoch } from '../../shared/ids.ts';
import { chainHash, entryText, genesisHash, type Reading } from '../../shared/wire/entry.ts';
import { seal } from '../../shared/wire/mac.ts';

/** A station's routine lane, as its journal and uplink would send it. */
export class StationLane {
  readonly epoch = newEpoch();
  readonly #station: string;
  readonly #macKey: string;
  /** Entries that were not sent yet, and the chain hash in front of each. */
  #waiting: { entry: object; previous: string }[] = [];
  #seq = 0;
  #hash = genesisHash(this.epoch, 'routine');

  constructor(station: string, macKey: string) {
    this.#station = station;
    this.#macKey = macKey;
  }

  /** Sequence of the newest entry. */
  get last(): number {
    return this.#seq;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  checkIn(card: string, at: Reading): void {
    this.#seq += 1;
    const entry = { seq: this.#seq, at, type: 'check-in', card };
    this.#waiting.push({ entry, previous: this.#hash });
    this.#hash = chainHash(this.#hash, entryText(entry));
  }

  /** @returns the oldest entries that wait, at most so many, as one sealed message. */
  message(entriesMax: number, sent: Reading): Buffer {
    const taken = this.#waiting.splice(0, entriesMax);
    return seal(this.#macKey, {
      ...{ v: 1, station: this.#station, kind: 'journal', epoch: this.epoch },
      ...{
        sent,
        oldest: 1,
        previous: taken[0]?.previous,
        entries: taken.map(({ entry }) => entry),
      },
    });
  }
}
