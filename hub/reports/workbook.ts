import writeExcelFile from 'write-excel-file/node';
import type { Language } from '../notify/texts.ts';
import { cellText, type Report } from './report.ts';

/** Excel takes no longer name of a sheet, and none with these (Microsoft, "Rename a worksheet"). */
const sheetNameMax = 31;
const forbidden = /[[\]:*?/\\]/g;
const widthMin = 8;
const widthMax = 40;

/** A report as a workbook: a sheet for each table, with its heading kept in view. */
export async function reportWorkbook({ tables }: Report, language: Language): Promise<Buffer> {
  const sheets = tables.map(({ title, columns, rows }) => ({
    sheet: title[language].replace(forbidden, ' ').slice(0, sheetNameMax),
    stickyRowsCount: 1,
    columns: columns.map((words, index) => ({
      width: Math.min(
        widthMax,
        Math.max(
          widthMin,
          ...[words[language], ...rows.map((row) => cellText(row[index] ?? null, language))].map(
            (text) => 2 + text.length,
          ),
        ),
      ),
    })),
    data: [
      columns.map((words) => ({ value: words[language], fontWeight: 'bold' as const })),
      ...rows.map((row) =>
        row.map((cell) =>
          typeof cell === 'number'
            ? { value: cell, type: Number }
            : // As text, whatever it looks like: a name that begins like a formula is a name.
              { value: cellText(cell, language), type: String },
        ),
      ),
    ],
  }));
  return writeExcelFile(sheets).toBuffer();
}
