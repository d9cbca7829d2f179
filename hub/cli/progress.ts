/** Nothing is said of what is done within it. */
const quietMs = 1_000;
const everyMs = 100;

/**
 * Says on one line of the terminal how far a long piece of work has come. Standard output stays clean,
 * and nothing is said where nobody watches.
 */
export class Progress {
  readonly #out = process.stderr;
  readonly #startedMs = performance.now();
  #saidMs = -Infinity;
  #isShown = false;

  say(text: string): void {
    const nowMs = performance.now();
    if (!this.#out.isTTY || nowMs - this.#startedMs < quietMs) return;
    if (nowMs - this.#saidMs < everyMs) return;
    this.#saidMs = nowMs;
    this.#isShown = true;
    this.#out.write(`\r\u001b[K${text.slice(0, (this.#out.columns ?? 80) - 1)}`);
  }

  /** Takes the line away again. */
  end(): void {
    if (this.#isShown) this.#out.write('\r\u001b[K');
  }
}

/** Runs a long piece of work with its progress shown. */
export async function withProgress<T>(
  work: (say: (text: string) => void) => Promise<T>,
): Promise<T> {
  const progress = new Progress();
  try {
    return await work((text) => progress.say(text));
  } finally {
    progress.end();
  }
}
