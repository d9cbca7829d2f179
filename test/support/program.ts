import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually.ts';

/** One of our programs as a process of its own, as a user would start it. */
export class Program {
  readonly #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        this.#output += data.toString();
      });
    }
  }

  /** Starts `main` and waits until it prints `ready`. */
  static async start(main: string, args: readonly string[], ready: RegExp): Promise<Program> {
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, YIZHAN_LOG: 'warn' },
    });
    const program = new Program(child);
    await eventually(`${main} says ${ready}`, () => {
      if (child.exitCode !== null) throw new Error(`${main} ended:\n${program.output}`);
      return ready.test(program.output);
    });
    return program;
  }

  /** Runs `main` to its end. */
  static run(
    main: string,
    args: readonly string[],
  ): { status: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', main, ...args],
      {
        encoding: 'utf8',
      },
    );
    return { status, stdout, stderr };
  }

  get output(): string {
    return this.#output;
  }

  /** @returns the exit code, or the signal that ended it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill(signal);
      await once(this.#child, 'exit');
    }
    return this.#child.exitCode ?? this.#child.signalCode;
  }
}
