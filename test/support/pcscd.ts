/** A pcscd of the test's own: private socket, private virtual reader, no systemd and no polkit. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const program = '/usr/sbin/pcscd';
const readyTimeoutMs = 20_000;
const readyPollMs = 5;
const portAttemptsMax = 50;

/** Debian 13's pcscd needs the option to run outside a session; Debian 12's refuses it as unknown. */
const polkitOptions = spawnSync(program, ['--help'], { encoding: 'utf8' }).stdout?.includes(
  'disable-polkit',
)
  ? ['--disable-polkit']
  : [];

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '0.0.0.0', () => resolve(true));
  });
  if (isListening) await new Promise((resolve) => server.close(resolve));
  return isListening;
}

/** vpcd has two slots: this port and the next. */
async function freePortPair(): Promise<number> {
  for (let attempt = 0; attempt < portAttemptsMax; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
  throw new Error('no two free ports beside each other');
}

/** Node has no public way to hand a listening socket to a child. */
function descriptorOf(server: net.Server): number {
  const handle: unknown = Reflect.get(server, '_handle');
  const fd: unknown = typeof handle === 'object' && handle ? Reflect.get(handle, 'fd') : undefined;
  if (typeof fd !== 'number') throw new Error('this Node hides the descriptor of a server');
  return fd;
}

export class Pcscd {
  readonly socketPath: string;
  readonly port: number;
  readonly #folder: string;
  #daemon: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
    this.socketPath = path.join(folder, 'pcscd.comm');
  }

  /** Makes room for one; it does not run yet. */
  static async prepare(): Promise<Pcscd> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'yizhan-pcscd-'));
    const pcscd = new Pcscd(folder, await freePortPair());
    fs.mkdirSync(path.join(folder, 'readers'));
    const lines = [
      'FRIENDLYNAME "Virtual PCD"',
      `DEVICENAME /dev/null:${pcscd.port}`,
      'LIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so',
      `CHANNELID ${pcscd.port}`,
    ];
    fs.writeFileSync(path.join(folder, 'readers', 'vpcd'), `${lines.join('\n')}\n`);
    return pcscd;
  }

  get isRunning(): boolean {
    return this.#daemon?.exitCode === null && this.#daemon.signalCode === null;
  }

  /** Hands it a listening socket the way systemd does: `sd_listen_fds(3)`. */
  async start(): Promise<void> {
    const temporaryPath = `${this.socketPath}.new`;
    const server = net.createServer().listen(temporaryPath);
    await once(server, 'listening');
    const logPath = path.join(this.#folder, 'log');
    const log = fs.openSync(logPath, 'w');
    const command = [
      program,
      '-f',
      '-i',
      ...polkitOptions,
      '-c',
      path.join(this.#folder, 'readers'),
    ];
    this.#daemon = spawn(
      '/bin/sh',
      ['-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', 'sh', ...command],
      { stdio: ['ignore', log, log, descriptorOf(server)] },
    );
    fs.closeSync(log);
    // Closing unlinks the path the server was given, so the socket is moved out of its way.
    fs.renameSync(temporaryPath, this.socketPath);
    server.close();
    await this.#ready(logPath);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.#daemon || !this.isRunning) return;
    this.#daemon.kill(signal);
    await once(this.#daemon, 'exit');
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Reads the log, because a connection to vpcd's port would be a card. */
  async #ready(logPath: string): Promise<void> {
    const deadlineMs = performance.now() + readyTimeoutMs;
    for (let text = ''; !text.includes('daemon ready.'); text = fs.readFileSync(logPath, 'utf8')) {
      if (!this.isRunning || performance.now() > deadlineMs) throw new Error(`no pcscd: ${text}`);
      await delay(readyPollMs);
    }
  }
}
