import type { Timers } from '../../../shared/timers.ts';
import { NotifyError } from '../notifier.ts';

/** A line in trouble is tried again at least so often, that its end is noticed soon. */
const retryInTroubleMs = 30_000;

export interface SupervisionOptions {
  readonly intervalMs: number;
  readonly timers: Timers;
  /** Fulfils when the line works. @throws NotifyError when it does not */
  readonly probe: (signal: AbortSignal) => Promise<void>;
  /**
   * Told after every try what the trouble is, or, with undefined, that there is none. Whoever listens
   * may have heard otherwise meanwhile (an earlier run of the hub, a notice that failed, a person who
   * thought it mended): what is told once only would never put that right.
   */
  readonly onTrouble: (trouble: string | undefined) => void;
}

/** Tries a line whenever nothing went over it for the interval. */
export class LineSupervision {
  readonly #options: SupervisionOptions;
  readonly #stopping = new AbortController();
  #cancelNext: () => void = () => {};
  #probing: Promise<void> | undefined;
  #trouble: string | undefined;

  constructor(options: SupervisionOptions) {
    this.#options = options;
    this.#probe();
  }

  /** Something else was acknowledged just now: the line works, and the interval begins anew. */
  worked(): void {
    if (this.#stopping.signal.aborted) return;
    this.#tell(undefined);
    if (this.#probing === undefined) this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelNext();
    await this.#probing;
  }

  #schedule(): void {
    this.#cancelNext();
    const { intervalMs, timers } = this.#options;
    const isWell = this.#trouble === undefined;
    const waitMs = isWell ? intervalMs : Math.min(intervalMs, retryInTroubleMs);
    this.#cancelNext = timers.after(waitMs, () => this.#probe());
  }

  #probe(): void {
    const { signal } = this.#stopping;
    const tell = (trouble: string | undefined): void => {
      if (!signal.aborted) this.#tell(trouble);
    };
    this.#probing = this.#options
      .probe(signal)
      .then(() => tell(undefined))
      .catch((error: unknown) => {
        if (!(error instanceof NotifyError)) throw error; // a mistake of ours: the process ends with it
        tell(error.message);
      })
      .finally(() => {
        this.#probing = undefined;
        if (!signal.aborted) this.#schedule();
      });
  }

  #tell(trouble: string | undefined): void {
    this.#trouble = trouble;
    this.#options.onTrouble(trouble);
  }
}
