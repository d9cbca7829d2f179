import type { Program } from '../../test/support/program.ts';

/** The end of what it said, when it ended by itself: enough for a stack. */
const outputCharsMax = 2_000;

/** A program of ours that is killed without notice and started again, on the same data. */
export class Victim {
  readonly name: string;
  readonly #start: () => Promise<Program>;
  #program: Program | undefined;
  #isWanted = false;
  #lives = 0;

  constructor(name: string, start: () => Promise<Program>) {
    this.name = name;
    this.#start = start;
  }

  /** Grows with every start and every kill: who finds it unchanged has spoken with one and the same. */
  get lives(): number {
    return this.#lives;
  }

  get isUp(): boolean {
    return this.#isWanted && this.#program !== undefined;
  }

  async start(): Promise<void> {
    const program = await this.#start();
    this.#program = program;
    this.#isWanted = true;
    this.#lives += 1;
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** @returns how it ended, when nobody had ended it, and what it said last. */
  crash(): string | undefined {
    if (!this.isUp || this.#program?.isRunning !== false) return undefined;
    return `${this.name} ended by itself: ${this.#program.output.slice(-outputCharsMax)}`;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const program = this.#program;
    this.#isWanted = false;
    this.#lives += 1;
    await program?.stop(signal);
    this.#program = undefined;
  }
}
