/** The card reader as the station sees it: cards come and go, and sometimes the reader does. */

import type { SunMessage } from '../../shared/wire/entry.ts';

export type ReaderState = 'starting' | 'ready' | 'fault';

export interface ReaderListener {
  /**
   * A card lies on the reader and was read. `uid` is upper-case hex; it must not be logged or sent.
   * `sun` is what an NTAG 424 DNA wrote at this reading.
   */
  onCard(uid: string, sun?: SunMessage): void;
  /** A phone, or another thing whose UID is another each time: no card to know anybody by. */
  onPhone(): void;
  /** A card was there but could not be read: the person should tap again. */
  onUnreadable(): void;
  /** The card that `onCard` announced is gone, also when the reader went with it. */
  onCardGone(): void;
  /** `detail` says in one line what is wrong, and what a technician can do about it. */
  onState(state: ReaderState, detail: string): void;
}

export interface Reader {
  /** Begins to look for the reader and goes on for ever; trouble is a state, never an exception. */
  start(listener: ReaderListener): void;
  /** Returns within a second, whatever the hardware does; nothing is announced afterwards. */
  stop(): Promise<void>;
}
