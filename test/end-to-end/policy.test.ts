import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Scheme } from '../support/scheme.ts';

let scheme: Scheme;
beforeEach(async () => {
  scheme = await Scheme.create('04A1B2C3', ['--virtual']);
});
afterEach(() => scheme.remove());

function file(name: string, policy: object): string {
  const path = join(scheme.folder, name);
  writeFileSync(path, JSON.stringify(policy));
  return path;
}

it('a policy is checked, replayed, published and shown from the command line', {
  timeout: 120_000,
}, () => {
  const rules = { pointsPerCheckIn: 5, pausePerStationMin: 60, pointsPerDayMax: 20 };
  const policy = file('policy.json', {
    ...rules,
    night: { from: '22:00', to: '05:00', points: 2 },
  });
  const faulty = file('faulty.json', { ...rules, pointsPerCheckIn: -1, night: { from: '22' } });
  const checked = scheme.askHub('policy', 'check', faulty, '--json');
  expect(checked.status).toBe(1);
  const faults: unknown = JSON.parse(checked.stdout);
  expect(faults).toMatchObject({
    faults: [
      expect.stringMatching(/^pointsPerCheckIn: /),
      expect.stringMatching(/^night\.from: /),
      expect.stringMatching(/^night\.to: /),
      expect.stringMatching(/^night\.points: /),
    ],
  });
  const refused = scheme.askHub('policy', 'publish', faulty, '--from', '2999-01-01', '--by', 'A');
  expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status: 2, stdout: '' });
  const past = scheme.askHub('policy', 'publish', policy, '--from', '2020-01-01', '--by', 'A');
  expect(past.status).toBe(2);
  expect(past.stderr).toMatch(
    /^a policy begins on a day to come, and it is \S+: not on 2020-01-01\n$/,
  );

  const span = ['--from', '2026-01-01', '--to', '2026-01-31'];
  expect(JSON.parse(scheme.hubSays('policy', 'replay', policy, ...span, '--json'))).toMatchObject({
    ...{ checkIns: 0, volunteers: [], was: 0, wouldBe: 0 },
  });
  scheme.hubSays('policy', 'publish', policy, '--from', '2999-01-01', '--by', 'Operator 1');
  expect(JSON.parse(scheme.hubSays('policy', 'list', '--json'))).toMatchObject([
    { version: 1, state: 'in-force', until: '2999-01-01', publishedBy: null },
    { version: 2, state: 'to-come', until: null, publishedBy: 'Operator 1' },
  ]);
  expect(scheme.hubSays('policy', 'show', '--day', '2999-01-02')).toContain('夜巡) from 22:00');
  const bounty = scheme.askHub('policy', 'bounty', '--month', '2026-01');
  expect(bounty.stderr).toBe('say who settles it with --by, or use --dry-run\n');
  const month = new Date().toISOString().slice(0, 7);
  expect(scheme.hubSays('policy', 'bounty', '--month', month, '--dry-run')).toContain(
    '0 bounties, 0 points; nothing was transferred',
  );
});
