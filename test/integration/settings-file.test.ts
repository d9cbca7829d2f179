import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stationSettingsSchema } from '../../device/settings/station-settings.ts';
import { newKey, newStationId } from '../../shared/ids.ts';
import { readSettings, SettingsError, writeSettings } from '../../shared/settings/settings-file.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yizhan-settings-'));
  file = join(folder, 'station.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const good = () => ({
  station: newStationId(),
  hub: { url: 'mqtt://127.0.0.1:1883', password: newKey() },
  macKey: newKey(),
  schemeKey: newKey(),
  dataDir: folder,
  reader: { kind: 'virtual' },
  panel: { kind: 'virtual' },
});

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  throw new Error('the settings were accepted');
}

describe('the settings file', () => {
  it('is written for its owner alone, keeps the last good copy, and is read frozen with defaults', () => {
    const first = good();
    writeSettings(file, first);
    writeSettings(file, { ...first, station: newStationId() });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(`${file}.last-good`, 'utf8'))).toEqual(first);
    const settings = readSettings(file, stationSettingsSchema);
    expect(Object.isFrozen(settings)).toBe(true);
    expect(settings.button).toEqual({ holdMs: 1000, pressesWithinMs: 2000 });
  });

  it('lists all of its faults at once', () => {
    const bad = { ...good(), station: 'nobody', macKey: 'short', button: { holdMs: 5 }, extra: 1 };
    writeFileSync(file, JSON.stringify(bad));
    const faults = faultsOf(() => readSettings(file, stationSettingsSchema));
    expect(faults.map((fault) => fault.split(':')[0])).toEqual(
      expect.arrayContaining(['station', 'macKey', 'button.holdMs', 'the file']),
    );
  });

  it('says that it is missing, or no JSON', () => {
    expect(faultsOf(() => readSettings(file, stationSettingsSchema))).toEqual([
      'there is no such file',
    ]);
    writeFileSync(file, '{ "station": ');
    expect(faultsOf(() => readSettings(file, stationSettingsSchema))[0]).toMatch(/JSON/);
  });

  it('prints nothing of a file that is no JSON: a key may stand right there', () => {
    const { macKey } = good();
    const broken = [`{"macKey": ${macKey}}`, `{"macKey": "${macKey}" x`, `{"macKey": "${macKey}`];
    for (const text of broken) {
      writeFileSync(file, text);
      const [fault = ''] = faultsOf(() => readSettings(file, stationSettingsSchema));
      expect(fault).toMatch(/^is not JSON( at line 1, column \d+)?$/);
    }
  });

  it('does not let a station talk in the clear to another machine', () => {
    writeFileSync(
      file,
      JSON.stringify({ ...good(), hub: { url: 'mqtt://hub.example:1883', password: newKey() } }),
    );
    expect(faultsOf(() => readSettings(file, stationSettingsSchema))).toEqual([
      'hub.url: use mqtts:// for any host but this machine',
    ]);
  });
});
