/** A real NFC reader through pcscd. The work is done in a child process that may fail in any way. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../shared/log.ts';
import { sunMessageIn } from './ndef-sun.ts';
import type { PcscMessage } from './pcsc-message.ts';
import { PcscProcess } from './pcsc-process.ts';
import type { Reader, ReaderListener, ReaderState } from './reader.ts';
import { isRandomUid, phoneAtr } from './uid.ts';

/** Ten heartbeats of the child: a loaded Pi stutters, a hung driver never comes back. */
const heartbeatTimeoutDefaultMs = 5_000;
const retryDelayFirstMs = 250;
/** A technician who replugs something looks at the light for about this long. */
const retryDelayMaxMs = 5_000;
/** A child that ran this long was healthy: its end is a new trouble, not more of the old one. */
const steadyAfterMs = 10_000;
/** The port promises a second; a process that is stuck in the kernel may take longer to die. */
const stopTimeoutMs = 800;

type Dying = Extract<PcscMessage, { type: 'dying' }>;

const hungDetail =
  'the reader process hung and was killed: check that pcscd runs and lets this user in (polkit)';
const missingDetail =
  'nfc-pcsc is not installed: run "apt install pcscd libpcsclite-dev", then "npm install"';
const noReaderDetail = 'no card reader is attached: plug it in, or replug it';
const waitingDetails: Record<string, string> = {
  EACCES: 'no permission to talk to pcscd: check the polkit rule and the rights of its socket',
  EPERM: 'no permission to talk to pcscd: check the polkit rule and the rights of its socket',
};
const pcscdAbsentDetail = 'pcscd is not running: run "systemctl start pcscd.socket"';
const dyingDetails: Record<Exclude<Dying['cause'], 'swap'>, string> = {
  pcscd: 'pcscd stopped or lost the reader: see "systemctl status pcscd"',
  stuck: 'the card reader does not answer: take the card away, or replug the reader',
  unplugged: noReaderDetail,
  absent: noReaderDetail,
  crash: 'the reader process crashed: see the log',
};

/** @param failures how many children ended since the last healthy one, this one included. */
export function retryDelayMs(failures: number): number {
  return Math.min(retryDelayFirstMs * 2 ** Math.max(0, failures - 1), retryDelayMaxMs);
}

export interface PcscReaderOptions {
  log: Log;
  /** Added to the child's environment, for instance `PCSCLITE_CSOCK_NAME`. */
  childEnv?: Record<string, string>;
  /** Another program than `pcsc-child.js`. */
  childPath?: string;
  heartbeatTimeoutMs?: number;
}

/**
 * A card that lies on the reader is announced once. When the child had to be restarted meanwhile
 * it is announced as gone, and as a new card afterwards: nobody can tell the two apart.
 */
export class PcscReader implements Reader {
  readonly #options: PcscReaderOptions;
  readonly #log: Log;
  /** Readers that pcscd knows of, and those of them on which an announced card lies. */
  readonly #attached = new Set<string>();
  readonly #occupied = new Set<string>();
  #listener: ReaderListener | undefined;
  #process: PcscProcess | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #startedAtMs = 0;
  #lastWords: Dying | undefined;
  #told = '';

  constructor(options: PcscReaderOptions) {
    this.#options = options;
    this.#log = options.log;
  }

  /** The process to look at when the reader misbehaves. */
  get childPid(): number | undefined {
    return this.#process?.pid;
  }

  start(listener: ReaderListener): void {
    if (this.#listener) throw new Error('the reader is started already');
    this.#listener = listener;
    this.#told = '';
    this.#tell('starting', 'looking for a card reader');
    this.#spawn();
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
    clearTimeout(this.#retry);
    const dead = this.#process?.kill();
    this.#process = undefined;
    this.#attached.clear();
    this.#occupied.clear();
    await Promise.race([dead, delay(stopTimeoutMs, undefined, { ref: false })]);
  }

  #spawn(): void {
    const { log, childEnv, childPath } = this.#options;
    this.#lastWords = undefined;
    this.#startedAtMs = performance.now();
    const run: PcscProcess = new PcscProcess({
      log,
      ...(childEnv && { childEnv }),
      ...(childPath && { childPath }),
      heartbeatTimeoutMs: this.#options.heartbeatTimeoutMs ?? heartbeatTimeoutDefaultMs,
      onMessage: (message) => {
        if (run === this.#process) this.#onMessage(message);
      },
      onExit: (hung) => {
        if (run === this.#process) this.#onExit(hung);
      },
    });
    this.#process = run;
  }

  #onMessage(message: PcscMessage): void {
    switch (message.type) {
      case 'alive':
        break;
      case 'waiting':
        this.#tell('fault', waitingDetails[message.why] ?? pcscdAbsentDetail);
        break;
      case 'missing':
        this.#log.debug({ reason: message.why }, 'nfc-pcsc cannot be loaded');
        this.#tell('fault', missingDetail);
        break;
      case 'noReader':
        this.#tell('fault', noReaderDetail);
        break;
      case 'attached':
        this.#onAttached(message.reader);
        break;
      case 'detached':
        this.#onDetached(message.reader);
        break;
      case 'card':
        this.#onCard(message);
        break;
      case 'unreadable':
        this.#log.info({ reader: message.reader, reason: message.why }, 'card not read');
        this.#listener?.onUnreadable();
        break;
      case 'gone':
        this.#onGone(message.reader);
        break;
      case 'dying':
        this.#lastWords = message;
        break;
    }
  }

  #onAttached(reader: string): void {
    this.#attached.add(reader);
    this.#tell('ready', [...this.#attached].join(', '));
  }

  #onDetached(reader: string): void {
    this.#attached.delete(reader);
    this.#onGone(reader);
    if (this.#attached.size === 0) this.#tell('fault', noReaderDetail);
  }

  #onCard({ reader, uid, atr, ndef }: Extract<PcscMessage, { type: 'card' }>): void {
    this.#onGone(reader);
    this.#failures = 0;
    if (isRandomUid(uid) || atr === phoneAtr) {
      this.#listener?.onPhone();
      return;
    }
    this.#occupied.add(reader);
    this.#listener?.onCard(uid, ndef === undefined ? undefined : sunMessageIn(ndef));
  }

  #onGone(reader: string): void {
    if (this.#occupied.delete(reader)) this.#listener?.onCardGone();
  }

  /** The child's end takes its readers along, and no one else will report the cards on them. */
  #onExit(hung: boolean): void {
    this.#process = undefined;
    for (const reader of [...this.#occupied]) this.#onGone(reader);
    this.#attached.clear();
    // A listener may have stopped us.
    if (!this.#listener) return;
    this.#tellExit(hung);
    const isSteady = performance.now() - this.#startedAtMs >= steadyAfterMs;
    const isNoFailure = ['swap', 'unplugged', 'absent'].includes(this.#lastWords?.cause ?? '');
    this.#failures = isSteady || isNoFailure ? 1 : this.#failures + 1;
    this.#retry = setTimeout(() => this.#spawn(), retryDelayMs(this.#failures));
  }

  #tellExit(hung: boolean): void {
    const words = this.#lastWords;
    // A station without a reader would fill its log with one that is looked for again and again.
    const level = words?.cause === 'absent' ? 'debug' : 'info';
    if (words) this.#log[level]({ cause: words.cause, reason: words.why }, 'reader process ended');
    if (hung) this.#tell('fault', hungDetail);
    else if (words?.cause === 'swap') this.#tell('starting', 'cards changed too fast: reopening');
    else if (words) this.#tell('fault', dyingDetails[words.cause]);
    else if (!this.#told.endsWith(missingDetail)) this.#tell('fault', dyingDetails.crash);
  }

  #tell(state: ReaderState, detail: string): void {
    const told = `${state}: ${detail}`;
    if (told === this.#told) return;
    this.#told = told;
    this.#log[state === 'fault' ? 'warn' : 'info']({ state, detail }, 'card reader');
    this.#listener?.onState(state, detail);
  }
}
