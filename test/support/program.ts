import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually.ts';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

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

  /** Starts `main` and waits until it prints `ready`. @param env added to the environment */
  static start(
    main: string,
    args: readonly string[],
    ready: RegExp,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Program> {
    return Program.startNode(['--import', 'tsx', main, ...args], ready, env);
  }

  /** The same with Node's own arguments, for a program that needs no loader. */
  static startNode(
    args: readonly string[],
    ready: RegExp,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Program> {
    return Program.#start(process.execPath, args, ready, env);
  }

  /** Starts a shell script of the repository and waits until it prints `ready`. */
  static startScript(script: string, args: readonly string[], ready: RegExp): Promise<Program> {
    return Program.#start(`./${script}`, args, ready, {});
  }

  static async #start(
    command: string,
    args: readonly string[],
    ready: RegExp,
    env: Readonly<Record<string, string>>,
  ): Promise<Program> {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, YIZHAN_LOG: 'warn', ...env },
    });
    const program = new Program(child);
    await eventually(`${command} ${args.join(' ')} says ${ready}`, () => {
      if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended:\n${program.output}`);
      return ready.test(program.output);
    });
    return program;
  }

  /** Runs `main` to its end. */
  static run(main: string, args: readonly string[]): Ended {
    return Program.#run(process.execPath, ['--import', 'tsx', main, ...args]);
  }

  /** Runs a shell script of the repository to its end. */
  static runScript(script: string, args: readonly string[]): Ended {
    return Program.#run(`./${script}`, args);
  }

  static #run(command: string, args: readonly string[]): Ended {
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    return { status, stdout, stderr };
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the program did not start');
    return this.#child.pid;
  }

  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** @returns the exit code, or the signal that ended it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    if (this.isRunning) {
      this.#child.kill(signal);
      await once(this.#child, 'exit');
    }
    return this.#child.exitCode ?? this.#child.signalCode;
  }
}
