import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Timers } from '../../shared/timers.ts';

/** The folder of a chronyd that runs (chronyd(8), "Files"). */
const chronyFolder = '/run/chrony';
const askEveryMs = 10_000;
/** chronyc answers at once, or its daemon is gone. */
const askTimeoutMs = 5_000;

export interface ChronyOptions {
  readonly folder?: string;
  /** The program to ask, on the path. */
  readonly program?: string;
}

/**
 * Whether chrony has set the clock. Unlike systemd-timesyncd it leaves no file that says so, and Node
 * cannot ask the kernel (adjtimex(2)): its own client is asked, beside the station's work and only
 * until it says yes. As with timesyncd's file, that then holds for as long as the program runs.
 */
export class ChronyWatch {
  readonly #folder: string;
  readonly #program: string;
  #asking = false;
  #synced = false;

  constructor({ folder = chronyFolder, program = 'chronyc' }: ChronyOptions = {}) {
    this.#folder = folder;
    this.#program = program;
  }

  get synced(): boolean {
    return this.#synced;
  }

  /** Asks now and every ten seconds. @returns a function that ends it. */
  start(timers: Timers): () => void {
    this.#ask();
    return timers.every(askEveryMs, () => this.#ask());
  }

  #ask(): void {
    if (this.#synced || this.#asking || !existsSync(this.#folder)) return;
    this.#asking = true;
    execFile(
      this.#program,
      ['-n', '-c', 'tracking'],
      { timeout: askTimeoutMs },
      (error, stdout) => {
        this.#asking = false;
        this.#synced = error === null && isTracking(stdout);
      },
    );
  }
}

/** One line of values; the last is the leap status, "Not synchronised" until a source was chosen (chronyc(1), "tracking"). */
function isTracking(line: string): boolean {
  const values = line.trim().split(',');
  return values.length >= 14 && values.at(-1) !== 'Not synchronised';
}
