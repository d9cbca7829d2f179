/** One run of the reader process: started, listened to, and killed when it falls silent. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log } from '../../shared/log.ts';
import { decodePcscMessage, type PcscMessage } from './pcsc-message.ts';

/** Node takes seconds to start on a Pi Zero whose card is busy. */
const firstMessageTimeoutMs = 60_000;
/** The child reads UIDs and nothing else. Node's defaults let its heap grow past what a Pi Zero has. */
const childHeapMaxMb = 32;
/** A new generation of 1 MB keeps the resident size down; the child allocates next to nothing. */
const childSemiSpaceMb = 1;

const defaultChildPath = fileURLToPath(new URL('./pcsc-child.js', import.meta.url));

export interface PcscProcessOptions {
  log: Log;
  /** Added to our own environment, for instance `PCSCLITE_CSOCK_NAME`. */
  childEnv?: Record<string, string>;
  childPath?: string;
  heartbeatTimeoutMs: number;
  onMessage(message: PcscMessage): void;
  /** Called once. `hung` tells that the watchdog killed it. */
  onExit(hung: boolean): void;
}

export class PcscProcess {
  readonly #options: PcscProcessOptions;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #watchdog: NodeJS.Timeout;
  #messages = 0;
  #hung = false;
  #isOver = false;

  constructor(options: PcscProcessOptions) {
    this.#options = options;
    this.#child = fork(options.childPath ?? defaultChildPath, [], {
      // Empty of whatever loader or inspector runs the parent: the child needs none, and a small Pi feels it.
      execArgv: [
        `--max-old-space-size=${childHeapMaxMb}`,
        `--max-semi-space-size=${childSemiSpaceMb}`,
      ],
      env: { ...process.env, NODE_OPTIONS: undefined, ...options.childEnv },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#watchdog = this.#watchFor(firstMessageTimeoutMs);
    this.#child.on('message', (raw) => this.#onMessage(raw));
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', () => this.#end(resolve));
      this.#child.once('error', (error) => {
        this.#options.log.warn({ reason: error.message }, 'reader process failed');
        if (this.#child.pid === undefined) this.#end(resolve);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Resolves when the process is gone. There is no polite way: closing a reader can block as long
   * as its driver does.
   */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #onMessage(raw: unknown): void {
    if (this.#isOver) return;
    this.#messages += 1;
    clearTimeout(this.#watchdog);
    this.#watchdog = this.#watchFor(this.#options.heartbeatTimeoutMs);
    const message = decodePcscMessage(raw);
    if (message) this.#options.onMessage(message);
    else this.#options.log.warn('reader process sent something that is no message; ignored');
  }

  #watchFor(timeoutMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      const seen = this.#messages;
      // If it was we who were suspended, heartbeats wait in the pipe: they are read before this runs.
      setImmediate(() => {
        if (seen === this.#messages && !this.#isOver) this.#killHung(timeoutMs);
      });
    }, timeoutMs);
  }

  #killHung(timeoutMs: number): void {
    this.#hung = true;
    this.#options.log.warn({ timeoutMs }, 'reader process fell silent; killing it');
    this.#child.kill('SIGKILL');
  }

  #end(resolve: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#watchdog);
    resolve();
    this.#options.onExit(this.#hung);
  }
}
