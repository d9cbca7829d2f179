import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { foundWithinMs, stuckAfterMs } from '../../device/domain/gesture.ts';
import { systemTimers, type Timers } from '../../shared/timers.ts';
import { eventually } from '../support/eventually.ts';
import { LoneStation, macKey } from '../support/lone-station.ts';
import { ModelHub } from '../support/model-hub.ts';

const entrySchema = z.looseObject({ type: z.string(), part: z.string(), state: z.string() });

/** A station's whole program on a real disk, whose time a test moves on. */
describe('a program that starts again under a button that is down', () => {
  let folder: string;
  let hub: ModelHub;
  let station: LoneStation;
  let aheadMs: number;
  const timers: Timers = { ...systemTimers, now: () => systemTimers.now() + aheadMs };

  const start = () => {
    station = new LoneStation(folder, hub, { timers });
    return station;
  };
  const button = (edge: 'down' | 'up') => station.brain.dispatch({ type: 'button', edge });
  const pass = (ms: number) => {
    aheadMs += ms;
    station.brain.dispatch({ type: 'tick' });
  };
  /** What the hub has of it, in order. */
  const told = () => {
    const { epoch } = station.brain.state;
    const faults = hub
      .committed(epoch, 'routine')
      .map((text) => entrySchema.safeParse(JSON.parse(text)).data)
      .flatMap((entry) => (entry?.part === 'button' ? [entry.state] : []));
    return { alarms: hub.committed(epoch, 'alarm').length, faults };
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-stuck-'));
    hub = new ModelHub(macKey);
    aheadMs = 0;
  });
  afterEach(async () => {
    await station.stop();
    rmSync(folder, { recursive: true });
  });

  it('raises one alarm and one fault, over as many restarts as there are', async () => {
    await start().connect();
    button('down');
    pass(1_000);
    await eventually('the alarm is at the hub', () => told().alarms === 1);
    for (const heldMs of [1_000, stuckAfterMs, stuckAfterMs]) {
      await station.stop();
      await start().connect();
      button('down');
      pass(heldMs);
    }
    await eventually('the fault is at the hub', () => told().faults.length === 1);
    await station.stop();
    await start().connect();
    expect(station.brain.state.parts.button).toBe('fault');
    pass(foundWithinMs + 1);
    await eventually('its end is at the hub', () => told().faults.length === 2);
    expect(told()).toEqual({ alarms: 1, faults: ['begun', 'ended'] });
    button('down');
    pass(1_000);
    await eventually('the next call is at the hub', () => told().alarms === 2);
  });

  it('calls anew when the button was let go before the restart', async () => {
    await start().connect();
    button('down');
    pass(1_000);
    button('up');
    await station.stop();
    await start().connect();
    button('down');
    pass(1_000);
    await eventually('the second call is at the hub', () => told().alarms === 2);
  });
});
