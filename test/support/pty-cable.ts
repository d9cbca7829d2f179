import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface CableListener {
  onPlugged(): void;
  /** The host has opened the port. On an Uno that resets the board. */
  onOpened(): void;
  onClosed(): void;
  onBytes(bytes: Buffer): void;
}

/** A USB cable: while it is plugged in there is a pseudo-terminal at `path`. */
export class PtyCable {
  readonly #path: string;
  readonly #listener: CableListener;
  #socat: ChildProcess | undefined;

  constructor(path: string, listener: CableListener) {
    this.#path = path;
    this.#listener = listener;
  }

  /** socat serves one opening of the terminal; when the host closes it, a new one takes its place. */
  plug(): void {
    const terminal = `PTY,raw,echo=0,link=${this.#path},wait-slave,pty-interval=0.02`;
    const socat = spawn('socat', ['-d', '-d', '-d', terminal, 'STDIO'], { stdio: 'pipe' });
    this.#socat = socat;
    let isOpen = false;
    createInterface({ input: socat.stderr }).on('line', (line) => {
      if (/ PTY is /.test(line)) this.#listener.onPlugged();
      if (!/starting data transfer loop/.test(line)) return;
      isOpen = true;
      this.#listener.onOpened();
    });
    // A byte that meets a socat on its way out is lost, as on a cable that is being pulled.
    socat.stdin.on('error', () => {});
    socat.stdout.on('data', (bytes: Buffer) => this.#listener.onBytes(bytes));
    socat.on('exit', () => {
      if (this.#socat !== socat) return;
      if (isOpen) this.#listener.onClosed();
      this.plug();
    });
  }

  unplug(): void {
    const socat = this.#socat;
    this.#socat = undefined;
    socat?.kill('SIGKILL');
    rmSync(this.#path, { force: true });
  }

  get isPlugged(): boolean {
    return this.#socat !== undefined;
  }

  send(bytes: Uint8Array): void {
    this.#socat?.stdin?.write(bytes);
  }
}
