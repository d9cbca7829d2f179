import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Program } from '../support/program.ts';

it('people are added, listed, paused, imported and exported by commands', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yizhan-people-'));
  const hub = (...args: string[]) =>
    Program.run('hub/main.ts', [...args, '--data', join(folder, 'data')]);
  try {
    const fields = ['--language', '韩文', '--roles', '网格长,guard', '--display-name', '平安'];
    const id = hub('volunteer', 'add', 'Volunteer 1', ...fields).stdout.trim();
    const names = ['--zh', '"阿妈妮"巡逻队', '--en', 'Amani Patrol', '--ko', '어머니 순찰대'];
    expect(hub('team', 'add', ...names).stdout).toMatch(/^tm-/);
    expect(hub('team', 'add-member', 'amani patrol', id).status).toBe(0);
    expect(hub('volunteer', 'pause', id).stderr).toMatch(/--by/);
    expect(hub('volunteer', 'pause', id, '--by', 'Operator 1').status).toBe(0);
    expect(JSON.parse(hub('volunteer', 'show', id, '--json').stdout)).toMatchObject({
      ...{ language: 'ko', roles: ['grid-leader', 'property-guard'], displayName: '平安' },
      ...{ state: 'paused', teams: [{ name: { en: 'Amani Patrol' } }] },
    });

    const list = join(folder, 'list.csv');
    writeFileSync(list, '工号;姓名;卡号\r\nA1;李某;04A1B2C3\r\nA2; ;\r\n');
    const dryRun = hub('volunteer', 'import', list, '--dry-run');
    expect(dryRun.stdout).toMatch(/^line 3: a name must not be blank\n/);
    expect(dryRun.stdout).toMatch(/nothing was changed \(--dry-run\)/);
    expect(dryRun.status).toBe(2);
    expect(hub('volunteer', 'import', list).stderr).toMatch(/--by/);
    const args = ['--by', 'Operator 1', '--skip-bad', '--json'];
    const taken = hub('volunteer', 'import', list, ...args);
    expect(JSON.parse(taken.stdout)).toMatchObject({ added: 1, cards: 1, applied: true });
    expect(taken.stderr).toBe('');
    expect(taken.status).toBe(0);

    const out = join(folder, 'out.csv');
    const written = ['--out', out, '--encoding', 'gb18030', '--language', 'zh'];
    expect(hub('volunteer', 'export', ...written).stdout).toMatch(/^2 volunteers written/);
    expect(new TextDecoder('gb18030').decode(readFileSync(out))).toContain('"李某"');
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(hub('volunteer', 'export', ...written).stderr).toMatch(/EEXIST/);
    expect(hub('volunteer', 'import', out, '--by', 'Operator 1').stdout).toMatch(/unchanged: 2/);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
