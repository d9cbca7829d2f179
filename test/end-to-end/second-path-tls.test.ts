import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { writeSettings } from '../../shared/settings/settings-file.ts';
import { TestAuthority } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { Scheme } from '../support/scheme.ts';
import { VirtualStation } from '../support/virtual-station.ts';

const uid = '04A1B2C3';
const settingsSchema = z.looseObject({ hub: z.looseObject({ url: z.string() }) });
const shownSchema = z.looseObject({
  history: z.array(z.looseObject({ event: z.string(), text: z.string() })),
});

describe('programs with a second path', { timeout: 120_000 }, () => {
  let authority: TestAuthority;
  let scheme: Scheme;
  let port: number;
  const open: { stop(): Promise<unknown> }[] = [];
  beforeEach(async () => {
    authority = new TestAuthority();
    port = await freePort();
    const door = ['--second-path', `https://127.0.0.1:${port}`];
    const ca = ['--ca', join(authority.folder, 'ca.pem')];
    scheme = await Scheme.create(uid, ['--virtual', ...door, ...ca]);
    const { certFile, keyFile } = authority;
    const stationHttp = { host: '0.0.0.0', port, tls: { certFile, keyFile } };
    writeSettings(join(scheme.folder, 'hub.json'), { stationHttp });
  });
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.stop();
    scheme.remove();
    authority.remove();
  });

  it('bring the alarm over HTTPS, and show by which path it came', async () => {
    const hub = await scheme.startHub();
    open.push(hub);
    expect(hub.output).toContain(`alarms on port ${port}`);
    const settings = settingsSchema.parse(JSON.parse(readFileSync(scheme.stationFile, 'utf8')));
    const url = `mqtt://127.0.0.1:${await freePort()}`;
    writeSettings(scheme.stationFile, { ...settings, hub: { ...settings.hub, url } });
    const station = await VirtualStation.start(scheme.stationFile);
    open.push(station);
    await station.press(1500);
    await station.light('alarm-stored');
    const text = await eventually('the leg', () => {
      const shown = scheme.hubSays('alarm', 'show', '1');
      return shown.includes('path') && shown;
    });
    expect(text).toMatch(/^alarm 1 {2}raised {2}Station 1 st-/);
    expect(text).toMatch(/ {2}path {2}https: sent \d+ ms after the gesture, stored \d+ ms after/);
    const { history } = shownSchema.parse(
      JSON.parse(scheme.hubSays('alarm', 'show', '1', '--json')),
    );
    expect(history.map(({ event }) => event)).toEqual(['raised', 'stored', 'path']);
  });

  it('try it in a test, and say what came of it', async () => {
    open.push(await scheme.startHub());
    const station = await VirtualStation.start(scheme.stationFile);
    await station.light('all-well');
    const id = /st-\w{8}/.exec(scheme.hubSays('station', 'list'))?.[0] ?? '';
    expect(scheme.hubSays('station', 'test', id)).toMatch(
      /^test 1: the hub has the test of st-\w+, \d+ ms .*; no alarm was raised\n {2}https in \d+ ms$/,
    );
    await station.stop();
    const settings = settingsSchema.parse(JSON.parse(readFileSync(scheme.stationFile, 'utf8')));
    const url = `https://127.0.0.1:${await freePort()}`;
    writeSettings(scheme.stationFile, { ...settings, secondPath: { url } });
    open.push(await VirtualStation.start(scheme.stationFile));
    const failed = await eventually('the station is back', () => {
      const asked = scheme.askHub('station', 'test', id);
      return asked.status !== 2 && asked;
    });
    expect(failed.status).toBe(1);
    expect(failed.stdout).toMatch(
      /no alarm was raised\n {2}https does not answer: ECONNREFUSED\n$/,
    );
    expect(scheme.hubSays('trouble', 'list')).toMatch(
      /^\d+ +second-path https {2}Station 1 {2}\d.* {2}ECONNREFUSED$/m,
    );
    expect(scheme.hubSays('status')).toMatch(/Station 1 .* second-path /);
    expect(scheme.hubSays('station', 'tests')).toMatch(
      /^2 +st-\w+ {2}command line {2}\S+ \S+ {2}\S+ \S+ {2}on its light in time {2}https does not answer: ECONNREFUSED\n1 .* on its light in time {2}https in \d+ ms\nTimes: /m,
    );
  });

  it('name what is wrong in one line: no such alarm, a door that is taken, an address that is none', async () => {
    open.push(await scheme.startHub());
    const missing = scheme.askHub('alarm', 'show', '7');
    expect([missing.status, missing.stderr]).toEqual([2, 'there is no alarm 7\n']);
    const out = ['--out', join(scheme.folder, 'other', 'station.json')];
    const bad = scheme.askHub('station', 'add', 'Station 2', ...out, '--second-path', 'http://hub');
    expect(bad.status).toBe(2);
    expect(bad.stderr).toBe(
      '--second-path: expected https://host:port (http:// for this machine only)\n',
    );
    const other = await Scheme.create(uid, ['--virtual']);
    const tls = { certFile: authority.certFile, keyFile: authority.keyFile };
    writeSettings(join(other.folder, 'hub.json'), {
      stationHttp: { host: '0.0.0.0', port, tls },
    });
    const taken = other.askHub('start', '--mqtt-port', '0', '--http-port', '0');
    other.remove();
    expect(taken.status).toBe(2);
    expect(taken.stderr).toContain(
      `Alarm port ${port} is taken: choose another with stationHttp.port in hub.json.`,
    );
  });
});
