import type { Log } from '../../shared/log.ts';
import { type Light, lights, type Tone } from '../domain/signals.ts';
import { FirmataLink, type PanelPins } from './firmata-link.ts';
import { FramePlayer } from './frame-player.ts';
import type { Panel, PanelListener, PanelState } from './panel.ts';

export const defaultPins: PanelPins = { button: 2, red: 9, green: 10, blue: 11, buzzer: 8 };

/** A loose plug is back within a moment; an absent board is looked for this often at least. */
const retryMinMs = 300;
const retryMaxMs = 5000;

export interface FirmataPanelOptions {
  /** The serial device, such as `/dev/ttyACM0` or, better, its name under `/dev/serial/by-id`. */
  readonly path: string;
  readonly log: Log;
  readonly pins?: PanelPins;
}

/**
 * The real panel: an Arduino with StandardFirmata on a serial line. The buzzer is an active one,
 * which has one pitch of its own: a tone is its rhythm.
 */
export class FirmataPanel implements Panel {
  readonly #path: string;
  readonly #log: Log;
  readonly #pins: PanelPins;
  readonly #player: FramePlayer;
  #listener: PanelListener | undefined;
  #link: FirmataLink | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = retryMinMs;
  #readyAtMs = 0;
  #state: PanelState = 'starting';
  #detail = '';
  #light: Light = lights.dark;
  /** The tone that goes on until another, if that is what sounded last. */
  #repeating: Tone | undefined;

  constructor({ path, log, pins = defaultPins }: FirmataPanelOptions) {
    this.#path = path;
    this.#log = log;
    this.#pins = pins;
    this.#player = new FramePlayer({
      setColor: (color) => this.#link?.setColor(color),
      setBuzzer: (on) => this.#link?.setBuzzer(on),
    });
  }

  start(listener: PanelListener): void {
    this.#listener = listener;
    this.#announce('starting', `looking for the panel at ${this.#path}`);
    this.#connect();
  }

  show(light: Light): void {
    this.#light = light;
    if (this.#state === 'ready') this.#player.show(light);
  }

  sound(tone: Tone): void {
    this.#repeating = tone.repeat ? tone : undefined;
    if (this.#state === 'ready') this.#player.sound(tone);
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
    clearTimeout(this.#retry);
    this.#player.stop();
    const link = this.#link;
    this.#link = undefined;
    this.#state = 'starting';
    await link?.close();
  }

  #connect(): void {
    this.#link = new FirmataLink(this.#path, this.#pins, {
      onReady: (firmware) => this.#ready(firmware),
      onButton: (edge, found) => this.#listener?.onButton(edge, found),
      onLost: (reason) => this.#lost(reason),
    });
  }

  #ready(firmware: string): void {
    this.#readyAtMs = performance.now();
    this.#announce('ready', `${firmware} at ${this.#path}`);
    this.#player.show(this.#light);
    if (this.#repeating !== undefined) this.#player.sound(this.#repeating);
  }

  #lost(reason: string): void {
    // A link that was stopped while it was closing after a fault has nobody left to tell.
    if (this.#listener === undefined) return;
    const wasDown = this.#link?.buttonIsDown ?? false;
    const wasSteady = this.#state === 'ready' && performance.now() - this.#readyAtMs > retryMaxMs;
    this.#link = undefined;
    this.#player.stop();
    this.#retryMs = wasSteady ? retryMinMs : this.#retryMs;
    this.#retry = setTimeout(() => this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, retryMaxMs);
    this.#announce('fault', reason);
    // Whoever holds the button of a lost panel must not count as holding it for ever. After the
    // fault, so that it is known to say only that nobody can see the button any more.
    if (wasDown) this.#listener?.onButton('up');
  }

  /** Once for each change, however often the same fault is met again. */
  #announce(state: PanelState, detail: string): void {
    if (state === this.#state && detail === this.#detail) return;
    this.#state = state;
    this.#detail = detail;
    if (state === 'fault') this.#log.warn({ detail }, 'panel fault');
    else this.#log.info({ detail }, `panel ${state}`);
    this.#listener?.onState(state, detail);
  }
}
