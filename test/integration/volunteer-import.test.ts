import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ImportOptions,
  importRowsMax,
  importVolunteers,
} from '../../hub/app/import-volunteers.ts';
import { addTeam } from '../../hub/app/teams.ts';
import { listVolunteers } from '../../hub/app/volunteers.ts';
import { cardToken } from '../../shared/card-token.ts';
import { IngestHub, Past } from '../support/ingest-hub.ts';

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

const by = { by: 'Operator 1', atMs: Date.parse('2026-03-02T00:00:00Z') };
const read = (text: string | Uint8Array, more: Partial<ImportOptions> = {}) =>
  importVolunteers(hub.store, typeof text === 'string' ? Buffer.from(text) : text, {
    ...by,
    ...more,
  });
const named = async (name: string) => {
  const found = (await listVolunteers(hub.store)).find((one) => one.name === name);
  if (!found) throw new Error(`${name} is not there`);
  return found;
};
const team = () =>
  addTeam(
    hub.store,
    { zh: '"阿妈妮"巡逻队', en: 'Amani Patrol', ko: '어머니 순찰대' },
    'Operator 1',
  );

describe('a list of volunteers', () => {
  it.each([
    ['zh', '姓名,工号,语言,身份,队伍,状态\r\n李某,A1,韩语,网格长、保安,阿妈妮巡逻队,暂停\r\n'],
    [
      'en',
      'Name;External ID;Language;Roles;Teams;State\n李某;A1;ko;Guard, grid leader;amani patrol;paused\n',
    ],
    [
      'ko',
      '이름\t외부번호\t언어\t역할\t팀\t상태\n李某\tA1\t한국어\t구역장; 경비원\t어머니 순찰대\t활동 중지\n',
    ],
  ])('is read with headings and words in %s', async (_, text) => {
    const id = await team();
    expect(await read(text)).toMatchObject({ added: 1, bad: [], notTaken: [], applied: true });
    expect(await named('李某')).toMatchObject({
      ...{ externalId: 'A1', language: 'ko', roles: ['grid-leader', 'property-guard'] },
      ...{ teams: [id], state: 'paused', displayName: null },
    });
  });

  it('is read as Chinese Windows writes it, and as Korean Windows does when that is said', async () => {
    // 姓名,工号 / 李,1 in GBK; 이름 / 김 in EUC-KR.
    const gbk = Buffer.from('d0d5c3fb2cb9a4bac50d0ac0ee2c310d0a', 'hex');
    expect(await read(gbk)).toMatchObject({ encoding: 'gb18030', added: 1 });
    expect(await named('李')).toMatchObject({ externalId: '1' });
    const korean = Buffer.from('c0ccb8a70d0ab1e80d0a', 'hex');
    await expect(read(korean)).rejects.toThrow('say the right --encoding');
    expect(await read(korean, { encoding: 'euc-kr' })).toMatchObject({ added: 1 });
    expect(await named('김')).toMatchObject({ externalId: null });
    await expect(read(Uint8Array.of(0x81, 0, 0xff))).rejects.toThrow(
      'not text in UTF-8 or GB18030',
    );
  });

  it('changes nothing when it is read again', async () => {
    const text = 'external-id,name,card-uid,roles\nA1,One,04000001,guard\nA2,Two,,\n';
    expect(await read(text)).toMatchObject({ added: 2, cards: 1, unchanged: 0 });
    const before = await listVolunteers(hub.store);
    const actions = () => hub.store.db.selectFrom('operator_action').select('action').execute();
    const noted = (await actions()).length;
    expect(await read(text)).toMatchObject({ added: 0, changed: 0, cards: 0, unchanged: 2 });
    expect(await listVolunteers(hub.store)).toEqual(before);
    expect((await actions()).slice(noted)).toEqual([{ action: 'volunteer import' }]);
  });

  it('is taken by no dry run, however good it is', async () => {
    const text = 'name,card-uid\nOne,04000001\n';
    const report = await read(text, { dryRun: true });
    expect(report).toMatchObject({ added: 1, cards: 1, bad: [], applied: false });
    expect(await listVolunteers(hub.store)).toHaveLength(1);
    expect(await read(text)).toEqual({ ...report, applied: true });
  });

  it('changes what its columns say, and leaves what they do not', async () => {
    await read('external-id,name,display-name,roles\nA1,One,Alias,guard\n');
    const { id } = await named('One');
    expect(await read(`id,language\n${id},ko\n`)).toMatchObject({ changed: 1 });
    expect(await named('One')).toMatchObject({ displayName: 'Alias', language: 'ko' });
    expect(await read('external-id,display-name,language\nA1,,\n')).toMatchObject({ changed: 1 });
    expect(await named('One')).toMatchObject({ displayName: null, language: 'ko' });
  });

  it('pauses and resumes', async () => {
    await read('external-id,name,state\nA1,One,paused\n');
    expect(await named('One')).toMatchObject({ state: 'paused' });
    expect(await read('external-id,state\nA1,\n')).toMatchObject({ unchanged: 1 });
    expect(await read('external-id,state\nA1,active\n')).toMatchObject({ changed: 1 });
    expect(await named('One')).toMatchObject({ state: 'active' });
  });
});

describe('bad rows of a list', () => {
  const text = [
    'id,external-id,name,language,roles,teams,state,card-uid',
    ',A1,One,zh,guard,,,04000001',
    ',A1, ,xx,king,nobody,asleep,4000002',
    ',,Volunteer 1,,,,,',
    ',,Same,,,,,04000001',
    ',,Same,,,,,04A1B2C3',
    'vo-00000000,,Two,,,,,',
    'x,,Three,,,,,,four',
    ',,"a\u0007b",,,,,',
  ].join('\n');
  const bad = [
    {
      line: 3,
      faults: [
        'no language "xx"',
        'no state "asleep"',
        'no role "king"',
        'no team "nobody": add it first',
        'a name must not be blank',
        'the external id is on line 2 too',
        'a card UID has 4, 7 or 10 bytes, in hex; a spreadsheet drops zeros in front',
      ],
    },
    {
      line: 4,
      faults: ['somebody of this name is there already: give an id or an external id'],
    },
    { line: 5, faults: ['a card is on line 2 too'] },
    {
      line: 6,
      faults: [
        'the name, without an id, is on line 5 too',
        expect.stringMatching(/^a card is vo-/),
      ],
    },
    { line: 7, faults: ['there is no volunteer vo-00000000'] },
    { line: 8, faults: ['there are 9 cells, and 8 in the heading', 'no id "x"'] },
    { line: 9, faults: ['a name holds control characters'] },
  ];

  it('are all named with all that is wrong with them, by a dry run that changes nothing', async () => {
    const before = await listVolunteers(hub.store);
    const report = await read(text, { dryRun: true });
    expect(report).toMatchObject({ rows: 8, added: 1, applied: false });
    expect(report.bad).toEqual(bad);
    expect(await listVolunteers(hub.store)).toEqual(before);
  });

  it('are enough for nothing to be taken, unless they are to be skipped', async () => {
    expect(await read(text)).toMatchObject({ bad, applied: false });
    expect(await listVolunteers(hub.store)).toHaveLength(1);
    expect(await read(text, { skipBad: true })).toMatchObject({ bad, applied: true });
    expect((await listVolunteers(hub.store)).map(({ name }) => name)).toEqual([
      ...['One', 'Volunteer 1'],
    ]);
  });

  it('name no UID of a card', async () => {
    const report = await read(text, { dryRun: true });
    expect(JSON.stringify(report)).not.toMatch(/4000002|04000001|04A1B2C3/i);
  });

  it('are no reason for half a list, when writing fails in the middle', async () => {
    const long = Array.from({ length: 1200 }, (_, index) => `E${index},Name ${index}`);
    const list = ['external-id,name', ...long].join('\n');
    const onProgress = (what: string, rows: number): void => {
      if (what === 'written' && rows === 1000) throw new Error('the power fails');
    };
    await expect(read(list, { onProgress })).rejects.toThrow('the power fails');
    expect(await listVolunteers(hub.store)).toHaveLength(1);
    const seen: string[] = [];
    await read(list, { onProgress: (what, rows, of) => void seen.push(`${what} ${rows}/${of}`) });
    expect(seen).toEqual([
      ...['read 1000/1200', 'written 500/1200', 'written 1000/1200', 'written 1200/1200'],
    ]);
    expect(await listVolunteers(hub.store)).toHaveLength(1201);
  });
});

describe('two operators who read the same list at once', () => {
  it('add nobody twice: what was worked out before the other one wrote is worked out anew', async () => {
    const reports = await Promise.all([read('name\nOne\n'), read('name\nOne\n')]);
    expect(reports.map(({ applied }) => applied)).toEqual([true, false]);
    expect(reports[1]?.bad).toMatchObject([{ line: 2 }]);
    expect(await listVolunteers(hub.store)).toHaveLength(2);
  });
});

describe('a file that is no list', () => {
  it.each([
    ['', 'the file is empty'],
    ['a,b\n1,2\n', 'no column is headed name, id or external-id'],
    ['name,姓名\nx,y\n', 'two columns are headed as name'],
    ['name\n"x\n', 'line 2: a quote is opened there and never closed'],
    [`name\n${'x\n'.repeat(importRowsMax + 1)}`, '20001 rows, 20000 at most'],
  ])('is refused: %.20j', async (text, why) => {
    await expect(read(text)).rejects.toThrow(why);
  });

  it('tells of columns that are not taken, and takes nothing of them', async () => {
    const report = await read('姓名,电话\n李,13900000000\n');
    expect(report.notTaken).toEqual(['电话']);
    const dump = JSON.stringify(await hub.store.db.selectFrom('volunteer').selectAll().execute());
    expect(dump).not.toContain('139');
  });

  it('needs somebody to answer for it', async () => {
    await expect(read('name\nOne\n', { by: ' ' })).rejects.toThrow('must not be blank');
    expect(await listVolunteers(hub.store)).toHaveLength(1);
  });
});

describe('cards of a list', () => {
  it('count from the tap on that was made before they were anybody’s', async () => {
    const card = cardToken(await hub.store.schemeKey(), '04000001');
    const past = new Past(hub).add(0, { type: 'check-in', card });
    await hub.give(past.message(1, 1));
    await read('name,UID\nOne,04:00:00:01\n');
    expect(await named('One')).toMatchObject({ cards: 1, balance: 10 });
    const cards = await hub.store.db.selectFrom('card').selectAll().execute();
    expect(JSON.stringify(cards)).not.toContain('04000001');
    expect(cards.map(({ token }) => token)).toContain(card);
  });

  it('are several in one cell, and stay whose they are', async () => {
    const { id } = await named('Volunteer 1');
    expect(await read(`id,card-uid\n${id},04A1B2C3; 04000002\n`)).toMatchObject({ cards: 1 });
    const stolen = await read('name,card-uid\nOne,04000002\n');
    expect(stolen.bad).toEqual([{ line: 2, faults: [`a card is ${id}'s already`] }]);
    const mistaken = await read('name,cards\nOne,04000003\n');
    expect(mistaken.bad).toMatchObject([{ faults: [expect.stringContaining('card-uid')] }]);
  });
});
