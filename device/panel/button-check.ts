import type { ButtonEdge } from './panel.ts';

/** Contacts of a common push-button stop bouncing well within this; johnny-five waits 7 ms of its own. */
const settleMs = 30;
/** Contacts that never settle, as loose ones, are asked about all the same: somebody may be pressing them. */
export const unsettledMaxMs = 200;

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
  /** When the pin is asked about even if the contacts still move. */
  #askByMs: number | undefined;

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
    const nowMs = performance.now();
    this.#askByMs ??= nowMs + unsettledMaxMs;
    const waitMs = Math.max(0, Math.min(settleMs, this.#askByMs - nowMs));
    this.#timer = setTimeout(() => this.#ask(), waitMs);
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

  #ask(): void {
    this.#askByMs = undefined;
    this.#listener.ask();
  }
}
