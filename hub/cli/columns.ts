import { withLocalTimes } from './local-times.ts';

/** Chinese and Korean letters, and full-width forms, take two places of a terminal (Unicode UAX #11). */
const wide =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/gu;

/** `answer` shows moments as clocks say them, which is shorter than how they stand in a cell. */
const asShown = (cell: string): string =>
  withLocalTimes(cell, () => ({ day: 'YYYY-MM-DD', time: 'HH:MM:SS' }));

const widthOf = (cell: string): number => {
  const text = asShown(cell);
  return [...text].length + (text.match(wide)?.length ?? 0);
};

/** One line, and nothing that moves a terminal's cursor: names and reasons are what people typed. */
const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

/** @returns a line for each row, the cells below each other, two spaces between them. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const clean = rows.map((row) => row.map(oneLine));
  const widths: number[] = [];
  for (const row of clean) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
    }
  }
  return clean.map((row) =>
    row
      .map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd(),
  );
}

/** @returns the rows as columns below a line of headings; nothing where there are no rows. */
export const table = (
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string[] => (rows.length === 0 ? [] : columns([headings, ...rows]));
