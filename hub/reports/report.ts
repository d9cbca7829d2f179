import type { Language } from '../notify/texts.ts';
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
}

/** @returns what a cell says in one language; nothing where there is nothing */
export function cellText(cell: Cell, language: Language): string {
  if (cell === null) return '';
  return typeof cell === 'object' ? cell[language] : String(cell);
}
