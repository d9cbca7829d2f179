import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A program under measurement, run as a user would run it. */
export class MeasuredChild {
  readonly #process: ChildProcess;
  /** From spawning it to its being ready. */
  readonly readyMs: number;
  /** What it said when it was ready. */
  readonly said: RegExpMatchArray;

  private constructor(process: ChildProcess, readyMs: number, said: RegExpMatchArray) {
    this.#process = process;
    this.readyMs = readyMs;
    this.said = said;
  }

  static async start(args: readonly string[], ready: RegExp): Promise<MeasuredChild> {
    const startedMs = performance.now();
    const child = spawn(process.execPath, [...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, YIZHAN_LOG: 'warn' },
    });
    const said = new Promise<RegExpMatchArray>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const match = ready.exec(line);
        if (match) resolve(match);
      });
      child.once('exit', () => reject(new Error(`${args.join(' ')} ended before it was ready`)));
    });
    const match = await said;
    return new MeasuredChild(child, performance.now() - startedMs, match);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Resident memory now, in bytes (proc(5), "VmRSS"). */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGTERM');
    await once(this.#process, 'exit');
  }
}
