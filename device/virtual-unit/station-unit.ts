import { performance } from 'node:perf_hooks';
import type { Brain } from '../brain.ts';
import { rowNow } from '../domain/light-table.ts';
import { neighboursCalling } from '../domain/neighbours.ts';
import { backlogOf, hubReachable, type StationState, type TapSignal } from '../domain/state.ts';
import type { ButtonEdge } from '../panel/panel.ts';
import type { VirtualPanel } from '../panel/virtual-panel.ts';
import { normaliseUid } from '../reader/uid.ts';
import type { VirtualReader } from '../reader/virtual-reader.ts';
import type { DemoCard, EntryKey, PanelView, VirtualUnit } from './unit.ts';

export interface StationUnitOptions {
  readonly station: string;
  readonly reader: VirtualReader;
  readonly panel: VirtualPanel;
  readonly brain: Brain;
  readonly cards: readonly DemoCard[];
}

/** A whole station, seen as the unit that the page draws. */
export class StationUnit implements VirtualUnit {
  readonly #options: StationUnitOptions;
  #lastTap: TapSignal | undefined;
  #lastTapEntry: EntryKey | null = null;

  constructor(options: StationUnitOptions) {
    this.#options = options;
    // The light soon speaks of other things; the page goes on telling what the last tap came to.
    options.brain.onChange(() => this.#keepTap(options.brain.state));
  }

  tap(uid: string): void {
    const known = normaliseUid(uid);
    void this.#options.reader.tap(known);
  }

  press(holdMs: number): void {
    void this.#options.panel.press(holdMs);
  }

  button(edge: ButtonEdge): void {
    if (edge === 'down') this.#options.panel.down();
    else this.#options.panel.up();
  }

  view(): PanelView {
    const { station, panel, brain, cards } = this.#options;
    const { light, lightSinceMs, color, tone, toneSinceMs, button } = panel.reading();
    const { state } = brain;
    const nowMs = performance.now();
    return {
      station,
      light: {
        row: rowNow(state).name,
        pattern: light.name,
        frames: light.frames,
        shownMs: Math.round(nowMs - lightSinceMs),
      },
      color,
      tone: {
        ...tone,
        agoMs: Math.round(nowMs - toneSinceMs),
        startedMs: Math.round(toneSinceMs),
      },
      outcome: outcomeOf(this.#lastTap),
      entries: { tap: this.#lastTapEntry, alarm: state.alarms.at(-1)?.key ?? null },
      alarm: state.alarms.at(-1)?.phase ?? 'none',
      test: state.test?.phase ?? 'none',
      mistake: state.alarms.at(-1)?.mistake ?? false,
      button: { edge: button, heldMs: heldMs(state, nowMs), ...state.rules },
      silent: state.silent,
      neighbours: neighboursCalling(state).map(({ stationName }) => stationName),
      backlog: backlogOf(state),
      connection: connectionOf(state),
      parts: state.parts,
      cards,
    };
  }

  onChange(listener: () => void): () => void {
    return this.#options.brain.onChange(listener);
  }

  /** A tap keeps the epoch in which it was signalled: a replaced journal begins its sequence anew. */
  #keepTap({ tap, epoch }: StationState): void {
    if (tap === undefined) return;
    const { seq } = tap;
    if (seq === undefined) this.#lastTapEntry = null;
    else if (seq !== this.#lastTapEntry?.seq) this.#lastTapEntry = { epoch, seq };
    this.#lastTap = tap;
  }
}

const outcomeOf = (tap: TapSignal | undefined): PanelView['outcome'] =>
  tap === undefined
    ? null
    : { kind: tap.kind, ...(tap.points === undefined ? {} : { points: tap.points }) };

const heldMs = ({ button }: StationState, nowMs: number): number | null =>
  button.downMs === undefined ? null : Math.round(nowMs - button.downMs);

function connectionOf(state: StationState): PanelView['connection'] {
  if (hubReachable(state)) return 'online';
  return state.connected ? 'hub-away' : 'offline';
}
