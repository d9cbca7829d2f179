import type { Color, Light, Tone } from '../domain/signals.ts';

/** Where frames and notes go. Neither may throw. */
export interface PlayerOutput {
  setColor(color: Color): void;
  setBuzzer(on: boolean): void;
}

interface Timed {
  readonly ms: number;
}

/** Plays one sequence of steps at a time; starting another ends the one before. */
class Track<Step extends Timed> {
  #timer: NodeJS.Timeout | undefined;

  play(steps: readonly Step[], repeat: boolean, output: (step: Step) => void, over: () => void) {
    this.stop();
    const from = (index: number): void => {
      const step = steps[repeat ? index % steps.length : index];
      if (step === undefined) {
        over();
        return;
      }
      output(step);
      this.#timer = setTimeout(() => from(index + 1), step.ms);
    };
    from(0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/**
 * Turns lights and tones into switching at the right time. Each step is timed from the one before,
 * so a late timer shifts the rest of the pattern and never crams frames together.
 */
export class FramePlayer {
  readonly #output: PlayerOutput;
  readonly #light = new Track<Light['frames'][number]>();
  readonly #tone = new Track<Tone['notes'][number]>();

  constructor(output: PlayerOutput) {
    this.#output = output;
  }

  /** Shows a light until the next one. A steady light is set once and needs no timer. */
  show({ frames }: Light): void {
    this.#light.stop();
    const [first, ...others] = frames;
    if (others.length === 0) this.#output.setColor(first?.color ?? 'off');
    else this.#light.play(frames, true, ({ color }) => this.#output.setColor(color), neverOver);
  }

  /** Sounds a tone in place of the one before; one without notes is silence. */
  sound({ notes, repeat }: Tone): void {
    const silence = () => this.#output.setBuzzer(false);
    this.#tone.play(notes, repeat, ({ hz }) => this.#output.setBuzzer(hz > 0), silence);
  }

  /** Leaves no timer, and the light and the buzzer as they are. */
  stop(): void {
    this.#light.stop();
    this.#tone.stop();
  }
}

const neverOver = (): void => {};
