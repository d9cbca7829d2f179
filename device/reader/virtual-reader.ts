/** A reader without hardware, so that a laptop runs a whole station. */
import { setTimeout as delay } from 'node:timers/promises';
import type { SunMessage } from '../../shared/wire/entry.ts';
import type { Reader, ReaderListener } from './reader.ts';
import { isRandomUid, normaliseUid } from './uid.ts';

/** About how long a person holds a card on the reader. */
const holdDefaultMs = 300;

/** What lies on the reader; `uid` is undefined for a card that cannot be read. */
interface VirtualCard {
  uid: string | undefined;
  sun?: SunMessage | undefined;
}

export class VirtualReader implements Reader {
  #listener: ReaderListener | undefined;
  #card: VirtualCard | undefined;
  #isAnnounced = false;
  #brokenDetail: string | undefined;

  start(listener: ReaderListener): void {
    if (this.#listener) throw new Error('the reader is started already');
    this.#listener = listener;
    listener.onState('starting', 'virtual reader');
    if (this.#brokenDetail === undefined) this.#open();
    else listener.onState('fault', this.#brokenDetail);
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
    this.#isAnnounced = false;
  }

  /**
   * Puts a card on and takes it away after `holdMs`; resolves then.
   * @throws {InvalidUid} when `uid` is no card UID
   */
  async tap(uid: string, holdMs = holdDefaultMs): Promise<void> {
    this.putCard(uid);
    const card = this.#card;
    await delay(holdMs);
    if (this.#card === card) this.takeCard();
  }

  /**
   * The card stays until it is taken away, or another is put in its place.
   * @param sun what the card writes at this reading, for one of a kind that does
   * @throws {InvalidUid} when `uid` is no card UID
   */
  putCard(uid: string, sun?: SunMessage): void {
    this.#put({ uid: normaliseUid(uid), sun });
  }

  /** A card that was pulled away too early, or is of a kind that has no UID. */
  putUnreadableCard(): void {
    this.#put({ uid: undefined });
  }

  takeCard(): void {
    this.#card = undefined;
    this.#forget();
  }

  /** The reader is unplugged. A card that lies there is seen again once it is mended. */
  breakDown(detail = 'the virtual reader is unplugged'): void {
    this.#brokenDetail = detail;
    this.#forget();
    this.#listener?.onState('fault', detail);
  }

  mend(): void {
    if (this.#brokenDetail === undefined) return;
    this.#brokenDetail = undefined;
    this.#open();
  }

  #open(): void {
    this.#listener?.onState('ready', 'virtual reader');
    this.#look();
  }

  #put(card: VirtualCard): void {
    this.takeCard();
    this.#card = card;
    this.#look();
  }

  #look(): void {
    if (!this.#listener || !this.#card || this.#brokenDetail !== undefined) return;
    const { uid, sun } = this.#card;
    const isPhone = uid !== undefined && isRandomUid(uid);
    this.#isAnnounced = uid !== undefined && !isPhone;
    if (isPhone) this.#listener.onPhone();
    else if (uid === undefined) this.#listener.onUnreadable();
    else this.#listener.onCard(uid, sun);
  }

  #forget(): void {
    if (!this.#isAnnounced) return;
    this.#isAnnounced = false;
    this.#listener?.onCardGone();
  }
}
