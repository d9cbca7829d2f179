import { z } from 'zod';
import type { Program } from '../../test/support/program.ts';

/** The end of what it said, when it ended by itself: enough for a stack. */
const outputCharsMax = 2_000;

/** Errors that are kept of each program: the first ones tell what it is. */
const errorsMax = 20;

const logLineSchema = z.looseObject({ level: z.number() });
/** pino's number for `error`; `warn`, below it, is for what others do wrong. */
const errorLevel = 50;

/** A program of ours that is killed without notice and started again, on the same data. */
export class Victim {
  readonly name: string;
  /** What it logged as errors, over all of its lives that have ended. */
  readonly errors: string[] = [];
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
    const errors = program?.output.split('\n').filter(isError) ?? [];
    this.errors.push(...errors.slice(0, Math.max(0, errorsMax - this.errors.length)));
  }
}

/** Its log is JSON, a line each; what it prints for people is not, nor is a line that a kill cut off. */
function isError(line: string): boolean {
  if (!line.startsWith('{') || !line.endsWith('}')) return false;
  return logLineSchema.parse(JSON.parse(line)).level >= errorLevel;
}
