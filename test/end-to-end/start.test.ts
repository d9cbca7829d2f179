import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { Program } from '../support/program.ts';
import { StationPage } from '../support/virtual-station.ts';

/** What a newcomer runs first, as they run it. */
describe('start.sh', { timeout: 120_000 }, () => {
  let folder: string;
  let mqttPort: number;
  let httpPort: number;
  let stationPort: number;
  const running: Program[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-start-'));
    [mqttPort, httpPort, stationPort] = [await freePort(), await freePort(), await freePort()];
  });
  afterEach(async () => {
    for (const program of running.splice(0)) await program.stop();
    rmSync(folder, { recursive: true });
  });

  const args = (): string[] => [
    ...['--data', join(folder, 'data'), '--mqtt-port', `${mqttPort}`],
    ...['--http-port', `${httpPort}`, '--station-port', `${stationPort}`],
  ];
  const start = async (): Promise<Program> => {
    const program = await Program.startScript('scripts/start.sh', args(), /Metrics of the hub/);
    running.push(program);
    return program;
  };
  const page = (): StationPage => new StationPage(stationPort);
  const outcomeBecomes = (kind: string) =>
    eventually(`a tap that is ${kind}`, async () => (await page().view()).outcome?.kind === kind);
  const online = () =>
    eventually('the hub', async () => (await page().view()).connection === 'online');

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'makes a demonstration, and ends on %s',
    async (signal) => {
      const program = await start();
      await online();
      const [card] = (await page().view()).cards;
      await page().tap(card?.uid ?? '');
      await outcomeBecomes('credited');
      const metrics = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
      expect(metrics).toMatch(/^yizhan_entries_committed_total [1-9]/m);
      expect(metrics).toMatch(/^yizhan_stations\{state="online"\} 1$/m);
      expect(await program.stop(signal)).toBe(0);
      await expect(page().view()).rejects.toThrow();
      await expect(fetch(`http://127.0.0.1:${httpPort}/healthz`)).rejects.toThrow();
    },
  );

  it("finds yesterday's data, also on other ports", async () => {
    await (await start()).stop();
    [mqttPort, stationPort] = [await freePort(), await freePort()];
    const second = await start();
    expect(second.output).not.toContain('Making a demonstration');
    await online();
    const { cards } = await page().view();
    expect(cards).toHaveLength(3);
    await page().tap(cards[0]?.uid ?? '');
    await outcomeBecomes('credited');
  });

  it.each(['--mqtt-port', '--http-port', '--station-port'])(
    'says in one line that the port of %s is taken',
    async (option) => {
      const taken = await freePort();
      const server = createServer().listen(taken, '127.0.0.1');
      await once(server, 'listening');
      const { status, stderr } = Program.runScript('scripts/start.sh', [
        ...args(),
        option,
        `${taken}`,
      ]);
      server.close();
      expect(stderr).toBe(`Port ${taken} is taken: choose another with ${option}.\n`);
      expect(status).toBe(2);
    },
  );

  it('does not run twice on the same data, and says so in one line', async () => {
    await start();
    [mqttPort, httpPort] = [await freePort(), await freePort()];
    const other = ['--station-port', `${await freePort()}`];
    const { status, stderr } = Program.runScript('scripts/start.sh', [...args(), ...other]);
    expect(stderr).toMatch(/^\S+ is in use: another start runs on it\n$/);
    expect(status).toBe(2);
    await online();
  });

  it.each([
    ['a data folder that is a file', () => ['--data', writtenFile()], /EEXIST|ENOTDIR/],
    ['no number for a port', () => [...args(), '--mqtt-port', 'x'], /expected a port/],
    ['an unknown option', () => ['--nonsense'], /unknown option/],
    ['one port for two things', () => [...args(), '--http-port', `${mqttPort}`], /is taken/],
  ])('ends with exit code 2 and one line on %s', (_what, wrong, reason) => {
    const { status, stderr } = Program.runScript('scripts/start.sh', wrong());
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(reason);
    expect(status).toBe(2);
  });

  it('goes on with the station when the hub dies, and says how to start the hub again', async () => {
    const program = await start();
    await online();
    const hub = [...childrenOf(program.pid)].find((pid) => commandOf(pid).includes('hub/main.ts'));
    process.kill(hub ?? 0, 'SIGKILL');
    await eventually('a word about it', () =>
      /hub ended \(SIGKILL\).*\n.*npm run hub -- start/.test(program.output),
    );
    const { cards } = await page().view();
    await page().tap(cards[0]?.uid ?? '');
    await outcomeBecomes('saved-here');
  });

  it('does not start a hub whose settings ask for TLS: its station would not get through', () => {
    mkdirSync(join(folder, 'data'));
    const tls = { certFile: 'hub.crt', keyFile: 'hub.key' };
    writeFileSync(join(folder, 'data', 'hub.json'), JSON.stringify({ mqtt: { tls } }));
    const { status, stderr } = Program.runScript('scripts/start.sh', args());
    expect(stderr).toMatch(/mqtt\.tls: start\.sh speaks no TLS/);
    expect(status).toBe(2);
  });

  it.each(['--help', '-h'])(
    'names the same options on %s before anything is installed',
    (asked) => {
      cpSync('scripts', join(folder, 'scripts'), { recursive: true });
      const script = join(folder, 'scripts', 'start.sh');
      const bare = spawnSync(script, [asked], { encoding: 'utf8' });
      const { stdout } = Program.runScript('scripts/start.sh', [asked]);
      const named = (text: string) => [...text.matchAll(/--(?!help)[a-z-]+ <\w+>/g)].map(String);
      expect(named(bare.stdout)).toEqual(named(stdout));
      expect(named(stdout)).toContain('--data <dir>');
      expect([bare.status, bare.stderr]).toEqual([0, '']);
      expect(existsSync(join(folder, 'node_modules'))).toBe(false);
    },
  );

  const writtenFile = (): string => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    return file;
  };
});

/** The processes that a process has started, and theirs (proc(5), "children"). */
function* childrenOf(pid: number): Generator<number> {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  for (const child of text === '' ? [] : text.split(' ').map(Number)) {
    yield child;
    yield* childrenOf(child);
  }
}

const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8');
