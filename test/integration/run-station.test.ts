import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Program } from '../support/program.ts';
import { Scheme } from '../support/scheme.ts';

const sources = ['device', 'shared', 'scripts/run-station.js', 'package.json', 'package-lock.json'];

/** A copy of the program, so that the test may change it, with a cache of its own. */
describe('the station, compiled ahead', { timeout: 60_000 }, () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-run-'));
    for (const path of sources) cpSync(path, join(folder, path), { recursive: true });
    mkdirSync(join(folder, 'node_modules'));
    for (const name of readdirSync('node_modules').filter((entry) => entry !== '.cache')) {
      symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name));
    }
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['scripts/run-station.js', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });

  const compiled = () => readdirSync(join(folder, 'node_modules/.cache/yizhan'));

  it('ends with the exit code and the line that its sources give', () => {
    const file = join(folder, 'none.json');
    const { status, stderr } = run('--settings', file);
    expect(status).toBe(2);
    expect(stderr).toBe(`${file} cannot be used:\n  - there is no such file\n`);
  });

  it('finds what lies beside its sources: the page of the virtual unit', async () => {
    const scheme = await Scheme.create('04A1B2C3', ['--virtual']);
    const args = ['--settings', scheme.stationFile, '--virtual', '--station-port', '0'];
    const main = join(folder, 'scripts/run-station.js');
    const station = await Program.startNode([main, ...args], /virtual station: http/);
    const [url = ''] = /http:\S+/.exec(station.output) ?? [];
    const page = await (await fetch(url)).text();
    expect(page).toBe(readFileSync('device/virtual-unit/page/page.html', 'utf8'));
    expect(await station.stop()).toBe(0);
    scheme.remove();
  });

  it('is compiled again when a source has changed', () => {
    expect(run('--help').stdout).toContain('Runs a relay station');
    const main = join(folder, 'device/main.ts');
    const text = readFileSync(main, 'utf8');
    writeFileSync(main, text.replace('Runs a relay station', 'Runs a changed station'));
    expect(run('--help').stdout).toContain('Runs a changed station');
    expect(compiled()).toHaveLength(1);
  });

  it('is not compiled again when none has', () => {
    run('--help');
    const [name = ''] = compiled();
    const file = join(folder, 'node_modules/.cache/yizhan', name);
    writeFileSync(file, readFileSync(file, 'utf8').replace('Runs a relay', 'Runs the same'));
    expect(run('--help').stdout).toContain('Runs the same station');
  });

  it('runs all the same where it cannot be compiled ahead', () => {
    writeFileSync(join(folder, 'node_modules/.cache'), 'in the way');
    const { stdout, stderr } = run('--help');
    expect(stdout).toContain('Runs a relay station');
    expect(stderr).toMatch(/^not compiled ahead/);
  });
});
