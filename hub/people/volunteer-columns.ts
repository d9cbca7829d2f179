import { volunteerIdSchema } from '../../shared/ids.ts';
import type { CsvRow } from '../csv/csv.ts';
import { cleanText } from './clean-text.ts';
import { splitTeams } from './teams.ts';
import type { VolunteerFields } from './volunteer-fields.ts';
import {
  findLanguage,
  findRole,
  findState,
  type Role,
  type VolunteerState,
  type Words,
  wordFinder,
} from './words.ts';

/** What heads the columns of a list of volunteers, in the order in which they are written. */
export const columnWords = {
  id: { zh: '系统编号', en: 'ID', ko: '시스템 번호' },
  'external-id': { zh: '外部编号', en: 'External ID', ko: '외부 번호' },
  name: { zh: '姓名', en: 'Name', ko: '이름' },
  'display-name': { zh: '显示名', en: 'Display name', ko: '표시 이름' },
  language: { zh: '语言', en: 'Language', ko: '언어' },
  roles: { zh: '角色', en: 'Roles', ko: '역할' },
  teams: { zh: '队伍', en: 'Teams', ko: '팀' },
  state: { zh: '状态', en: 'State', ko: '상태' },
  /** Written: how many there are. Read: nothing. */
  cards: { zh: '卡片数', en: 'Cards', ko: '카드 수' },
  /** Read only: a UID is never stored, so that none can be written. */
  'card-uid': { zh: '卡号', en: 'Card UID', ko: '카드 UID' },
} as const satisfies Readonly<Record<string, Words>>;
export type Column = keyof typeof columnWords;

export const findColumn = wordFinder(columnWords, {
  'external-id': ['工号', '编号', '人员编号', 'staff number', 'number', '사번', '번호'],
  name: ['名字', '姓名或代号', '志愿者', '志愿者姓名', 'volunteer', '성명', '성함'],
  'display-name': ['昵称', '别名', '展示名', 'alias', '별명', '닉네임'],
  language: ['语种', 'languages'],
  roles: ['role', '身份', '职责', '岗位', '직책'],
  teams: ['team', '小组', '团队', '巡逻队', '队', '순찰대', '조'],
  state: ['status', '상태'],
  'card-uid': [
    'uid',
    'card uids',
    'card',
    '卡',
    '积分卡',
    '积分卡号',
    '卡片UID',
    '카드',
    '카드 번호',
  ],
});

/** What one row says, before anybody looked whom it is about. Undefined is left as it is. */
export interface RowDraft {
  readonly line: number;
  readonly id: string | undefined;
  readonly fields: Partial<Omit<VolunteerFields, 'teams'>>;
  readonly teams: readonly string[] | undefined;
  readonly state: VolunteerState | undefined;
  /** Without what stands between their bytes. */
  readonly uids: readonly string[];
  readonly faults: readonly string[];
}

const betweenWords = /[,，;；、|/\n]/;
const splitWords = (cell: string): string[] =>
  cell
    .split(betweenWords)
    .map((one) => one.trim())
    .filter((one) => one !== '');

/** Shorter than any UID. */
const cardCount = /^\d{0,3}$/;

const quotedCharactersMax = 40;
const quoted = (text: string): string => JSON.stringify(text.slice(0, quotedCharactersMax));

/**
 * Reads a row. A column that is not there changes nothing; a blank cell takes away what it could have
 * said, but for a language and a state, which nobody is without.
 * @param columns what heads each cell; undefined for a column that is not taken
 */
export function readRow(
  { line, cells }: CsvRow,
  columns: readonly (Column | undefined)[],
): RowDraft {
  const faults: string[] = [];
  const cellOf = (column: Column): string | undefined => {
    const index = columns.indexOf(column);
    return index === -1 ? undefined : cleanText(cells[index] ?? '');
  };
  if (cells.slice(columns.length).some((cell) => cell.trim() !== '')) {
    faults.push(`there are ${cells.length} cells, and ${columns.length} in the heading`);
  }
  if (!cardCount.test(cellOf('cards') ?? '')) {
    faults.push('the column cards says how many there are: UIDs stand under card-uid');
  }
  const one = <T>(column: Column, find: (text: string) => T | undefined): T | undefined => {
    const text = cellOf(column) ?? '';
    const found = text === '' ? undefined : find(text);
    if (text !== '' && found === undefined) faults.push(`no ${column} ${quoted(text)}`);
    return found;
  };
  const [name, alias, external] = [cellOf('name'), cellOf('display-name'), cellOf('external-id')];
  const language = one('language', findLanguage);
  const id = one('id', (text) => volunteerIdSchema.safeParse(text).data);
  const state = one('state', findState);
  const roleCell = cellOf('roles');
  const roles = roleCell === undefined ? undefined : rolesOf(roleCell, faults);
  const teamCell = cellOf('teams');
  return {
    ...{ line, id, state },
    fields: {
      ...(name === undefined ? {} : { name }),
      ...(alias === undefined ? {} : { displayName: alias }),
      ...(external === undefined ? {} : { externalId: external }),
      ...(language === undefined ? {} : { language }),
      ...(roles === undefined ? {} : { roles }),
    },
    teams: teamCell === undefined ? undefined : splitTeams(teamCell),
    uids: splitWords(cellOf('card-uid') ?? '').map((uid) => uid.replace(/[\s:.-]/g, '')),
    faults,
  };
}

function rolesOf(cell: string, faults: string[]): Role[] {
  return splitWords(cell).flatMap((word) => {
    const role = findRole(word);
    if (role === undefined) faults.push(`no role ${quoted(word)}`);
    return role === undefined ? [] : [role];
  });
}
