import { cpSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Program } from '../support/program.ts';
import { Scheme } from '../support/scheme.ts';
import { VirtualStation } from '../support/virtual-station.ts';

const uid = '04A1B2C3';
const other = '04A1B2C4';
const forksSchema = z.array(
  z.object({ station: z.string(), epoch: z.string(), entries: z.int() }).loose(),
);

describe('a memory card that was put back to an old image', { timeout: 120_000 }, () => {
  let scheme: Scheme;
  let hub: Program;
  let station: VirtualStation;

  const journal = (): string => {
    const settings: unknown = JSON.parse(readFileSync(scheme.stationFile, 'utf8'));
    const { dataDir } = z.looseObject({ dataDir: z.string() }).parse(settings);
    return join(dirname(scheme.stationFile), dataDir);
  };
  const restart = async (): Promise<void> => {
    station = await VirtualStation.start(scheme.stationFile);
  };

  beforeEach(async () => {
    scheme = await Scheme.create(uid, ['--virtual']);
    hub = await scheme.startHub();
    await restart();
    await station.light('all-well');
  }, 120_000);
  afterEach(async () => {
    for (const part of [station, hub]) await part?.stop();
    scheme.remove();
  });

  it('is noticed: what it brings is set aside, the station goes on, and a person decides', async () => {
    await station.stop();
    const image = `${journal()}-image`;
    cpSync(journal(), image, { recursive: true });
    await restart();
    await station.tap(uid);
    await station.light('credited');
    await station.stop();
    rmSync(journal(), { recursive: true });
    cpSync(image, journal(), { recursive: true });

    await restart();
    await station.tap(other);
    await station.light('all-well');
    await station.tap(uid);
    await station.light('no-points');
    await station.press(1200);
    await station.light('alarm-stored');
    scheme.hubSays(
      'alarm',
      'resolve',
      '1',
      '--by',
      'Operator 1',
      '--cause',
      'test',
      '--note',
      'tried out',
    );
    await station.light('all-well');

    expect(scheme.hubSays('status')).toMatch(/set aside: (1 entry|\d+ entries) of st-/);
    const forks = forksSchema.parse(JSON.parse(scheme.hubSays('set-aside', 'list', '--json')));
    expect(forks).toHaveLength(1);
    const [{ station: id, epoch } = { station: '', epoch: '' }] = forks;
    const why = ['--by', 'Operator 1', '--reason', 'the card was put back'];
    scheme.hubSays('set-aside', 'accept', id, epoch, ...why);
    expect(scheme.hubSays('set-aside', 'list')).toBe('nothing is set aside');
    expect(scheme.balance()).toBe(10);
    expect(await station.stop()).toBe(0);
  });
});
