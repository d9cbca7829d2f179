import type { ButtonEdge } from '../panel/panel.ts';

/** Who holds the one button. It is down for as long as anybody does, as under several hands. */
export class ButtonHolders {
  readonly #turn: (edge: ButtonEdge) => void;
  readonly #heldMaxMs: number;
  readonly #holds = new Map<string, NodeJS.Timeout>();

  constructor(turn: (edge: ButtonEdge) => void, heldMaxMs: number) {
    this.#turn = turn;
    this.#heldMaxMs = heldMaxMs;
  }

  down(holder: string): void {
    const wasHeld = this.#holds.size > 0;
    clearTimeout(this.#holds.get(holder));
    this.#holds.set(
      holder,
      setTimeout(() => this.up(holder), this.#heldMaxMs),
    );
    if (!wasHeld) this.#turn('down');
  }

  /** Who does not hold the button cannot let it go. */
  up(holder: string): void {
    clearTimeout(this.#holds.get(holder));
    if (this.#holds.delete(holder) && this.#holds.size === 0) this.#turn('up');
  }

  stop(): void {
    for (const timer of this.#holds.values()) clearTimeout(timer);
    this.#holds.clear();
  }
}
