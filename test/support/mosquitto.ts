import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/** A private Mosquitto on a port of its own, with its data in a folder of its own. */
export class Mosquitto {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  static async start(): Promise<Mosquitto> {
    const broker = new Mosquitto(
      await freePort(),
      mkdtempSync(join(tmpdir(), 'yizhan-mosquitto-')),
    );
    await broker.resume();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Starts the broker again after `kill`. */
  async resume(): Promise<void> {
    const file = join(this.#folder, 'mosquitto.conf');
    writeFileSync(file, `listener ${this.port} 127.0.0.1\nallow_anonymous true\n`);
    // Debian keeps it in /usr/sbin, which is not on everybody's path.
    const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };
    this.#process = spawn('mosquitto', ['-c', file], { stdio: 'ignore', env });
    for (let tries = 0; !(await accepts(this.port)); tries += 1) {
      if (tries > 500) throw new Error('Mosquitto does not listen');
      await delay(20);
    }
  }

  /** Ends the broker without notice. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true });
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
