import type { Log } from '../../shared/log.ts';
import { systemTimers, type Timers } from '../../shared/timers.ts';
import { type TroubleBook, withTroubles } from '../app/trouble-book.ts';
import type { Db } from '../store/schema.ts';

/** A broker that was only started anew is back sooner, and a station says "phone" after twice as long. */
export const brokerAwayAfterMs = 5_000;

export interface BrokerWatchOptions {
  readonly db: Db;
  /** The hub's wall clock, milliseconds. */
  readonly now: () => number;
  readonly timers?: Pick<Timers, 'after'>;
  /** Called after each commit: the outbox has something. */
  readonly onCommitted: () => void;
  readonly log: Log;
}

/** Since when the broker is away, and what was heard of why. */
interface Away {
  readonly sinceMs: number;
  /** It was there before. */
  readonly isLost: boolean;
  reason: string;
  isTold: boolean;
  readonly callOff: () => void;
}

/**
 * A broker that the hub does not reach is trouble: no alarm comes in by it, and the feed is told to
 * nobody. The feed hears of it, beginning and end, when the broker is back.
 */
export class BrokerWatch {
  readonly #options: BrokerWatchOptions;
  #away: Away | undefined;
  #isStopped = false;
  /** One write after the other, so that an end is never before its beginning. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: BrokerWatchOptions) {
    this.#options = options;
  }

  /** The hub begins to connect: until then nobody is missed. */
  start(): void {
    this.#missed('not reached yet', { isLost: false });
  }

  /**
   * For `BusListener.onConnection`.
   * @returns whether the broker is back after an absence, and whoever follows the feed perhaps not yet
   */
  connection(connected: boolean): boolean {
    if (this.#isStopped) return false;
    if (!connected) {
      this.#missed('the connection was lost', { isLost: true });
      return false;
    }
    const away = this.#away;
    away?.callOff();
    this.#away = undefined;
    // Also what an earlier run of the hub has left open.
    this.#write((book, nowMs) => book.end({ kind: 'broker' }, nowMs));
    return away !== undefined && (away.isLost || away.isTold);
  }

  /**
   * For `BusListener.onTrouble`: why there is no connection.
   * @returns whether that is news, and not what the attempt before said as well
   */
  trouble(reason: string): boolean {
    const away = this.#away;
    if (away === undefined) return true;
    if (reason === '' || reason === away.reason) return false;
    away.reason = reason;
    if (away.isTold) this.#begin(away);
    return true;
  }

  /** The hub leaves the broker, and not the broker the hub. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#away?.callOff();
    this.#away = undefined;
    await this.#turn;
  }

  #missed(reason: string, { isLost }: Pick<Away, 'isLost'>): void {
    if (this.#away !== undefined) return;
    const { now, timers = systemTimers } = this.#options;
    const callOff = timers.after(brokerAwayAfterMs, () => {
      away.isTold = true;
      this.#begin(away);
    });
    const away: Away = { sinceMs: now(), isLost, reason, isTold: false, callOff };
    this.#away = away;
  }

  #begin({ sinceMs, reason }: Away): void {
    this.#write((book) => book.begin({ kind: 'broker', detail: reason }, sinceMs));
  }

  #write(work: (book: TroubleBook, nowMs: number) => Promise<void>): void {
    const { db, now, onCommitted, log } = this.#options;
    const nowMs = now();
    this.#turn = this.#turn
      .then(() => withTroubles(db, nowMs, (book) => work(book, nowMs)))
      .then(onCommitted)
      .catch((error: unknown) => log.error({ err: error }, 'trouble of the broker not written'));
  }
}
