/** A process that is an Arduino Uno on a cable: avr8js runs its program, a pseudo-terminal is its port. */
import { AvrChip, clockHz, pinCount } from './avr-chip.ts';
import { loadProgram, type ProgramName } from './avr-programs.ts';
import { type BoardCommand, type BoardEvent, boardCommand } from './board-messages.ts';
import { PtyCable } from './pty-cable.ts';

const cyclesPerMs = clockHz / 1000;
/** Pins and the serial port are looked at this often, in processor time. */
const sliceCycles = 3200;
/** A simulator that was not run for longer than this does not try to make up for it. */
const behindMaxMs = 50;
const burstMaxMs = 10;
/** StandardFirmata blinks its version for seconds before its first byte; no test needs to wait for that. */
const bootSpeed = 50;
const bootMaxCycles = 4000 * cyclesPerMs;
/** A board on which nothing happens may run slower than life, and spares the machine. */
const idleAfterMs = 30;
const idleSpeed = 0.1;

const programNames: readonly ProgramName[] = ['firmata', 'silent', 'chatter'];

class Simulator {
  readonly #program: Uint16Array;
  readonly #driven = new Map<number, boolean>();
  readonly #shown: string[] = [];
  readonly #cable: PtyCable;
  #chip: AvrChip;
  #isOpen = false;
  #hasSpoken = false;
  #isStalled = false;
  #speed = 1;
  #lastActivityMs = 0;
  /** Where real time and processor time were last matched. */
  #baseMs = 0;
  #baseCycles = 0;

  constructor(program: Uint16Array, path: string) {
    this.#program = program;
    this.#chip = this.#boot();
    this.#cable = new PtyCable(path, {
      onPlugged: () => tell({ event: 'plugged' }),
      onOpened: () => {
        this.#isOpen = true;
        this.#chip = this.#boot();
        tell({ event: 'opened' });
      },
      onClosed: () => {
        this.#isOpen = false;
        tell({ event: 'closed' });
      },
      onBytes: (bytes) => {
        this.#lastActivityMs = performance.now();
        this.#chip.receive(bytes);
      },
    });
    this.#cable.plug();
    this.#loop();
  }

  perform(command: BoardCommand): void {
    this.#lastActivityMs = performance.now();
    switch (command.do) {
      case 'drive':
        if (command.level === null) this.#driven.delete(command.pin);
        else this.#driven.set(command.pin, command.level);
        this.#chip.settleInputs();
        tell({ event: 'driven' });
        return;
      case 'reset':
        this.#chip = this.#boot();
        tell({ event: 'reset' });
        return;
      case 'unplug':
        this.#isOpen = false;
        this.#cable.unplug();
        tell({ event: 'unplugged' });
        return;
      case 'plug':
        if (!this.#cable.isPlugged) this.#cable.plug();
        return;
      case 'stall':
        this.#isStalled = command.on;
        tell({ event: 'stalled' });
        return;
      case 'garbage':
        this.#cable.send(Buffer.from(command.hex, 'hex'));
        tell({ event: 'noisy' });
        return;
      default:
        command satisfies never;
    }
  }

  quit(): void {
    this.#cable.unplug();
    process.exit(0);
  }

  #boot(): AvrChip {
    this.#hasSpoken = false;
    this.#baseMs = performance.now();
    this.#baseCycles = 0;
    return new AvrChip(this.#program, this.#driven, (byte) => {
      this.#hasSpoken = true;
      this.#lastActivityMs = performance.now();
      if (this.#isOpen) this.#cable.send(Uint8Array.of(byte));
    });
  }

  #loop(): void {
    const dueCycles = this.#isStalled ? 0 : this.#dueCycles(performance.now());
    const cycles = Math.min(dueCycles, burstMaxMs * cyclesPerMs);
    for (let done = 0; done < cycles; done += sliceCycles) {
      this.#chip.run(sliceCycles);
      this.#showPins();
    }
    if (dueCycles > cycles) setImmediate(() => this.#loop());
    else setTimeout(() => this.#loop(), 1);
  }

  #dueCycles(nowMs: number): number {
    const speed = this.#wantedSpeed(nowMs);
    if (speed !== this.#speed) this.#match(nowMs, speed);
    const due = () =>
      this.#baseCycles + (nowMs - this.#baseMs) * this.#speed * cyclesPerMs - this.#chip.cycles;
    if (due() > behindMaxMs * cyclesPerMs) {
      this.#match(nowMs, speed);
      return burstMaxMs * cyclesPerMs;
    }
    return Math.max(0, due());
  }

  #wantedSpeed(nowMs: number): number {
    if (this.#isOpen && !this.#hasSpoken && this.#chip.cycles < bootMaxCycles) return bootSpeed;
    return nowMs - this.#lastActivityMs > idleAfterMs ? idleSpeed : 1;
  }

  #match(nowMs: number, speed: number): void {
    this.#speed = speed;
    this.#baseMs = nowMs;
    this.#baseCycles = this.#chip.cycles;
  }

  #showPins(): void {
    for (let pin = 2; pin < pinCount; pin++) {
      const reading = this.#chip.reading(pin);
      const key = `${reading.mode} ${reading.level}`;
      if (key === this.#shown[pin]) continue;
      this.#shown[pin] = key;
      tell({ event: 'pin', pin, ...reading });
    }
  }
}

function tell(event: BoardEvent): void {
  // A test that ends at this very moment no longer listens: that is no error.
  if (process.connected) process.send?.(event, undefined, undefined, () => {});
}

const [path = '', name] = process.argv.slice(2);
const programName = programNames.find((known) => known === name);
if (programName === undefined) throw new Error(`no such program: ${name}`);
const simulator = new Simulator(loadProgram(programName), path);
process.on('message', (message) => simulator.perform(boardCommand.parse(message)));
// Also when the test was killed: nothing of the board outlives it.
process.on('disconnect', () => simulator.quit());
