import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProgramName } from './avr-programs.ts';
import { type BoardCommand, type BoardEvent, boardEvent } from './board-messages.ts';

type PlainEvent = Exclude<BoardEvent['event'], 'pin'>;

const simulatorFile = fileURLToPath(new URL('./board-simulator.ts', import.meta.url));
/** Long enough for a starting process on a loaded machine. */
const answerTimeoutMs = 20_000;

/** What a test looks back on; the oldest goes first. */
const shownMax = 1000;

const buttonPin = 2;
const lightPins = [9, 10, 11];
const buzzerPin = 8;

/** A colour that the light stood at, and for how long. */
export interface Shown {
  /** Red, green and blue from 0 to 255. */
  readonly rgb: readonly number[];
  readonly ms: number;
  /** When it went, on the clock of `performance.now`. */
  readonly untilMs: number;
}

/** A test's handle on a board that runs real firmware in a process of its own. */
export class SimulatedBoard {
  readonly path: string;
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #levels = new Map<number, number>();
  readonly #waiting = new Set<(event: BoardEvent) => void>();
  readonly #shown: Shown[] = [];
  #lightSinceMs = performance.now();

  private constructor(folder: string, program: ProgramName) {
    this.#folder = folder;
    this.path = join(folder, 'ttyACM0');
    this.#process = fork(simulatorFile, [this.path, program], {
      execArgv: ['--import', 'tsx'],
      stdio: 'inherit',
    });
    this.#process.on('message', (message) => this.#take(boardEvent.parse(message)));
  }

  /** A board that is plugged in at `path`, which nobody has opened yet. */
  static async start(program: ProgramName = 'firmata'): Promise<SimulatedBoard> {
    const folder = await mkdtemp(join(tmpdir(), 'yizhan-board-'));
    const board = new SimulatedBoard(folder, program);
    await board.next('plugged');
    return board;
  }

  /** Resolves at the next event of this name: proof that a fault really happened. */
  next(name: PlainEvent): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`the simulated board never said '${name}'`));
      }, answerTimeoutMs);
      const look = ({ event }: BoardEvent) => {
        if (event !== name) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }

  press = () => this.#order({ do: 'drive', pin: buttonPin, level: false }, 'driven');
  release = () => this.#order({ do: 'drive', pin: buttonPin, level: null }, 'driven');
  reset = () => this.#order({ do: 'reset' }, 'reset');
  unplug = () => this.#order({ do: 'unplug' }, 'unplugged');
  plug = () => this.#order({ do: 'plug' }, 'plugged');
  stall = (on: boolean) => this.#order({ do: 'stall', on }, 'stalled');
  garbage = (hex: string) => this.#order({ do: 'garbage', hex }, 'noisy');

  /** Red, green and blue from 0 to 255, as the pins stand. */
  light(): number[] {
    return lightPins.map((pin) => this.#levels.get(pin) ?? 0);
  }

  /**
   * Every colour that the light has left again, in order. It changes pin by pin, so between two
   * colours stand others for a moment.
   */
  shown(): readonly Shown[] {
    return this.#shown;
  }

  /** Forgets what was shown. */
  forget(): void {
    this.#shown.length = 0;
  }

  buzzerIsOn(): boolean {
    return this.#levels.get(buzzerPin) === 255;
  }

  async stop(): Promise<void> {
    if (this.#process.connected) {
      const exited = once(this.#process, 'exit');
      this.#process.disconnect();
      await exited;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #order(command: BoardCommand, done: PlainEvent): Promise<void> {
    const answer = this.next(done);
    this.#process.send(command);
    await answer;
  }

  #take(event: BoardEvent): void {
    if (event.event === 'pin') {
      if (lightPins.includes(event.pin)) this.#noteLight();
      this.#levels.set(event.pin, event.level);
    }
    for (const look of [...this.#waiting]) look(event);
  }

  /** Called just before a pin of the light changes. */
  #noteLight(): void {
    const nowMs = performance.now();
    this.#shown.push({ rgb: this.light(), ms: nowMs - this.#lightSinceMs, untilMs: nowMs });
    this.#lightSinceMs = nowMs;
    if (this.#shown.length > shownMax) this.#shown.shift();
  }
}
