import { readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AlarmReserve, reserveBytes } from '../../device/journal/alarm-reserve.ts';
import { Journal } from '../../device/journal/journal.ts';
import { writeDurably } from '../../shared/settings/durable-file.ts';
import { eventually } from '../support/eventually.ts';
import { diskReserveBytes, LoneStation, macKey } from '../support/lone-station.ts';
import { ModelHub } from '../support/model-hub.ts';
import { MountedDisk } from '../support/mounted-disk.ts';

const entrySchema = z.looseObject({ type: z.string(), part: z.string().optional() });
let disk: MountedDisk;
let hub: ModelHub;
let station: LoneStation;

/** What a lane holds on disk, as `type` or, of a fault, `part state`. */
const entries = (journal: Journal, lane: 'alarm' | 'routine' = 'routine'): string[] =>
  journal.read(lane, 1, 10_000).map(({ text }) => {
    const { type, part, state } = entrySchema.parse(JSON.parse(text));
    return part === undefined ? type : `${part} ${state}`;
  });

const alarm = () =>
  station.brain.dispatch({ type: 'append-again', draft: { type: 'alarm', gesture: 'hold' } });
const times = (count: number, what: () => void): void => {
  for (let done = 0; done < count; done += 1) what();
};

const end = async (): Promise<void> => {
  await station.stop();
  disk.unmount();
};

describe('a disk that fills up', () => {
  beforeEach(() => {
    disk = MountedDisk.tmpfs(48);
    hub = new ModelHub(macKey);
    station = new LoneStation(disk.folder, hub);
    station.disk.look();
  });
  afterEach(end);

  it('has room for alarms that is really set aside', () => {
    expect(station.reserve.held).toBe(true);
    const file = join(disk.folder, 'journal.reserve');
    expect(statSync(file).blocks * 512).toBeGreaterThanOrEqual(reserveBytes);
    truncateSync(file, 0);
    truncateSync(file, reserveBytes);
    expect(station.reserve.held).toBe(false);
    station.disk.look();
    expect(station.reserve.held).toBe(true);
  });

  it('refuses taps in time, with light and fault, and takes them again when there is room', () => {
    station.tap();
    expect(station.light).toBe('on-disk');
    disk.fill(diskReserveBytes - 4096);
    station.disk.look();
    station.tap();
    expect(station.light).toBe('refused');
    expect(station.brain.state.parts.disk).toBe('fault');
    expect(entries(station.keeper.journal)).toEqual(['check-in', 'disk begun']);
    disk.free();
    disk.fill(diskReserveBytes + 4096);
    station.disk.look();
    expect(station.brain.state.parts.disk, 'a little more room').toBe('fault');
    disk.free();
    station.disk.look();
    station.tap();
    expect(station.light).toBe('on-disk');
    expect(entries(station.keeper.journal).slice(2)).toEqual(['disk ended', 'check-in']);
  });

  it('takes a thousand alarms when not a byte is left', () => {
    station.tap();
    disk.fill();
    station.tap();
    expect(station.light).toBe('refused');
    expect(station.brain.state.parts.disk).toBe('fault');
    const { epoch } = station.keeper.journal;
    times(1000, () => {
      alarm();
      // Others go on writing meanwhile, a quarter of the room.
      disk.fill(0.75 * reserveBytes);
    });
    expect(station.keeper.durable).toBe(true);
    expect(station.keeper.journal.epoch).toBe(epoch);
    expect(entries(station.keeper.journal, 'alarm')).toHaveLength(1000);
    expect(station.reserve.held).toBe(false);
    disk.free();
    disk.fill(1.5 * reserveBytes);
    station.disk.look();
    expect(station.reserve.held, 'while alarms may still need the room').toBe(false);

    disk.free();
    station.disk.look();
    expect(station.reserve.held).toBe(true);
    station.tap();
    expect(entries(station.keeper.journal).filter((entry) => entry === 'check-in')).toHaveLength(2);
  });

  it('leaves an alarm that finds no room at all to go out from memory, and what was taken where it is', async () => {
    await station.connect();
    const { epoch } = station.keeper.journal;
    times(3, () => station.tap());
    await eventually('the taps are there', () => hub.committed(epoch, 'routine').length === 3);
    rmSync(join(disk.folder, 'journal.reserve'));
    disk.fill();
    times(20, () => station.tap());
    const taken = entries(station.keeper.journal).length;
    alarm();
    expect(station.keeper.durable).toBe(false);
    await eventually('the alarm is there', () => {
      const next = station.keeper.journal.epoch;
      return hub.committed(next, 'alarm').length === 1;
    });
    expect(station.brain.state.parts.journal).toBe('fault');
    disk.free();
    const journal = new Journal(join(disk.folder, 'journal.db'));
    expect(journal.epoch).toBe(epoch);
    expect(journal.last('routine')).toBe(taken);
    journal.close();
  });

  it('is no reason to set a sound journal aside at the start', async () => {
    times(3, () => station.tap());
    const { epoch } = station.keeper.journal;
    await station.stop();
    disk.fill();
    station = new LoneStation(disk.folder, hub);
    expect(station.keeper.journal.epoch).toBe(epoch);
    expect(station.keeper.damagedFiles()).toEqual([]);
    alarm();
    expect(station.keeper.durable).toBe(true);
    await station.stop();
    rmSync(join(disk.folder, 'journal.reserve'), { force: true });
    disk.fill();
    station = new LoneStation(disk.folder, hub);
    expect(station.keeper.damagedFiles()).toEqual([]);
  });
});

describe('a disk that takes only the beginning of a file', () => {
  beforeEach(() => {
    disk = MountedDisk.tmpfs(16);
  });
  afterEach(() => disk.unmount());

  it('leaves the file as it was, and nothing beside it', () => {
    const file = join(disk.folder, 'station.json');
    writeDurably(file, 'good');
    disk.fill(8192);
    expect(() => writeDurably(file, 'x'.repeat(9009))).toThrow(/ENOSPC/);
    expect(readFileSync(file, 'utf8')).toBe('good');
    expect(readdirSync(disk.folder).sort()).toEqual(['filler', 'station.json']);
    writeDurably(file, 'y'.repeat(8192));
    expect(statSync(file).size).toBe(8192);
  });

  it('sets no part of the room for alarms aside', () => {
    disk.fill(reserveBytes - 4096);
    const reserve = new AlarmReserve(disk.folder);
    expect(() => reserve.make()).toThrow(/ENOSPC/);
    expect(readdirSync(disk.folder)).toEqual(['filler']);
    expect(reserve.held).toBe(false);
  });
});

describe('a disk that the kernel no longer trusts', () => {
  beforeEach(() => {
    disk = MountedDisk.ext4(48);
    hub = new ModelHub(macKey);
    station = new LoneStation(disk.folder, hub);
    station.disk.look();
  });
  afterEach(end);

  it('refuses taps, delivers what it holds, and lets alarms go out from memory', async () => {
    times(5, () => station.tap());
    const { epoch } = station.keeper.journal;
    disk.breakDown();
    await eventually('it is read-only', () => disk.isReadOnly);
    station.tap();
    expect(station.light).toBe('refused');
    expect(station.brain.state.parts.journal).toBe('fault');
    expect(station.keeper.journal.epoch).toBe(epoch);
    await station.connect();
    await eventually('the taps are there', () => hub.committed(epoch, 'routine').length === 5);
    alarm();
    expect(station.keeper.durable).toBe(false);
    await eventually('the alarm is there', () => {
      const next = station.keeper.journal.epoch;
      return hub.committed(next, 'alarm').length === 1;
    });
    expect(station.light).toBe('alarm-stored');
  });
});
