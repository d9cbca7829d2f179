import {
  AVRADC,
  AVRIOPort,
  AVRTimer,
  AVRTWI,
  AVRUSART,
  adcConfig,
  avrInstruction,
  CPU,
  portBConfig,
  portCConfig,
  portDConfig,
  timer0Config,
  timer1Config,
  timer2Config,
  twiConfig,
  usart0Config,
} from 'avr8js';
import type { PinMode } from './board-messages.ts';

export const clockHz = 16_000_000;
export const pinCount = 20;

export interface PinReading {
  readonly mode: PinMode;
  readonly level: number;
}

type PortName = 'B' | 'C' | 'D';
/** Address of PINx; DDRx and PORTx follow it (ATmega328P data sheet, "Register Summary"). */
const portBase: Record<PortName, number> = { B: 0x23, C: 0x26, D: 0x29 };

interface PwmChannel {
  readonly control: number;
  readonly shift: number;
  readonly compare: number;
}

/** Timer registers behind the PWM pins: TCCRnA, the place of its COMnx bits, and OCRnx. */
const pwmChannels = new Map<number, PwmChannel>([
  [3, { control: 0xb0, shift: 4, compare: 0xb4 }],
  [5, { control: 0x44, shift: 4, compare: 0x48 }],
  [6, { control: 0x44, shift: 6, compare: 0x47 }],
  [9, { control: 0x80, shift: 6, compare: 0x88 }],
  [10, { control: 0x80, shift: 4, compare: 0x8a }],
  [11, { control: 0xb0, shift: 6, compare: 0xb3 }],
]);

/** An Arduino Uno numbers PD0–7 as 0–7, PB0–5 as 8–13 and PC0–5 as 14–19. */
function place(pin: number): { port: PortName; bit: number } {
  if (pin < 8) return { port: 'D', bit: pin };
  return pin < 14 ? { port: 'B', bit: pin - 8 } : { port: 'C', bit: pin - 14 };
}

/** An ATmega328P from power-up on; a reset is a new one. */
export class AvrChip {
  readonly #cpu: CPU;
  readonly #usart: AVRUSART;
  readonly #ports: Record<PortName, AVRIOPort>;
  /** Shared with the chip's successors: whoever presses the button does so across a reset. */
  readonly #driven: ReadonlyMap<number, boolean>;
  readonly #received: number[] = [];

  constructor(
    program: Uint16Array,
    driven: ReadonlyMap<number, boolean>,
    onByte: (byte: number) => void,
  ) {
    this.#driven = driven;
    this.#cpu = new CPU(program);
    for (const config of [timer0Config, timer1Config, timer2Config])
      new AVRTimer(this.#cpu, config);
    new AVRTWI(this.#cpu, twiConfig, clockHz);
    new AVRADC(this.#cpu, adcConfig);
    this.#usart = new AVRUSART(this.#cpu, usart0Config, clockHz);
    repairUsart(this.#cpu, this.#usart);
    this.#usart.onByteTransmit = onByte;
    this.#ports = {
      B: new AVRIOPort(this.#cpu, portBConfig),
      C: new AVRIOPort(this.#cpu, portCConfig),
      D: new AVRIOPort(this.#cpu, portDConfig),
    };
    for (const port of Object.values(this.#ports)) port.addListener(() => this.settleInputs());
    this.settleInputs();
  }

  get cycles(): number {
    return this.#cpu.cycles;
  }

  run(cycles: number): void {
    const end = this.#cpu.cycles + cycles;
    while (this.#cpu.cycles < end) {
      avrInstruction(this.#cpu);
      this.#cpu.tick();
    }
    const next = this.#received[0];
    if (next !== undefined && this.#usart.writeByte(next)) this.#received.shift();
  }

  receive(bytes: Iterable<number>): void {
    this.#received.push(...bytes);
  }

  /** Gives every input the level it is driven to or, left alone, that of its pull-up. */
  settleInputs(): void {
    for (let pin = 2; pin < pinCount; pin++) {
      const { port, bit } = place(pin);
      const { isOutput, isHigh } = this.#registers(pin);
      if (!isOutput) this.#ports[port].setPin(bit, this.#driven.get(pin) ?? isHigh);
    }
  }

  reading(pin: number): PinReading {
    const { isOutput, isHigh } = this.#registers(pin);
    if (!isOutput) {
      const level = (this.#driven.get(pin) ?? isHigh) ? 255 : 0;
      return { mode: isHigh ? 'pullup' : 'in', level };
    }
    const pwm = pwmChannels.get(pin);
    if (pwm !== undefined && (this.#byte(pwm.control) >> pwm.shift) & 3) {
      return { mode: 'pwm', level: this.#byte(pwm.compare) };
    }
    return { mode: 'out', level: isHigh ? 255 : 0 };
  }

  #registers(pin: number): { isOutput: boolean; isHigh: boolean } {
    const { port, bit } = place(pin);
    const base = portBase[port];
    const at = (address: number) => ((this.#byte(address) >> bit) & 1) === 1;
    return { isOutput: at(base + 1), isHigh: at(base + 2) };
  }

  #byte(address: number): number {
    return this.#cpu.data[address] ?? 0;
  }
}

/**
 * Two faults of avr8js's USART stop StandardFirmata after a while. Writing UCSRB throws away a byte
 * that was received and not yet read (it clears RXC when RXEN merely stays on), and writing UCSRA
 * wipes RXC and UDRE, which are read-only there (data sheet, "UCSRnA"). UDRE must also stand as long
 * as the register is empty, and not vanish when its interrupt begins.
 */
function repairUsart(cpu: CPU, usart: AVRUSART): void {
  const { UCSRA, UCSRB } = usart0Config;
  const rxEnable = 0x10;
  const rxCompleteAndEmpty = 0xa0;
  const emptyInterrupt: unknown = Reflect.get(usart, 'UDRE');
  if (typeof emptyInterrupt !== 'object' || emptyInterrupt === null) {
    throw new Error('avr8js has changed: its USART has no UDRE interrupt');
  }
  Object.assign(emptyInterrupt, { constant: true });
  const writeA = cpu.writeHooks[UCSRA];
  const writeB = cpu.writeHooks[UCSRB];
  cpu.writeHooks[UCSRB] = (value, old, address, mask) =>
    writeB?.(value, old & ~rxEnable, address, mask);
  cpu.writeHooks[UCSRA] = (value, old, address, mask) => {
    const kept = (cpu.data[UCSRA] ?? 0) & rxCompleteAndEmpty;
    writeA?.(value, old, address, mask);
    cpu.data[UCSRA] = (cpu.data[UCSRA] ?? 0) | kept;
    return true;
  };
}
