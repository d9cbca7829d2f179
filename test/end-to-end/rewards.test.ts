import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Program } from '../support/program.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yizhan-rewards-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const hub = (...args: string[]) => {
  const { status, stdout, stderr } = Program.run('hub/main.ts', [...args, '--data', folder]);
  return { status, text: status === 0 ? stdout : stderr };
};

it('an operator adds a reward, redeems it for a volunteer and hands it out', () => {
  const volunteer = hub('volunteer', 'add', 'Volunteer 1').text.trim();
  const names = ['--zh', '雨伞', '--en', 'Umbrella', '--ko', '우산'];
  const by = ['--by', 'Operator A'];
  const terms = ['--cost', '30', '--stock', '2', '--person-max', '1', '--per', 'month'];
  expect(hub('reward', 'add', ...names, ...terms, ...by)).toEqual({
    status: 0,
    text: 'reward 1\n',
  });
  const redeem = () => hub('redeem', '1', '--volunteer', volunteer, ...by);
  hub('points', 'correct', '--volunteer', volunteer, '--points', '80', '--reason', 'x', ...by);
  const { text } = redeem();
  expect(text).toMatch(/^redemption 1: 30 points set aside, the balance is now 50\npick-up code: /);
  const [, code = ''] = /code: (\w{6})\n$/.exec(text) ?? [];
  expect(hub('reward', 'list').text).toBe(
    [
      'id  reward    points  in stock  reserved  handed out  conditions            state',
      '1   Umbrella  30      1         1         0           1 a person and month  offered\n',
    ].join('\n'),
  );
  const open = hub('redemption', 'list', '--open', '--language', 'ko').text;
  expect(open).toMatch(
    /^id .*\n1 +\d{4}-\d\d-\d\d {2}reserved {2}vo-\S+ {2}Volunteer 1 {2}우산 +30 +Operator A$/m,
  );
  expect(open).not.toContain(code);
  expect(hub('redemption', 'hand-out', code, ...by).text).toContain('雨伞 / Umbrella / 우산');
  const late = hub('redemption', 'cancel', '1', '--reason', 'x', ...by, '--json');
  expect(late).toEqual({
    status: 2,
    text: 'redemption 1 was handed out already, by Operator A\n',
  });
  const change = (...args: string[]) => hub('reward', 'change', '1', ...args, ...by);
  expect(change('--per', 'year').text).toContain('say both');
  expect(hub('audit')).toMatchObject({ status: 0 });
}, 120_000);
