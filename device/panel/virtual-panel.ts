import type { Color, Light, Tone } from '../domain/signals.ts';
import { lights, tones } from '../domain/signals.ts';
import { colorAt, pitchAt } from './color-at.ts';
import type { ButtonEdge, Panel, PanelListener } from './panel.ts';

/** What a page draws of the panel. Times are on the panel's own clock, in milliseconds. */
export interface VirtualPanelReading {
  readonly light: Light;
  readonly lightSinceMs: number;
  readonly color: Color;
  readonly tone: Tone;
  readonly toneSinceMs: number;
  /** Pitch heard now, 0 for none. */
  readonly hz: number;
  readonly button: ButtonEdge;
}

export interface VirtualPanelOptions {
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
  /** Called at a new light, a new tone and a button edge; not at each frame of a light. */
  readonly onChange?: () => void;
}

/** A panel without hardware: a page or a test presses its button and looks at its light. */
export class VirtualPanel implements Panel {
  readonly #now: () => number;
  readonly #onChange: () => void;
  #listener: PanelListener | undefined;
  #button: ButtonEdge = 'up';
  #light: Light = lights.dark;
  #lightSinceMs: number;
  #tone: Tone = tones.silence;
  #toneSinceMs: number;
  readonly #holds = new Map<NodeJS.Timeout, () => void>();

  constructor({ now = () => performance.now(), onChange = () => {} }: VirtualPanelOptions = {}) {
    this.#now = now;
    this.#onChange = onChange;
    this.#lightSinceMs = now();
    this.#toneSinceMs = this.#lightSinceMs;
  }

  start(listener: PanelListener): void {
    this.#listener = listener;
    listener.onState('ready', 'virtual panel');
    if (this.#button === 'down') listener.onButton('down', true);
  }

  show(light: Light): void {
    this.#light = light;
    this.#lightSinceMs = this.#now();
    this.#onChange();
  }

  sound(tone: Tone): void {
    this.#tone = tone;
    this.#toneSinceMs = this.#now();
    this.#onChange();
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
    for (const [timer, done] of this.#holds) {
      clearTimeout(timer);
      done();
    }
    this.#holds.clear();
    this.show(lights.dark);
    this.sound(tones.silence);
  }

  /** Presses the button; pressing it while it is down changes nothing. */
  down(): void {
    this.#turn('down');
  }

  /** Lets the button go. */
  up(): void {
    this.#turn('up');
  }

  /** Presses, holds and lets go. Resolves when the button is up again, or the panel has stopped. */
  async press(holdMs: number): Promise<void> {
    this.down();
    await new Promise<void>((done) => {
      const timer = setTimeout(() => {
        this.#holds.delete(timer);
        done();
      }, holdMs);
      this.#holds.set(timer, done);
    });
    this.up();
  }

  /** How the panel stands now. */
  reading(): VirtualPanelReading {
    const nowMs = this.#now();
    return {
      light: this.#light,
      lightSinceMs: this.#lightSinceMs,
      color: colorAt(this.#light, nowMs - this.#lightSinceMs),
      tone: this.#tone,
      toneSinceMs: this.#toneSinceMs,
      hz: pitchAt(this.#tone, nowMs - this.#toneSinceMs),
      button: this.#button,
    };
  }

  #turn(edge: ButtonEdge): void {
    if (edge === this.#button) return;
    this.#button = edge;
    this.#listener?.onButton(edge);
    this.#onChange();
  }
}
