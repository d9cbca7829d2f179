import { z } from 'zod';
import type { Color, Frame, Note } from '../domain/signals.ts';
import type { AlarmPhase, TapSignal, TestSignal } from '../domain/state.ts';
import type { ButtonEdge } from '../panel/panel.ts';

/** A card to tap on the page. The UID stays on this machine. */
export const demoCardSchema = z.strictObject({ uid: z.string(), label: z.string().max(60) });
export const demoCardsSchema = z.array(demoCardSchema).max(100);
export type DemoCard = z.infer<typeof demoCardSchema>;

/** An entry of this station's journal; the lane goes without saying. */
export interface EntryKey {
  readonly epoch: string;
  readonly seq: number;
}

/** The unit as it stands: all that the page draws, and what `GET /panel` answers. */
export interface PanelView {
  readonly station: string;
  readonly light: {
    /** Row of the light table. */
    readonly row: string;
    readonly pattern: string;
    readonly frames: readonly Frame[];
    /** How long it has been shown, in milliseconds. */
    readonly shownMs: number;
  };
  readonly color: Color;
  readonly tone: {
    readonly name: string;
    readonly notes: readonly Note[];
    readonly repeat: boolean;
    /** How long ago it began, in milliseconds. */
    readonly agoMs: number;
    /** When it began, on the station's own clock: tells a tone from the same one sounded anew. */
    readonly startedMs: number;
  };
  readonly outcome: { readonly kind: TapSignal['kind']; readonly points?: number } | null;
  /** Where the journal has the last tap and the latest alarm, once each is on disk; for who counts them. */
  readonly entries: { readonly tap: EntryKey | null; readonly alarm: EntryKey | null };
  readonly alarm: AlarmPhase | 'none';
  /** How far the test of the alarm's way got that the light speaks of. */
  readonly test: TestSignal['phase'] | 'none';
  /** Whether that alarm was marked as pressed by mistake. */
  readonly mistake: boolean;
  readonly button: {
    readonly edge: ButtonEdge;
    /** How far the hold is, as the station counts it; null when it counts none (up, or called already). */
    readonly heldMs: number | null;
    /** Held for so long, the button calls for help. */
    readonly holdMs: number;
    /** Pressed three times within so long, it does too. */
    readonly pressesWithinMs: number;
  };
  /** Whether calls for help are a discreet wink here. */
  readonly silent: boolean;
  /** Stations that call for help now, by name, of those whom the operator made neighbours of this one. */
  readonly neighbours: readonly string[];
  /** Entries that the hub has not receipted yet. */
  readonly backlog: number;
  readonly connection: 'online' | 'hub-away' | 'offline';
  readonly parts: {
    readonly reader: string;
    readonly panel: string;
    readonly journal: string;
    readonly disk: string;
    readonly clock: string;
    /** Only where the unit can tell. */
    readonly power?: string;
    readonly button: string;
  };
  readonly cards: readonly DemoCard[];
}

/** The unit as the page sees it: things to do with the hands, and how it looks. */
export interface VirtualUnit {
  /** @throws InvalidUid when `uid` is no card UID */
  tap(uid: string): void;
  press(holdMs: number): void;
  button(edge: ButtonEdge): void;
  view(): PanelView;
  /** @returns a function that ends the listening */
  onChange(listener: () => void): () => void;
}
