import type { Log } from '../../shared/log.ts';
import type { Timers } from '../../shared/timers.ts';
import { type OtherPath, type TriedPath, triedDetailMax } from '../../shared/wire/entry.ts';
import type { AlarmKey } from '../../shared/wire/messages.ts';
import type { StationState } from '../domain/state.ts';
import type { Input } from '../domain/steps.ts';
import type { Failure, Ways } from './ways.ts';

/** Attempts before a path counts as one that does not answer: a single packet, or a hub that starts, is no trouble. */
export const trialAttemptsMax = 2;
export const trialPauseMs = 2_000;
/** Neighbours that nobody has asked for lately have so long to say that they are there. */
const lookMs = 1_000;

export interface SecondPathTrialParts {
  readonly ways: Ways;
  readonly brain: {
    readonly state: StationState;
    onChange(listener: () => void): () => void;
    dispatch(input: Input): void;
  };
  /** Whether this is the hub's sealed word that it has that entry of the alarm lane. */
  readonly isReceiptFor: (entry: AlarmKey, answer: Uint8Array) => boolean;
  readonly timers: Timers;
  readonly log: Log;
}

/**
 * Sends a test by the other paths as well, once its way over the bus is decided: whether that is sound
 * is for the bus alone to show. What comes back proves that an alarm would get through, and moves no
 * cursor. An alarm that is not stored yet ends the trial, which begins anew after it.
 */
export class SecondPathTrial {
  readonly #parts: SecondPathTrialParts;
  readonly #endListening: () => void;
  /** The latest test that was seen. */
  #test: AlarmKey | undefined;
  #isDue = false;
  #running: AbortController | undefined;

  constructor(parts: SecondPathTrialParts) {
    this.#parts = parts;
    this.#endListening = parts.brain.onChange(() => this.#look());
  }

  stop(): void {
    this.#endListening();
    this.#running?.abort();
  }

  #look(): void {
    const { test, epoch, alarms, otherPaths } = this.#parts.brain.state;
    // A test that found no room on the disk has no entry, and no sequence.
    if (test !== undefined && test.key.seq > 0 && !isSame(test.key, this.#test)) {
      this.#callOff();
      this.#test = test.key;
      this.#isDue = otherPaths.length > 0;
    }
    if (!this.#isDue || this.#test === undefined) return;
    const isUndecided = test?.phase === 'sending' && isSame(test.key, this.#test);
    const isCalling = alarms.some(({ phase }) => phase === 'sending' || phase === 'undelivered');
    if (epoch !== this.#test.epoch || isCalling) this.#callOff();
    else if (!isUndecided && this.#running === undefined) void this.#try(this.#test, otherPaths);
  }

  #callOff(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  async #try(test: AlarmKey, paths: readonly OtherPath[]): Promise<void> {
    const { brain, log } = this.#parts;
    const running = new AbortController();
    this.#running = running;
    const { signal } = running;
    const tried = await Promise.all(paths.map((path) => this.#tryPath(path, test, signal)));
    if (signal.aborted) return;
    this.#running = undefined;
    this.#isDue = false;
    log.info({ tried }, 'a test was sent by the second path');
    brain.dispatch({ type: 'second-path-tried', test, tried });
  }

  async #tryPath(path: OtherPath, test: AlarmKey, signal: AbortSignal): Promise<TriedPath> {
    let why = '';
    for (let attempt = 0; attempt < trialAttemptsMax && !signal.aborted; attempt += 1) {
      if (attempt > 0) await this.#wait(trialPauseMs, signal);
      const answer =
        path === 'https'
          ? await this.#overHttps(test, signal)
          : await this.#throughNeighbours(attempt, test, signal);
      if (answer.tookMs !== null) return { path, ...answer };
      why = answer.detail;
    }
    return { path, tookMs: null, detail: why.slice(0, triedDetailMax) };
  }

  #overHttps(test: AlarmKey, signal: AbortSignal): Promise<Answer> {
    return this.#timed('', this.#parts.ways.overHttps(this.#errand(test, signal)));
  }

  /** The first who has the hub's word is enough; otherwise each says why not. */
  async #throughNeighbours(attempt: number, test: AlarmKey, signal: AbortSignal): Promise<Answer> {
    const { ways } = this.#parts;
    if (!ways.hasNeighbours) return { tookMs: null, detail: 'the relay of this station is closed' };
    ways.look();
    await this.#wait(lookMs, signal);
    const errand = this.#errand(test, signal);
    const answers = await Promise.all(
      ways
        .neighboursFor(attempt)
        .map((one) => this.#timed(one.station, ways.throughNeighbour(one, errand))),
    );
    const best = answers
      .filter(({ tookMs }) => tookMs !== null)
      .sort((a, b) => (a.tookMs ?? 0) - (b.tookMs ?? 0))[0];
    if (best !== undefined) return best;
    const none = answers.length === 0 ? ['no neighbour was found'] : [];
    return { tookMs: null, detail: [...none, ...answers.map(({ detail }) => detail)].join('; ') };
  }

  async #timed(who: string, came: Promise<Failure>): Promise<Answer> {
    const { timers } = this.#parts;
    const sinceMs = timers.now();
    const failure = await came;
    if (failure === undefined) return { tookMs: Math.round(timers.now() - sinceMs), detail: who };
    return { tookMs: null, detail: [who, failure].filter(Boolean).join(' ') };
  }

  #errand(test: AlarmKey, signal: AbortSignal) {
    const accepts = (answer: Uint8Array) => this.#parts.isReceiptFor(test, answer);
    return { seq: test.seq, accepts, signal };
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        callOff();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const callOff = this.#parts.timers.after(ms, end);
      signal.addEventListener('abort', end);
    });
  }
}

type Answer = Omit<TriedPath, 'path'>;

const isSame = (one: AlarmKey, other: AlarmKey | undefined): boolean =>
  one.epoch === other?.epoch && one.seq === other.seq;
