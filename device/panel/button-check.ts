import type { ButtonEdge } from './panel.ts';

/** Contacts of a common push-button stop bouncing well within this; johnny-five waits 7 ms of its own. */
const settleMs = 30;

export interface ButtonCheckListener {
  /** Wants the pin read again: every report until the answer goes to `report`, then `answered`. */
  ask(): void;
  onButton(edge: ButtonEdge): void;
}

/**
 * Believes an edge only when the pin, asked again after the contacts have settled, agrees. Bytes
 * that noise changed on the way look like a press, and a panic button may not believe them.
 */
export class ButtonCheck {
  readonly #listener: ButtonCheckListener;
  #announced: ButtonEdge = 'up';
  #candidate: ButtonEdge | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(listener: ButtonCheckListener) {
    this.#listener = listener;
  }

  get isDown(): boolean {
    return this.#announced === 'down';
  }

  /** An edge that johnny-five saw. */
  suspect(edge: ButtonEdge): void {
    this.#candidate = edge;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#listener.ask(), settleMs);
  }

  /** @param levels every state that the board reported between the question and its end. */
  answered(levels: ReadonlySet<ButtonEdge>): void {
    const edge = this.#candidate;
    if (edge === undefined) return;
    if (levels.size !== 1) {
      // Lost on the way, or contradicted by something that came with it: ask again.
      this.suspect(edge);
      return;
    }
    this.#candidate = undefined;
    if (!levels.has(edge) || edge === this.#announced) return;
    this.#announced = edge;
    this.#listener.onButton(edge);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#candidate = undefined;
  }
}
