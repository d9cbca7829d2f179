import firmataIo, { type Firmata } from 'firmata-io';
import five from 'johnny-five';
import { type Color, colors } from '../domain/signals.ts';
import { ButtonCheck } from './button-check.ts';
import type { ButtonEdge } from './panel.ts';
import { PanelLine } from './panel-line.ts';

/** Arduino pin numbers; red, green and blue need PWM. */
export interface PanelPins {
  readonly button: number;
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly buzzer: number;
}

/** A genuine Uno resets when its port is opened and needs about 3 s to boot and say its name. */
const handshakeTimeoutMs = 8000;
/** A board that was not reset by the opening says nothing until it is asked. */
const firstQuestionMs = 1500;
const heartbeatMs = 700;
/**
 * How many heartbeats a question may stay open. Counting beats, not time, spares the board the
 * blame when this process was the one that did not get to run.
 */
const missedBeatsMax = 2;
/** Enough for a few bytes; a hung board must not hold up a stopping station. */
const drainTimeoutMs = 300;

/** The button pulls the pin to ground. */
const edgeOf = (level: unknown): ButtonEdge => (level === 0 ? 'down' : 'up');

export interface LinkListener {
  /** @param firmware name and version, as the board says them. */
  onReady(firmware: string): void;
  /** @param found the board has never reported the button as up before this */
  onButton(edge: ButtonEdge, found: boolean): void;
  /** In one line, why this link is of no use any more. Called once; nothing follows. */
  onLost(reason: string): void;
}

/**
 * One connection to the board, from opening the port to losing it. A new one is built for each
 * attempt: johnny-five's parts do not survive their port, and the board forgets its pin modes.
 */
export class FirmataLink {
  readonly #line: PanelLine;
  readonly #pins: PanelPins;
  readonly #listener: LinkListener;
  readonly #check: ButtonCheck;
  #io: Firmata | undefined;
  #light: five.Led.RGB | undefined;
  #ended = false;
  #handshake: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #missedBeats = 0;
  /** While the board owes an answer: every level of the button that it reported meanwhile. */
  #levels: Set<ButtonEdge> | undefined;
  /** Whether the board has ever reported the button as up: one that is found down was held before. */
  #wasUp = false;
  /** Whether the open question is the button check's, or just a heartbeat. */
  #asksForCheck = false;

  constructor(path: string, pins: PanelPins, listener: LinkListener) {
    this.#pins = pins;
    this.#listener = listener;
    this.#check = new ButtonCheck({
      ask: () => this.#askAfterOpenQuestion(),
      onButton: (edge) => listener.onButton(edge, !this.#wasUp),
    });
    this.#line = new PanelLine(path, {
      onOpen: () => this.#greet(),
      onBroken: (reason) => this.#lose(reason),
    });
    this.#line.open();
  }

  get buttonIsDown(): boolean {
    return this.#check.isDown;
  }

  setColor(color: Color): void {
    if (!this.#ended) this.#light?.color(hexOf(color));
  }

  setBuzzer(on: boolean): void {
    if (!this.#ended) this.#io?.digitalWrite(this.#pins.buzzer, on ? 1 : 0);
  }

  /** Light and buzzer off where there is still a board, then closed; no event follows. */
  async close(): Promise<void> {
    this.setColor('off');
    this.setBuzzer(false);
    this.#end();
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainTimeoutMs);
    });
    await Promise.race([this.#line.drain(), enough]);
    clearTimeout(timer);
    await this.#line.close();
  }

  /** Ends an open port's silence: whoever answers as Firmata within the time is a panel. */
  #greet(): void {
    if (this.#ended) return;
    const io = new firmataIo.Firmata(this.#line, { reportVersionTimeout: firstQuestionMs });
    this.#io = io;
    io.on('error', (error: Error) => this.#lose(`the panel failed: ${error.message}`));
    this.#handshake = setTimeout(() => this.#lose(this.#strangerReason()), handshakeTimeoutMs);
    // johnny-five keeps every Board for ever, so it gets one only for a board that has answered.
    io.once('ready', () => setImmediate(() => this.#build(io)));
  }

  #strangerReason(): string {
    const what = this.#line.hasReceived ? 'sends what is not Firmata' : 'does not answer';
    return `the board ${what}: load StandardFirmata onto the Arduino`;
  }

  #build(io: Firmata): void {
    if (this.#ended) return;
    clearTimeout(this.#handshake);
    // johnny-five's prompt ends the process on a closed stdin, and its SIGINT handler cuts off ours.
    const options = { io, repl: false, debug: false, sigint: false };
    const board = new five.Board(options);
    board.on('error', (error) => this.#lose(`the panel failed: ${error.message}`));
    board.on('ready', () => {
      if (this.#ended) return;
      try {
        this.#buildParts(board, io);
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        this.#lose(`the board lacks a pin that the panel needs: check the pin settings (${what})`);
        return;
      }
      const { major, minor } = io.version;
      this.#listener.onReady(`${io.firmware.name ?? 'unnamed'} (protocol ${major}.${minor})`);
    });
  }

  #buildParts(board: five.Board, io: Firmata): void {
    const { button: buttonPin, buzzer, ...rgb } = this.#pins;
    this.#light = new five.Led.RGB({ pins: { ...rgb }, board });
    io.pinMode(buzzer, io.MODES.OUTPUT);
    io.digitalWrite(buzzer, 0);
    io.on(`digital-read-${buttonPin}`, (level) => this.#takeLevel(edgeOf(level)));
    io.on('reportversion', () => this.#takeVersion());
    const button = new five.Button({ pin: buttonPin, isPullup: true, board });
    button.on('down', () => this.#suspect('down'));
    button.on('up', () => this.#suspect('up'));
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs);
  }

  #takeLevel(level: ButtonEdge): void {
    this.#wasUp ||= level === 'up';
    this.#levels?.add(level);
  }

  #suspect(edge: ButtonEdge): void {
    if (!this.#ended) this.#check.suspect(edge);
  }

  /** The heartbeat reads the button too, so an edge whose report was lost is found a moment later. */
  #beat(): void {
    if (this.#levels === undefined) this.#ask();
    else if (++this.#missedBeats >= missedBeatsMax) {
      this.#lose('the board hangs: press its reset button, or replug it');
    }
  }

  #askAfterOpenQuestion(): void {
    if (this.#levels === undefined) this.#ask(true);
    else this.#check.answered(new Set());
  }

  /** The board answers in order, so its version report marks the end of what the pin report says. */
  #ask(forCheck = false): void {
    this.#asksForCheck = forCheck;
    this.#levels = new Set();
    this.#missedBeats = 0;
    this.#io?.reportDigitalPin(this.#pins.button, 1);
    this.#io?.reportVersion(() => {});
  }

  #takeVersion(): void {
    const levels = this.#levels;
    this.#levels = undefined;
    if (levels === undefined) {
      // It says so by itself when it boots (Firmata protocol, "Version"), and its pins are unset then.
      this.#lose('the board restarted: check its power supply if this happens again');
    } else if (this.#asksForCheck) {
      // Out of the line's data event, whose catch is for Firmata's errors and not for the station's.
      setImmediate(() => {
        if (!this.#ended) this.#check.answered(levels);
      });
    }
  }

  #lose(reason: string): void {
    if (this.#ended) return;
    this.#end();
    void this.#line.close().then(() => this.#listener.onLost(reason));
  }

  /** Stops every timer, also those inside Firmata and johnny-five. */
  #end(): void {
    this.#ended = true;
    this.#check.stop();
    clearTimeout(this.#handshake);
    clearInterval(this.#heartbeat);
    clearTimeout(this.#io?.reportVersionTimeoutId);
    // johnny-five's Button repeats 'hold' for ever unless it sees the button go up.
    this.#io?.emit(`digital-read-${this.#pins.button}`, 1);
  }
}

function hexOf(color: Color): string {
  return `#${Buffer.from(colors[color]).toString('hex')}`;
}
