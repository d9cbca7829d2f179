import type { Light, Tone } from '../domain/signals.ts';

/** The panel: one button, one light of three colours, one buzzer. */

export type PanelState = 'starting' | 'ready' | 'fault';
export type ButtonEdge = 'down' | 'up';

export interface PanelListener {
  /**
   * Debounced and verified: noise on the line or the contacts is never announced. An 'up' right after
   * a fault says that a button which was down cannot be seen any more. `found` says of a 'down' that
   * the button was never seen up since the panel became ready: it was held before that.
   */
  onButton(edge: ButtonEdge, found?: boolean): void;
  /** `detail` says in one line what is wrong, and what a technician can do about it. */
  onState(state: PanelState, detail: string): void;
}

export interface Panel {
  /** Begins to look for the panel and goes on for ever; trouble is a state, never an exception. */
  start(listener: PanelListener): void;
  /** Shows a light until the next one. What was shown last is shown again when the panel comes back. */
  show(light: Light): void;
  /**
   * Sounds a tone once, or, for a repeating one, until the next. A repeating one goes on when the
   * panel comes back; one that should have sounded once is not made up for.
   */
  sound(tone: Tone): void;
  /** Lights off, connection closed, no timer left. */
  stop(): Promise<void>;
}
