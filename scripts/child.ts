import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A child that does not stop by itself within so long is killed. */
const stopTimeoutMs = 10_000;

/** One of our programs, run as a process of its own. */
export class Child {
  readonly name: string;
  /** Fulfils with how it ended, in words. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;

  /** A group of its own keeps the terminal's Ctrl-C from it: whoever started it stops it in order. */
  constructor(name: string, main: string, args: readonly string[]) {
    this.name = name;
    this.#process = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { YIZHAN_LOG: 'warn', ...process.env },
      detached: true,
    });
    this.ended = once(this.#process, 'exit').then(([code, signal]) =>
      signal === null ? `exit code ${code}` : `${signal}`,
    );
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get exitCode(): number | null {
    return this.#process.exitCode;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** @returns whether it said `wanted`; false when it ended instead, having said why itself. */
  async says(wanted: RegExp): Promise<boolean> {
    const { stdout } = this.#process;
    const said = new Promise<boolean>((resolved) => {
      if (stdout === null) return;
      createInterface({ input: stdout }).on('line', (line) => {
        if (wanted.test(line)) resolved(true);
      });
    });
    return Promise.race([said, this.ended.then(() => false)]);
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const deadline = setTimeout(() => this.#process.kill('SIGKILL'), stopTimeoutMs);
    this.#process.kill('SIGTERM');
    await this.ended;
    clearTimeout(deadline);
  }
}
