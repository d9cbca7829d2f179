import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPower, startPowerWatch } from '../../device/power/power-watch.ts';

describe('the power watch', () => {
  let folder: string;
  let files: { hwmonFolder: string; throttledFile: string };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-power-'));
    files = { hwmonFolder: join(folder, 'hwmon'), throttledFile: join(folder, 'get_throttled') };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const sensor = (device: string, name: string, alarm: string): void => {
    mkdirSync(join(files.hwmonFolder, device), { recursive: true });
    writeFileSync(join(files.hwmonFolder, device, 'name'), `${name}\n`);
    writeFileSync(join(files.hwmonFolder, device, 'in0_lcrit_alarm'), `${alarm}\n`);
  };

  it('is not there where the unit cannot tell', () => {
    expect(readPower(files)).toBeUndefined();
    sensor('hwmon0', 'coretemp', '1');
    writeFileSync(files.throttledFile, 'what?\n');
    expect(readPower(files)).toBeUndefined();
    const said: unknown[] = [];
    const timers = { every: () => () => {} };
    startPowerWatch(timers, (input) => said.push(input), files)();
    expect(said).toEqual([]);
  });

  it.each([
    ['0', true, /well/],
    ['1', false, /under-voltage/],
  ])('believes the under-voltage alarm %s of the hwmon driver', (alarm, ok, detail) => {
    sensor('hwmon0', 'coretemp', '1');
    sensor('hwmon1', 'rpi_volt', alarm);
    expect(readPower(files)).toEqual({ ok, detail: expect.stringMatching(detail) });
  });

  it.each([
    ['0', true, /well/],
    ['50005', false, /under-voltage/],
    // What was since the boot is history: only the low bits speak of now.
    ['50000', true, /well/],
    ['4', false, /slowed down/],
    ['0x1', false, /under-voltage/],
    ['8', true, /well/],
  ])('reads %s of get_throttled where there is no hwmon driver', (text, ok, detail) => {
    writeFileSync(files.throttledFile, `${text}\n`);
    expect(readPower(files)).toEqual({ ok, detail: expect.stringMatching(detail) });
  });

  it('tells the station at once, and again when it looks again', () => {
    sensor('hwmon0', 'rpi_volt', '0');
    const said: unknown[] = [];
    let look: () => void = () => {};
    const every = (_ms: number, run: () => void) => {
      look = run;
      return () => {};
    };
    startPowerWatch({ every }, (input) => said.push(input), files);
    sensor('hwmon0', 'rpi_volt', '1');
    look();
    expect(said).toMatchObject([
      { type: 'part', part: 'power', state: 'ready' },
      { type: 'part', part: 'power', state: 'fault' },
    ]);
  });
});
