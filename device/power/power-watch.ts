import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Timers } from '../../shared/timers.ts';
import type { Input } from '../domain/steps.ts';

/** The kernel's driver asks the firmware every 2 s (Linux, drivers/hwmon/raspberrypi-hwmon.c). */
const hwmonFolder = '/sys/class/hwmon';
const hwmonName = 'rpi_volt';
/**
 * What `vcgencmd get_throttled` says, as a file, in hex without a prefix. Raspberry Pi's kernel warns
 * in its log, once, that it is deprecated: it is read only where there is no hwmon driver.
 */
const throttledFile = '/sys/devices/platform/soc/soc:firmware/get_throttled';

/** Short dips count: the driver remembers one until it next asks. */
export const powerWatchEveryMs = 5_000;

/** The bits that speak of now (raspberrypi.com, "get_throttled"); those from 16 on are history. */
const underVoltageBit = 0x1;
const throttledBit = 0x4;

const well = { ok: true, detail: 'the voltage is well' };
const lowVoltage = {
  ok: false,
  detail: 'under-voltage: use the power supply made for this Raspberry Pi, and a short cable',
};
const slowed = { ok: false, detail: 'the processor is slowed down: too hot, or too little power' };

export interface PowerFiles {
  readonly hwmonFolder?: string;
  readonly throttledFile?: string;
}

/**
 * What the unit itself says of its power.
 * @returns undefined where it cannot tell
 */
export function readPower(files: PowerFiles = {}): { ok: boolean; detail: string } | undefined {
  const alarm = underVoltageAlarm(files.hwmonFolder ?? hwmonFolder);
  if (alarm !== undefined) return alarm ? lowVoltage : well;
  const throttled = hexIn(files.throttledFile ?? throttledFile);
  if (throttled === undefined) return undefined;
  if ((throttled & underVoltageBit) !== 0) return lowVoltage;
  return (throttled & throttledBit) !== 0 ? slowed : well;
}

/** Tells the station's brain now and every five seconds; a unit that cannot tell has no such watch. @returns a function that ends it. */
export function startPowerWatch(
  timers: Pick<Timers, 'every'>,
  dispatch: (input: Input) => void,
  files: PowerFiles = {},
): () => void {
  const look = (): void => {
    const power = readPower(files);
    if (power === undefined) return;
    const { ok, detail } = power;
    dispatch({ type: 'part', part: 'power', state: ok ? 'ready' : 'fault', detail });
  };
  look();
  return timers.every(powerWatchEveryMs, look);
}

function underVoltageAlarm(folder: string): boolean | undefined {
  const found = namesIn(folder)
    .map((name) => join(folder, name))
    .find((device) => textIn(join(device, 'name')) === hwmonName);
  const text = found === undefined ? undefined : textIn(join(found, 'in0_lcrit_alarm'));
  return text === undefined ? undefined : text === '1';
}

function hexIn(file: string): number | undefined {
  const text = textIn(file);
  return text !== undefined && /^(0x)?[0-9a-f]+$/i.test(text)
    ? Number.parseInt(text, 16)
    : undefined;
}

function textIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined; // not a Raspberry Pi, or a kernel without this file: there is nothing to watch
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // as above
  }
}
