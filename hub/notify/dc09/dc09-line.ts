import { setTimeout as delay } from 'node:timers/promises';
import { type BackoffLimits, backoff } from '../../../shared/bus/backoff.ts';
import { NotifyError } from '../notifier.ts';
import type { Dc09Settings } from './dc09-settings.ts';
import { doubtOf, ownPad, randomPad } from './encrypted-ack.ts';
import { exchange } from './exchange.ts';
import { decodeFrame, encodeFrame, type FrameId } from './frame.ts';
import { clockCorrectionsMax } from './line-limits.ts';

/** The receiver answers, and will never take this one (DUH): a line that is well says nothing of that. */
export class NotUnderstood extends NotifyError {}

/** What is to be delivered. The time of sending is put on it at each attempt. */
export interface Delivery {
  readonly id: FrameId;
  readonly sequence: number;
  readonly data: string;
}

export interface LineOptions {
  /** The hub's wall clock, in milliseconds since 1970 UTC. */
  readonly now: () => number;
  /** The waits between attempts. */
  readonly retry: BackoffLimits;
  readonly random: () => number;
}

type Answer =
  | { readonly kind: 'ack' }
  | { readonly kind: 'duh' }
  /** Undefined where it told no time. */
  | { readonly kind: 'nak'; readonly atMs: number | undefined };

/** The way to one receiver: it sends until there is an answer, and keeps to the receiver's clock. */
export class Dc09Line {
  readonly #settings: Dc09Settings;
  readonly #options: LineOptions;
  readonly #key: Buffer | undefined;
  /** The receiver's clock less ours, as its last NAK told: for the time on our frames, and nothing else. */
  #clockOffsetMs = 0;
  /** Events leave in the order they were asked for; their answers are waited for side by side. */
  #turn: Promise<void> = Promise.resolve();

  constructor(settings: Dc09Settings, options: LineOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#key = settings.key === undefined ? undefined : Buffer.from(settings.key, 'hex');
  }

  /**
   * Fulfils when the receiver has acknowledged it.
   * @throws NotifyError in one line: not understood, refused, not answered, or given up by the signal
   */
  async deliver(delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { attemptsMax } = this.#settings;
    const waits = backoff(this.#options.retry, this.#options.random);
    let corrections = 0;
    for (let attempts = 1; ; attempts += 1) {
      const { answer, reason } = await this.#attempt(delivery, signal);
      if (answer?.kind === 'ack') return;
      if (answer?.kind === 'duh') {
        throw new NotUnderstood(this.#said('does not understand this event (DUH)'));
      }
      if (answer?.atMs !== undefined) {
        if (corrections === clockCorrectionsMax) {
          throw this.#error('refuses this (NAK) with its own time on it; check account and key');
        }
        corrections += 1;
        attempts -= 1;
        this.#clockOffsetMs = answer.atMs - this.#options.now();
        continue;
      }
      if (signal.aborted) throw this.#error(`did not take it before it was given up: ${reason}`);
      if (attempts >= attemptsMax) {
        throw this.#error(`did not take it in attempt ${attempts} of ${attemptsMax}: ${reason}`);
      }
      await delay(waits.next().value, undefined, { signal }).catch(() => {
        throw this.#error(`did not take it before it was given up: ${reason}`);
      });
    }
  }

  async #attempt(
    delivery: Delivery,
    signal: AbortSignal,
  ): Promise<{ answer?: Answer; reason: string }> {
    const leaveTurn = delivery.id === 'NULL' ? () => {} : await this.#takeTurn(signal);
    // What came last says more than that the time was over.
    let fault: string | undefined;
    const read = (bytes: Buffer): Answer | undefined => {
      const answer = this.#read(bytes, delivery);
      if (typeof answer !== 'string') return answer;
      fault = answer;
      return undefined;
    };
    const { host, port, transport, ackTimeoutS } = this.#settings;
    const to = { host, port, transport, timeoutMs: ackTimeoutS * 1000, signal };
    try {
      if (signal.aborted) return { reason: 'earlier events were still being sent' };
      const frame = this.#frame(delivery);
      return await exchange({ ...to, frame, read, onSent: leaveTurn }).then(
        (answer) => ({ answer, reason: 'a NAK without a time' }),
        ({ message }: Error) => ({
          reason: fault === undefined ? message : `${message}; last came: ${fault}`,
        }),
      );
    } finally {
      leaveTurn();
    }
  }

  /** Fulfils when those before are sent, or the signal says to wait no longer. @returns what lets the next one go */
  async #takeTurn(signal: AbortSignal): Promise<() => void> {
    const before = this.#turn;
    let leave = (): void => {};
    const mine = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.#turn = before.then(() => mine);
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([before, aborted]);
    return leave;
  }

  #frame({ id, sequence, data }: Delivery): Buffer {
    const { receiver, line, account } = this.#settings;
    const atMs = this.#options.now() + this.#clockOffsetMs;
    const frame = { id, sequence, receiver, line, account, data, atMs };
    const key = this.#key;
    const pad = id === 'NULL' ? ownPad : randomPad;
    return encodeFrame(frame, key === undefined ? undefined : { key, pad });
  }

  /** @returns the answer to this delivery, or what came instead */
  #read(bytes: Buffer, { sequence }: Delivery): Answer | string {
    const decoded = decodeFrame(bytes, this.#key);
    if (!decoded.ok) return decoded.reason;
    const { frame, sealed } = decoded;
    const { id, account, atMs } = frame;
    // A NAK echoes nothing and is never encrypted; the connection says what it answers.
    if (id === 'NAK') return { kind: 'nak', atMs };
    if (id !== 'ACK' && id !== 'DUH') return `an ${id}, which is no answer`;
    if (frame.sequence !== sequence)
      return `the ${id} of sequence ${frame.sequence}, not ${sequence}`;
    if (account !== this.#settings.account) return `the ${id} of another account`;
    if (id === 'DUH') return { kind: 'duh' };
    if (this.#key === undefined) return { kind: 'ack' };
    return doubtOf(frame, sealed, this.#options.now()) ?? { kind: 'ack' };
  }

  #error(what: string): NotifyError {
    return new NotifyError(this.#said(what));
  }

  #said(what: string): string {
    const { host, port } = this.#settings;
    return `the receiver ${host}:${port} ${what}`;
  }
}
