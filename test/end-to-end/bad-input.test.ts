import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FeedListener } from '../support/feed-listener.ts';
import { Program } from '../support/program.ts';
import { Scheme } from '../support/scheme.ts';
import { VirtualStation } from '../support/virtual-station.ts';

const uid = '04A1B2C3';
const settingsSchema = z.looseObject({ dataDir: z.string() });

describe('settings that cannot be used', { timeout: 120_000 }, () => {
  let scheme: Scheme;
  beforeEach(async () => {
    scheme = await Scheme.create(uid, ['--virtual']);
  });
  afterEach(() => scheme.remove());

  const breakStation = (change: (text: string) => string): void =>
    writeFileSync(scheme.stationFile, change(readFileSync(scheme.stationFile, 'utf8')));
  const station = () => Program.run('device/main.ts', ['--settings', scheme.stationFile]);

  it('stop a station with exit code 2 and all their faults, none of its secrets', () => {
    const { macKey } = z
      .looseObject({ macKey: z.string() })
      .parse(JSON.parse(readFileSync(scheme.stationFile, 'utf8')));
    breakStation((text) =>
      text.replace(/"station": "[^"]*"/, '"station": "7"').replace('mqtt://127.0.0.1', 'ftp://far'),
    );
    const { status, stdout, stderr } = station();
    expect(status).toBe(2);
    expect(stderr).toContain(`${scheme.stationFile} cannot be used:`);
    expect(stderr).toMatch(/- station: .*\n(.*\n)*.*- hub\.url: /);
    expect(stdout + stderr).not.toContain(macKey);
  });

  it('stop a station with exit code 2 when they are no JSON, or are not there', () => {
    breakStation((text) => text.slice(0, -10));
    expect(station().status).toBe(2);
    const { status, stderr } = Program.run('device/main.ts', ['--settings', 'nowhere.json']);
    expect(status).toBe(2);
    expect(stderr).toContain('there is no such file');
  });

  it('stop a hub with exit code 2 and all their faults', () => {
    const settings = { mqtt: { host: '0.0.0.0', port: 99_999 }, timeZone: 'Mars/Base', more: 1 };
    writeFileSync(join(scheme.folder, 'hub.json'), JSON.stringify(settings));
    const { status, stderr } = scheme.askHub('start');
    expect(status).toBe(2);
    for (const fault of ['mqtt', 'mqtt.port', 'timeZone', 'more'])
      expect(stderr, fault).toContain(fault);
  });
});

describe('a station whose journal was damaged', { timeout: 120_000 }, () => {
  let scheme: Scheme;
  let hub: Program;
  let feed: FeedListener;
  let station: VirtualStation;

  const dataDir = (): string => {
    const settings = settingsSchema.parse(JSON.parse(readFileSync(scheme.stationFile, 'utf8')));
    return join(dirname(scheme.stationFile), settings.dataDir);
  };
  const journalFile = (): string => join(dataDir(), 'journal.db');

  beforeEach(async () => {
    scheme = await Scheme.create(uid, ['--virtual']);
    hub = await scheme.startHub();
    station = await VirtualStation.start(scheme.stationFile);
    await station.light('all-well');
    await station.tap(uid);
    await station.light('credited');
    await station.stop();
    const { size } = statSync(journalFile());
    writeFileSync(journalFile(), Buffer.alloc(size, 'damage'));
    feed = await FeedListener.start(scheme.mqttPort);
    station = await VirtualStation.start(scheme.stationFile);
  }, 120_000);
  afterEach(async () => {
    for (const part of [station, feed, hub]) await part?.stop();
    scheme.remove();
  });

  it('says so by its light, its log, its health and on the feed, and keeps the damaged file', async () => {
    await station.light('fault');
    expect((await station.view()).parts.journal).toBe('fault');
    expect(station.program.output).toContain('a damaged journal was set aside');
    await expect
      .poll(() => feed.messages('station'), { timeout: 20_000 })
      .toContainEqual(expect.objectContaining({ state: 'fault-begun', part: 'journal' }));
    await expect
      .poll(() => scheme.hubSays('status'), { timeout: 20_000 })
      .toMatch(/ online .* ready +ready +fault /);
    const aside = readdirSync(dataDir()).filter((name) => /^journal\.damaged-.*\.db$/.test(name));
    expect(aside).toHaveLength(1);
    expect(readFileSync(join(dataDir(), aside[0] ?? ''), 'utf8')).toContain('damage');
  });

  it('goes on with taps and alarms in a new epoch', async () => {
    await station.light('fault');
    await station.tap(uid);
    await station.light('no-points');
    await station.press(1200);
    await station.light('alarm-stored');
    expect(scheme.hubSays('alarm', 'list')).toMatch(/^1 +raised/m);
    expect(scheme.balance()).toBe(10);
  });
});
