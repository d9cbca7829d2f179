/** Nothing is said of what is done within it. */
const quietMs = 1_000;
const everyMs = 100;

/**
 * Says on one line of the terminal how far a long piece of work has come. Standard output stays clean,
 * and nothing is said where nobody watches.
 */
export class Progress {
  readonly #out = process.stderr;
  readonly #timer: NodeJS.Timeout | undefined;
  #text = '';
  #saidMs = -Infinity;
  readonly #quietUntilMs = performance.now() + quietMs;
  #isShown = false;

  constructor() {
    // What was said within the first second is still true of the work that goes on.
    if (this.#out.isTTY) this.#timer = setTimeout(() => this.#show(), quietMs);
  }

  say(text: string): void {
    this.#text = text;
    this.#show();
  }

  /** Takes the line away again. */
  end(): void {
    clearTimeout(this.#timer);
    if (this.#isShown) this.#out.write('\r\u001b[K');
  }

  #show(): void {
    const nowMs = performance.now();
    if (!this.#out.isTTY || this.#text === '' || nowMs < this.#quietUntilMs) return;
    if (nowMs - this.#saidMs < everyMs) return;
    this.#saidMs = nowMs;
    this.#isShown = true;
    this.#out.write(`\r\u001b[K${this.#text.slice(0, (this.#out.columns ?? 80) - 1)}`);
  }
}

/** Runs a long piece of work with its progress shown. @param first what it is at until it says more */
export async function withProgress<T>(
  work: (say: (text: string) => void) => Promise<T>,
  first = '',
): Promise<T> {
  const progress = new Progress();
  progress.say(first);
  try {
    return await work((text) => progress.say(text));
  } finally {
    progress.end();
  }
}
