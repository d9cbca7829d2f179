/** A pcscd of the test's own: private socket, private virtual reader, no systemd and no polkit. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = '/usr/sbin/pcscd';
const vpcdDriver = '/usr/lib/pcsc/drivers/serial/libifdvpcd.so';
/** The name that vpcd's library gives itself. Debian installs it under another. */
const vpcdSoname = 'libifdvpcd.so.0';
const usbReaderSource = fileURLToPath(new URL('./usb-reader.c', import.meta.url));
const fastPollSource = fileURLToPath(new URL('./fast-poll.c', import.meta.url));
const libraryFlags = [
  '-D_GNU_SOURCE',
  '-Wall',
  '-Werror',
  '-shared',
  '-fPIC',
  '-I/usr/include/PCSC',
];
/** The shell tells pcscd its own process id, which stays the same; what is preloaded is not for the shell. */
const launch = 'export LISTEN_PID=$$ LISTEN_FDS=1 LD_PRELOAD="$YIZHAN_PRELOAD"; exec "$@"';
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

/** @returns the path of the library that usb-reader.c describes, made in this folder */
function buildUsbReader(folder: string): string {
  const library = path.join(folder, 'libusb-reader.so');
  const vpcd = path.join(folder, vpcdSoname);
  fs.symlinkSync(vpcdDriver, vpcd);
  execFileSync('gcc', [
    ...libraryFlags,
    '-o',
    library,
    usbReaderSource,
    vpcd,
    '-Wl,-rpath,$ORIGIN',
  ]);
  return library;
}

export interface PcscdOptions {
  /** Puts the reader, with so many slots, on a simulated USB, so that it can be unplugged. Costs a compilation. */
  readonly usbSlots?: 1 | 2;
  /** A serial reader looks for a card every 20 ms instead of every 400. Costs a compilation too. */
  readonly fastPoll?: boolean;
}

export class Pcscd {
  readonly socketPath: string;
  readonly port: number;
  readonly #folder: string;
  #daemon: ChildProcess | undefined;
  /** What is preloaded into pcscd, and what that needs to know. */
  #environment: { readonly YIZHAN_PRELOAD?: string; readonly [name: string]: string } = {};

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
    this.socketPath = path.join(folder, 'pcscd.comm');
  }

  /** Makes room for one; it does not run yet. */
  static async prepare({ usbSlots, fastPoll = false }: PcscdOptions = {}): Promise<Pcscd> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'yizhan-pcscd-'));
    const pcscd = new Pcscd(folder, await freePortPair());
    fs.mkdirSync(path.join(folder, 'readers'));
    if (usbSlots !== undefined) pcscd.#addUsb(usbSlots);
    else pcscd.#addSerialReader(fastPoll);
    return pcscd;
  }

  #addSerialReader(fastPoll: boolean): void {
    const library = path.join(this.#folder, 'libfast-poll.so');
    if (fastPoll) {
      execFileSync('gcc', [...libraryFlags, '-o', library, fastPollSource]);
      this.#environment = { YIZHAN_PRELOAD: library };
    }
    const lines = [
      'FRIENDLYNAME "Virtual PCD"',
      `DEVICENAME /dev/null:${this.port}`,
      `LIBPATH ${vpcdDriver}`,
      `CHANNELID ${this.port}`,
    ];
    fs.writeFileSync(path.join(this.#folder, 'readers', 'vpcd'), `${lines.join('\n')}\n`);
  }

  #addUsb(slots: number): void {
    const events = path.join(this.#folder, 'usb-events');
    execFileSync('mkfifo', [events]);
    this.#environment = {
      YIZHAN_PRELOAD: buildUsbReader(this.#folder),
      YIZHAN_USB_EVENTS: events,
      YIZHAN_USB_SLOTS: String(slots),
      YIZHAN_VPCD_PORT: String(this.port),
    };
  }

  get isRunning(): boolean {
    return this.#daemon?.exitCode === null && this.#daemon.signalCode === null;
  }

  /** Hands it a listening socket the way systemd does: `sd_listen_fds(3)`. */
  async start(): Promise<void> {
    const temporaryPath = `${this.socketPath}.new`;
    const server = net.createServer().listen(temporaryPath);
    await once(server, 'listening');
    const log = fs.openSync(this.#logPath, 'w');
    const command = [
      program,
      '-f',
      '-i',
      ...polkitOptions,
      '-c',
      path.join(this.#folder, 'readers'),
    ];
    this.#daemon = spawn('/bin/sh', ['-c', launch, 'sh', ...command], {
      stdio: ['ignore', log, log, descriptorOf(server)],
      env: { ...process.env, ...this.#environment },
    });
    fs.closeSync(log);
    // Closing unlinks the path the server was given, so the socket is moved out of its way.
    fs.renameSync(temporaryPath, this.socketPath);
    server.close();
    await this.#logs('daemon ready.');
  }

  /** The reader comes to the simulated USB; none is there when pcscd starts. */
  async plugReader(): Promise<void> {
    await this.#onUsb('+', 'Adding USB device');
  }

  async unplugReader(): Promise<void> {
    await this.#onUsb('-', 'Removing USB device');
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

  get #logPath(): string {
    return path.join(this.#folder, 'log');
  }

  /** Resolves when pcscd has noticed: proof that it happened. */
  async #onUsb(event: string, noticed: string): Promise<void> {
    const events = this.#environment['YIZHAN_USB_EVENTS'];
    if (events === undefined) throw new Error('this pcscd was prepared without a USB');
    const from = fs.statSync(this.#logPath).size;
    fs.writeFileSync(events, event);
    await this.#logs(noticed, from);
  }

  /** Reads the log, because a connection to vpcd's port would be a card. */
  async #logs(wanted: string, from = 0): Promise<void> {
    const deadlineMs = performance.now() + readyTimeoutMs;
    for (let text = ''; !text.slice(from).includes(wanted); ) {
      if (!this.isRunning || performance.now() > deadlineMs) throw new Error(`no pcscd: ${text}`);
      await delay(readyPollMs);
      text = fs.readFileSync(this.#logPath, 'latin1');
    }
  }
}
