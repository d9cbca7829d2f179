import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Program } from '../support/program.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yizhan-privacy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const hub = (...args: string[]) => {
  const { status, stdout, stderr } = Program.run('hub/main.ts', [...args, '--data', folder]);
  return { status, text: status === 0 ? stdout : stderr };
};
const by = ['--by', 'Operator A', '--reason', 'they asked for it'];

it('an operator exports what is held on a volunteer, erases it, and the books still add up', () => {
  const volunteer = hub('volunteer', 'add', 'Volunteer 1').text.trim();
  hub('card', 'add', '--volunteer', volunteer, '--uid', '04A1B2C3');
  const correction = ['--volunteer', volunteer, '--points', '80', '--reason', 'x', '--by', 'A'];
  hub('points', 'correct', ...correction);
  const file = join(folder, 'person.json');
  expect(hub('privacy', 'export', volunteer, '--out', file, ...by).text).toBe(
    `all that is held on ${volunteer} is in ${file}\n`,
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    volunteer,
    held: { person: { name: 'Volunteer 1' }, points: { balance: 80 } },
  });
  expect(hub('privacy', 'erase', volunteer, '--by', 'Operator A').text).toContain('--reason');
  expect(hub('privacy', 'erase', volunteer, ...by).text).toContain(`${volunteer} is erased`);
  expect(hub('volunteer', 'list').text).toMatch(/\(erased\) +80 +0 +erased/);
  expect(hub('volunteer', 'export', '--out', join(folder, 'list.csv'), '--by', 'A').status).toBe(0);
  expect(readFileSync(join(folder, 'list.csv'), 'utf8')).not.toContain(volunteer);
  expect(hub('privacy', 'erase', volunteer, ...by)).toEqual({
    status: 2,
    text: `${volunteer} was erased already\n`,
  });
  expect(hub('audit')).toMatchObject({ status: 0 });
}, 120_000);

const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
/** What the hub runs when the time has come. */
const night = `
import { nightlyProcess } from ${module('../../hub/nightly/nightly-process.ts')};
import { createLog } from ${module('../../shared/log.ts')};
await nightlyProcess(process.argv[2], createLog('hub'), new AbortController().signal);
`;

it('the nightly work is done by hand, and by the hub in a process of its own', () => {
  writeFileSync(join(folder, 'hub.json'), JSON.stringify({ privacy: { checkInDays: 30 } }));
  expect(hub('nightly')).toMatchObject({ status: 2, text: expect.stringContaining('checkInDays') });
  writeFileSync(join(folder, 'hub.json'), JSON.stringify({ privacy: { checkInDays: 90 } }));
  hub('volunteer', 'add', 'Volunteer 1');
  expect(hub('nightly', '--by', 'Operator A').text).toMatch(/\nretention: days 90, before \d{4}-/);
  const script = join(folder, 'night.mjs');
  writeFileSync(script, night);
  const run = (data: string) =>
    spawnSync(process.execPath, ['--import', 'tsx', script, data], {
      ...{ encoding: 'utf8', timeout: 60_000 },
    });
  const { status, stderr } = run(folder);
  const lines = stderr.trim().split('\n');
  expect(status).toBe(0);
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ job: 'retention', did: expect.objectContaining({ checkIns: 0 }) }),
  );
  expect(run(join(folder, 'nothing')).stderr).toContain(
    "NightlyFailed: ended with 2: there is no hub's data",
  );
}, 120_000);
