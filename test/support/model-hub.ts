import { decodeStationMessage, encodeMessage } from '../../shared/wire/codec.ts';
import { chainHash, genesisHash, type Lane, lanes } from '../../shared/wire/entry.ts';
import type {
  AlarmMessage,
  HubMessage,
  JournalMessage,
  ReceiptMessage,
} from '../../shared/wire/messages.ts';

interface Stored {
  readonly text: string;
  readonly hash: string;
}

/**
 * What a station may expect of a hub, in few lines: it commits what follows from what it has, answers
 * with receipts, and sets aside what has forked, also when a message begins behind entries set aside.
 */
export class ModelHub {
  readonly #key: string;
  readonly #lanes = new Map<string, Stored[]>();
  /** Entries that wait for a person, as text. */
  readonly aside: string[] = [];
  readonly #asideHashes = new Set<string>();

  /** Takes what the hub says to the station that it hears now. */
  answer: (kind: HubMessage['kind'], payload: Uint8Array) => void = () => {};

  constructor(key: string) {
    this.#key = key;
  }

  /** What is committed of a lane, as text. */
  committed(epoch: string, lane: Lane): string[] {
    return this.#lane(epoch, lane).map(({ text }) => text);
  }

  get epochs(): string[] {
    return [...new Set([...this.#lanes.keys()].map((key) => key.split(' ')[0] ?? ''))];
  }

  /** Takes what a station published. */
  take(payload: Uint8Array): void {
    const { texts, ...decoded } = decodeStationMessage(payload);
    if (!decoded.ok) throw new Error(decoded.detail);
    const message = decoded.value;
    if (message.kind === 'presence' && message.online) {
      for (const lane of lanes) this.#receipt(message.station, message.epoch, lane);
    } else if (message.kind === 'journal' || message.kind === 'alarm') {
      this.#entries(message, texts);
    }
  }

  /** Tells the station that its entries through `through` wait for a person. */
  setAside(station: string, epoch: string, lane: Lane, through: number, hash: string): void {
    const command = { name: 'begin-epoch' as const, epoch, lane, through, hash };
    this.#say({ v: 1, station, kind: 'command', command });
  }

  #entries(message: JournalMessage | AlarmMessage, texts: readonly string[]): void {
    const lane = message.kind === 'alarm' ? 'alarm' : 'routine';
    const { epoch, station, previous } = message;
    const stored = this.#lane(epoch, lane);
    const first = message.entries[0]?.seq ?? 1;
    const takesOver = stored.length === 0 && first === message.oldest && first > 1;
    if (takesOver) {
      for (let seq = 1; seq < first; seq += 1) stored.push({ text: 'unknown', hash: previous });
    }
    if (first > stored.length + 1 && !this.#asideHashes.has(previous)) {
      this.#receipt(station, epoch, lane);
      return;
    }
    const chained = chain(previous, texts);
    const before = first === 1 ? genesisHash(epoch, lane) : stored[first - 2]?.hash;
    const differs = chained.some(
      ({ hash }, index) => (stored[first - 1 + index]?.hash ?? hash) !== hash,
    );
    if (before !== previous || differs) {
      this.#setAside({ station, epoch, lane }, first, chained);
      return;
    }
    stored.push(...chained.slice(stored.length - first + 1));
    this.#receipt(station, epoch, lane);
  }

  #setAside(
    { station, epoch, lane }: { station: string; epoch: string; lane: Lane },
    first: number,
    chained: readonly Stored[],
  ): void {
    for (const { text, hash } of chained) {
      if (!this.#asideHashes.has(hash)) this.aside.push(text);
      this.#asideHashes.add(hash);
    }
    this.setAside(station, epoch, lane, first + chained.length - 1, chained.at(-1)?.hash ?? '');
  }

  #receipt(station: string, epoch: string, lane: Lane): void {
    const stored = this.#lane(epoch, lane);
    const through = stored.length;
    const hash = stored.at(-1)?.hash ?? genesisHash(epoch, lane);
    const answer: ReceiptMessage = {
      ...{ v: 1, station, kind: 'receipt' },
      ...{ epoch, lane, through, hash },
      outcomes: [],
    };
    this.#say(answer);
  }

  #say(message: HubMessage): void {
    this.answer(message.kind, encodeMessage(this.#key, message));
  }

  #lane(epoch: string, lane: Lane): Stored[] {
    const key = `${epoch} ${lane}`;
    const stored = this.#lanes.get(key) ?? [];
    this.#lanes.set(key, stored);
    return stored;
  }
}

function chain(previous: string, texts: readonly string[]): Stored[] {
  let hash = previous;
  return texts.map((text) => {
    hash = chainHash(hash, text);
    return { text, hash };
  });
}
