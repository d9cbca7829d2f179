import { pino } from 'pino';
import { z } from 'zod';
import type { Log } from '../../shared/log.ts';
import type { Timers } from '../../shared/timers.ts';
import type { Random } from './random.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Thrown into a program that has just died, so that it does not go on. */
export class Crashed extends Error {
  override readonly name = 'Crashed';
}

/** `crash`: the process dies, its machine lives. `power`: what was not synced is lost as well. */
export type Death = 'crash' | 'power';

/** Where a program can be made to die: around what the outside could notice. */
const stepKinds = ['write', 'commit', 'committed', 'publish', 'published'] as const;
export type StepKind = (typeof stepKinds)[number];
/** A doomed process dies within so many steps of one kind. */
const doomedWithin = 12;

/** A log line in short: what it says, and the error's own words. */
function logText(line: string): string {
  const { msg, err, reason, detail } = logLine.parse(JSON.parse(line));
  return `log: ${[msg, reason, detail, err?.message].filter(Boolean).join(': ')}`;
}

const logLine = z.looseObject({
  msg: z.string(),
  reason: z.string().optional(),
  detail: z.string().optional(),
  err: z.looseObject({ message: z.string() }).optional(),
});

/** One run of a program. Dead, it can neither publish nor write, whatever of it is still awaited. */
export class SimulatedProcess {
  readonly name: string;
  readonly log: Log;
  readonly #time: VirtualTime;
  readonly #trace: Trace;
  readonly #startedMs: number;
  readonly #onDeath: (death: Death) => void;
  #doomed: { kind: StepKind; left: number; death: Death } | undefined;
  #alive = true;

  constructor(
    name: string,
    { time, trace }: { time: VirtualTime; trace: Trace },
    onDeath: (death: Death) => void,
  ) {
    this.name = name;
    this.#time = time;
    this.#trace = trace;
    this.#startedMs = time.now();
    this.#onDeath = onDeath;
    this.log = this.#makeLog();
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Lets it die at the `nth` step of that kind from now. */
  doom(kind: StepKind, nth: number, death: Death): void {
    this.#doomed = { kind, left: nth, death };
  }

  /** Lets it die somewhere soon. */
  doomSomewhere(random: Random): void {
    const death = random.chance(0.5) ? 'crash' : 'power';
    this.doom(random.pick(stepKinds), random.between(1, doomedWithin), death);
  }

  spare(): void {
    this.#doomed = undefined;
  }

  /** @throws Crashed when the process is dead, or dies here. */
  step(kind: StepKind): void {
    if (!this.survives(kind)) throw new Crashed();
  }

  /** @returns false when the process is dead, or dies here. */
  survives(kind: StepKind): boolean {
    if (!this.#alive || this.#doomed?.kind !== kind) return this.#alive;
    this.#doomed.left -= 1;
    if (this.#doomed.left > 0) return true;
    this.die(this.#doomed.death, `at "${kind}"`);
    return false;
  }

  die(death: Death, where: string): void {
    if (!this.#alive) return;
    this.#trace.fault(this.name, `${this.name === 'hub' ? 'hub' : 'station'} ${death}`, where);
    this.end(death);
  }

  /** Ends it without a word: after a stop in good order. */
  end(death: Death = 'crash'): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#onDeath(death);
  }

  /** Runs a part of the program, unless it is dead; its death ends here. */
  enter(run: () => void): void {
    if (!this.#alive) return;
    try {
      run();
    } catch (error) {
      if (this.#alive) throw error;
    }
  }

  readonly timers: Timers = {
    now: () => this.#time.now() - this.#startedMs,
    after: (ms, run) => this.#time.after(ms, () => this.enter(run)),
    every: (ms, run) => {
      const callOff = this.#time.every(ms, () => (this.#alive ? this.enter(run) : callOff()));
      return callOff;
    },
  };

  #makeLog(): Log {
    const write = (line: string): void => {
      if (this.#alive) this.#trace.aside(this.name, () => logText(line));
    };
    const level = this.#trace.isTold ? 'warn' : 'silent';
    return pino({ base: null, timestamp: false, level }, { write });
  }
}
