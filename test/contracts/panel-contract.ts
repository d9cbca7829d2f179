import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { colors, lights, tones } from '../../device/domain/signals.ts';
import type { ButtonEdge, Panel, PanelState } from '../../device/panel/panel.ts';

/** A panel and the hands and eyes of somebody in front of it. */
export interface PanelHarness {
  readonly panel: Panel;
  press(): Promise<void>;
  release(): Promise<void>;
  /** Red, green and blue that the light shows now. */
  light(): readonly number[];
  buzzerIsOn(): boolean;
  dispose(): Promise<void>;
}

/** What a panel announced, in order. */
export class PanelRecord {
  readonly edges: ButtonEdge[] = [];
  readonly states: { state: PanelState; detail: string }[] = [];
  /** Both, in the order in which they were announced. */
  readonly all: (ButtonEdge | PanelState)[] = [];
  /** Of each press, whether the button was held since before the panel was ready. */
  readonly found: boolean[] = [];
  onButton = (edge: ButtonEdge, found = false) => {
    if (edge === 'down') this.found.push(found);
    this.edges.push(edge);
    this.all.push(edge);
  };
  onState = (state: PanelState, detail: string) => {
    this.states.push({ state, detail });
    this.all.push(state);
  };
  get state(): PanelState | undefined {
    return this.states.at(-1)?.state;
  }
}

/** Real boards on a loaded machine need room; polling is close enough to see the shortest frame. */
export const patience = { timeout: 25_000, interval: 10 };

/** What every panel does for the station. */
export function panelContract(name: string, create: () => Promise<PanelHarness>): void {
  describe(`${name} is a panel`, () => {
    let harness: PanelHarness;
    let record: PanelRecord;
    beforeEach(async () => {
      harness = await create();
      record = new PanelRecord();
      harness.panel.start(record);
      await expect.poll(() => record.state, patience).toBe('ready');
    });
    afterEach(async () => {
      await harness.panel.stop();
      await harness.dispose();
    });

    test('tells a button that is held since before it was ready from one that is pressed', async () => {
      await harness.panel.stop();
      await harness.dispose();
      harness = await create();
      record = new PanelRecord();
      await harness.press();
      harness.panel.start(record);
      await expect.poll(() => record.edges, patience).toEqual(['down']);
      expect(record.all.slice(-2)).toEqual(['ready', 'down']);
      await harness.release();
      await expect.poll(() => record.edges, patience).toEqual(['down', 'up']);
      await harness.press();
      await expect.poll(() => record.found, patience).toEqual([true, false]);
    });

    test('announces a press and a release, once each', async () => {
      await harness.press();
      await expect.poll(() => record.edges, patience).toEqual(['down']);
      await harness.release();
      await expect.poll(() => record.edges, patience).toEqual(['down', 'up']);
    });

    test('shows a steady light, and each frame of a blinking one', async () => {
      harness.panel.show(lights.credited);
      await expect.poll(() => harness.light(), patience).toEqual(colors.green);
      harness.panel.show(lights.stored);
      await expect.poll(() => harness.light(), patience).toEqual(colors.red);
      await expect.poll(() => harness.light(), patience).toEqual(colors.off);
      await expect.poll(() => harness.light(), patience).toEqual(colors.red);
    });

    test('sounds a tone once, and a repeating one until silence', async () => {
      const hears = (on: boolean) => expect.poll(() => harness.buzzerIsOn(), patience).toBe(on);
      harness.panel.sound(tones.long);
      await hears(true);
      await hears(false);
      harness.panel.sound(tones.insistent);
      for (const on of [true, false, true, false, true]) await hears(on);
      harness.panel.sound(tones.silence);
      await hears(false);
    });

    test('ends a repeating tone with one that sounds once', async () => {
      harness.panel.sound(tones.insistent);
      await expect.poll(() => harness.buzzerIsOn(), patience).toBe(true);
      harness.panel.sound(tones.tick);
      await expect.poll(() => harness.buzzerIsOn(), patience).toBe(false);
      await sleep(1_000);
      expect(harness.buzzerIsOn()).toBe(false);
    });

    test('is dark and silent once stopped', async () => {
      harness.panel.show(lights.credited);
      await expect.poll(() => harness.light(), patience).toEqual(colors.green);
      await harness.panel.stop();
      await expect.poll(() => harness.light(), patience).toEqual(colors.off);
      expect(harness.buzzerIsOn()).toBe(false);
    });
  });
}
