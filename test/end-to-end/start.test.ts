import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
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

  it.each(['SIGINT', 'SIGTERM'] as const)(
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
});
