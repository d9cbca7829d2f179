import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stationTopic } from '../../shared/wire/topics.ts';
import { Program } from '../support/program.ts';
import { Scheme } from '../support/scheme.ts';

const hubMain = 'hub/main.ts';

describe("the hub's command line", { timeout: 60_000 }, () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-commands-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const hub = (...args: string[]) =>
    Program.run(hubMain, [...args, '--data', join(folder, 'data')]);
  const add = (...args: string[]) =>
    hub('station', 'add', 'Station 1', '--out', join(folder, 'station.json'), ...args);

  it('makes nothing of a data folder that is not there', () => {
    for (const command of [['status'], ['alarm', 'list'], ['balance'], ['review', 'list']]) {
      const { status, stderr } = hub(...command);
      expect(stderr).toMatch(/^there is no hub's data in \S+: say where with --data\n$/);
      expect(status).toBe(2);
    }
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it('writes a station file for its owner alone, once, and nothing that a station would refuse', () => {
    expect(add('--url', 'mqtt://far.example').stderr).toMatch(/use mqtts:/);
    expect(add('--ca', join(folder, 'no-such-file')).status).toBe(2);
    expect(existsSync(join(folder, 'station.json'))).toBe(false);
    writeFileSync(join(folder, 'ca.pem'), 'PEM');
    expect(add('--ca', join(folder, 'ca.pem')).stderr).toMatch(/no certificate/);
    expect(hub('volunteer', 'add', ' ').stderr).toMatch(/must not be blank/);
    expect(add('--url', 'mqtts://far.example').status).toBe(0);
    const written = readFileSync(join(folder, 'station.json'), 'utf8');
    expect(JSON.parse(written)).toMatchObject({ hub: { url: 'mqtts://far.example' } });
    expect(statSync(join(folder, 'station.json')).mode & 0o777).toBe(0o600);
    const { status, stderr } = add();
    expect(status).toBe(2);
    expect(stderr).toMatch(/is there already/);
    expect(readFileSync(join(folder, 'station.json'), 'utf8')).toBe(written);
    expect(JSON.parse(hub('station', 'list', '--json').stdout)).toHaveLength(1);
    expect(hub('status').stdout).toMatch(/^The hub is not running/);
    expect(JSON.parse(hub('status', '--json').stdout)).toMatchObject({ hub: 'stopped' });
  });

  it('writes the port of the hub that runs, whatever its settings say', async () => {
    const data = join(folder, 'data');
    const args = ['start', '--data', data, '--mqtt-port', '0', '--http-port', '0'];
    const running = await Program.start(hubMain, args, /hub ready/);
    const port = /MQTT on port (\d+)/.exec(running.output)?.[1];
    expect(add('--virtual').status).toBe(0);
    const written: unknown = JSON.parse(readFileSync(join(folder, 'station.json'), 'utf8'));
    expect(written).toMatchObject({ hub: { url: `mqtt://127.0.0.1:${port}` } });
    await running.stop();
  });

  it('checks hub.json before a start needs it, and says who is not on the ladder', () => {
    expect(hub('check').stdout).toMatch(/by default\n.*\nNobody is on the ladder/);
    mkdirSync(join(folder, 'data'));
    const write = (settings: object) =>
      writeFileSync(join(folder, 'data', 'hub.json'), JSON.stringify(settings));
    const hook = { kind: 'webhook', url: 'http://127.0.0.1:1/', secret: 'sixteen characters' };
    const notifiers = [
      { ...hook, name: 'one' },
      { ...hook, name: 'two' },
    ];
    write({ notifiers, ladder: { steps: [{ afterS: 5, notify: ['one'] }] } });
    expect(hub('check').stdout).toMatch(/after 5 s: one\n.*\nNo step of the ladder tells two\.\n$/);
    write({ notifiers, ladder: { steps: [{ afterS: 5, notify: ['three'] }] }, mqtt: { port: -1 } });
    const { status, stderr } = hub('check');
    expect(stderr).toMatch(/mqtt\.port/);
    expect(status).toBe(2);
  });

  it('finds in hub.json, before a start does, certificates that are none', () => {
    mkdirSync(join(folder, 'data'));
    const tls = { certFile: 'no-such.pem', keyFile: 'no-such.key' };
    const write = (settings: object) =>
      writeFileSync(join(folder, 'data', 'hub.json'), JSON.stringify(settings));
    write({ mqtt: { tls }, stationHttp: { tls } });
    const missing = hub('check');
    for (const door of ['mqtt', 'stationHttp']) {
      expect(missing.stderr).toMatch(new RegExp(`${door}\\.tls\\.keyFile: .*ENOENT`));
    }
    expect(missing.status).toBe(2);
    const ca = '-----BEGIN CERTIFICATE-----\njunk\n-----END CERTIFICATE-----';
    const url = 'https://127.0.0.1/';
    const notifiers = [{ name: 'one', kind: 'webhook', url, secret: 'sixteen characters', ca }];
    write({ notifiers, externalBroker: { url: 'mqtts://far.example', ca } });
    const junk = hub('check');
    expect(junk.stderr).toMatch(/notifiers.*ca.*certificate/);
    expect(junk.stderr).toMatch(/externalBroker\.ca.*certificate/);
    expect(junk.status).toBe(2);
  });

  it('ends quietly when whoever reads its answer has had enough', async () => {
    expect(hub('volunteer', 'add', 'Volunteer 1').status).toBe(0);
    const args = ['--import', 'tsx', hubMain, 'volunteer', 'list', '--data', join(folder, 'data')];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
    });
    child.stdout.destroy();
    const [status]: unknown[] = await once(child, 'close');
    expect(said).toBe('');
    expect(status).toBe(0);
  });

  it('says at once that a folder cannot be made', () => {
    const { status, stderr } = Program.run(hubMain, ['start', '--data', '/proc/no-such/data']);
    expect(stderr).toMatch(/ENOENT/);
    expect(status).toBe(2);
  });

  it('says in help which options are required, and what stands for one that is not given', () => {
    const help = (...args: string[]) => Program.run(hubMain, [...args, '--help']).stdout;
    const resolving = help('alarm', 'resolve').replace(/\s+/g, ' ');
    for (const option of ['by', 'cause', 'note']) {
      expect(resolving).toMatch(new RegExp(`--${option} <[^-]*\\(required\\)`));
    }
    expect(resolving).not.toMatch(/--data <[^-]*\(required\)/);
    expect(help('card', 'add')).toContain('who gives it (default: the name "command line")');
  });

  it('refuses a bad option with exit code 2, and helps with exit code 0', () => {
    expect(hub('alarm', 'acknowledge', '1').status).toBe(2);
    expect(hub('start', '--mqtt-port', '99999').status).toBe(2);
    expect(Program.run(hubMain, ['--help']).status).toBe(0);
    expect(Program.run(hubMain, ['set-aside', 'accept', '--help']).stdout).toMatch(/forked epoch/);
  });
});

describe('who is turned away by the broker', { timeout: 60_000 }, () => {
  it('is counted by reason, in the metrics and in the status', async () => {
    const scheme = await Scheme.create('04A1B2C3', ['--virtual']);
    const hub = await scheme.startHub();
    const httpPort = /HTTP on port (\d+)/.exec(hub.output)?.[1];
    const file: unknown = JSON.parse(readFileSync(scheme.stationFile, 'utf8'));
    const { station, hub: access } = z
      .looseObject({ station: z.string(), hub: z.looseObject({ password: z.string() }) })
      .parse(file);
    const attempt = (clientId: string, username: string, password: string) =>
      connectAsync(scheme.url, {
        ...{ clientId, username, password, protocolVersion: 4, reconnectPeriod: 0 },
      });
    await expect(attempt('st-zzzzzzzz', 'st-zzzzzzzz', 'x'.repeat(20))).rejects.toThrow();
    await expect(attempt(station, station, 'x'.repeat(20))).rejects.toThrow();
    await expect(attempt('somebody', station, access.password)).rejects.toThrow();
    const right = await attempt(station, station, access.password);
    await right.publishAsync(stationTopic('st-00000000', 'journal'), 'x', { qos: 1 });
    await right.endAsync();
    const metrics = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
    const reasons = ['unknown-station', 'wrong-password', 'stolen-name', 'foreign-topic'];
    for (const reason of reasons) {
      expect(metrics).toContain(`yizhan_messages_refused_total{reason="${reason}"} 1`);
    }
    await hub.stop();
    const status = scheme.hubSays('status');
    for (const reason of reasons) expect(status).toContain(`refused, ${reason}: 1`);
    scheme.remove();
  });
});
