import { counted } from '../../shared/counted.ts';
import type { Language } from '../notify/texts.ts';
import type { ErasedCheckIns } from '../privacy/removed-months.ts';
import type { Period } from './period.ts';

export type Words = Readonly<Record<Language, string>>;
/** Names are as people gave them; what the report itself says is in three languages. */
export type Cell = string | number | null | Words;

/** A table of a report, for every form in which it is written. */
export interface ReportTable {
  /** For files and JSON. */
  readonly id: string;
  readonly title: Words;
  readonly columns: readonly Words[];
  readonly rows: readonly (readonly Cell[])[];
  /** How people would rather look at it than read it. */
  readonly chart?: Chart;
}

export type Chart =
  /** The value of one column as a bar for each row. */
  | { readonly kind: 'bars'; readonly label: number; readonly value: number }
  /** All columns from `from` on as shades of one colour. */
  | { readonly kind: 'heat'; readonly from: number };

export interface Report {
  readonly period: Period;
  readonly tables: readonly ReportTable[];
  /** Months (YYYY-MM) whose check-ins were removed: of those there are sums, and neither people nor places. */
  readonly removed: readonly string[];
  /** In other months: whose check-ins are missing among those of the others. */
  readonly erased: ErasedCheckIns;
}

type Gaps = Pick<Report, 'removed' | 'erased'>;

/** What is to be said above tables that know less than they look; undefined where they know all. */
export function removedText({ removed, erased }: Gaps, language: Language): string | undefined {
  const notes = [
    ...(removed.length === 0 ? [] : [summedWords(removed)[language]]),
    ...(erased.people === 0 ? [] : [erasedWords(erased)[language]]),
  ];
  return notes.length === 0 ? undefined : notes.join(' ');
}

const summedWords = (months: readonly string[]): Words => ({
  zh: `${months.join('、')} 的签到明细已按保存期限删除:下表只含结算合计。`,
  en: `The check-ins of ${months.join(', ')} were removed after their time: below, only the settlement knows them.`,
  ko: `${months.join(', ')} 체크인 상세는 보존 기간이 지나 삭제됨: 아래에서는 정산에만 남아 있음.`,
});

const erasedWords = ({ people, months }: ErasedCheckIns): Words => ({
  zh: `${months.join('、')} 有 ${people} 人的签到明细已随其个人资料删除:下表中只有结算仍计入这些签到。`,
  en: `The check-ins of ${counted(people, 'person', 'people')} in ${months.join(', ')} were removed by erasure: below, only the settlement knows those.`,
  ko: `${months.join(', ')} ${people}명의 체크인 상세는 개인정보 삭제로 지워짐: 아래에서는 정산에만 남아 있음.`,
});

/** @returns what a cell says in one language; nothing where there is nothing */
export function cellText(cell: Cell, language: Language): string {
  if (cell === null) return '';
  return typeof cell === 'object' ? cell[language] : String(cell);
}
