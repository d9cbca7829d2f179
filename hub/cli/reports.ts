import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { makeFolder } from '../../shared/make-folder.ts';
import { writeCsv } from '../csv/csv.ts';
import { type Language, languages } from '../notify/texts.ts';
import { makeReport } from '../reports/make-report.ts';
import { reportPage } from '../reports/page.ts';
import { periodOf } from '../reports/period.ts';
import { cellText, type Report, type ReportTable, removedText } from '../reports/report.ts';
import { readTimeZone } from '../settings.ts';
import { columns } from './columns.ts';
import { withProgress } from './progress.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';

/** The ledger and the balances do not tie. */
const exitUntied = 1;
/** Of a long table a terminal shows the first; the files have all. */
const linesMax = 30;
/** Office software takes a file for UTF-8 by its first character. */
const byteOrderMark = '\ufeff';

interface ReportFlags extends Common {
  readonly language: Language;
  readonly csv?: string;
  readonly xlsx?: string;
  readonly html?: string;
}

const titles: Readonly<Record<Language, string>> = {
  zh: '驿站工作报告',
  en: 'Relay stations, report',
  ko: '쉼터 보고서',
};

export function addReportCommands(program: Command): void {
  program.addCommand(
    command(
      'report',
      'What a month, a quarter or a year came to. Exit code 1: ledger and balances do not tie.',
    )
      .argument('<period>', '2026-03, 2026-Q1 or 2026')
      .addOption(
        new Option('--language <language>', 'of headings and names')
          .choices(languages)
          .default('en'),
      )
      .option('--csv <folder>', 'writes each table there, as CSV')
      .option('--xlsx <file>', 'writes a workbook with a sheet for each table')
      .option('--html <file>', 'writes a page with pictures, to look at and to print')
      .action(report),
  );
}

async function report(text: string, flags: ReportFlags): Promise<void> {
  const period = periodOf(text);
  const timeZone = readTimeZone(fromHere(flags.data));
  const made = await withStore(flags, (store) =>
    withProgress((say) => makeReport(store, period, timeZone, say)),
  );
  const written = await writeFiles(made, flags);
  const tables = made.tables.map((table) => tableText(table, flags.language));
  const ties = made.ties ? [] : ['The ledger and the balances do not tie: run audit.'];
  const note = removedText(made, flags.language);
  const above = note === undefined ? [] : [note];
  answer(flags, { ...made, written }, [...above, ...tables, ...written, ...ties].join('\n\n'));
  if (!made.ties) process.exitCode = exitUntied;
}

/** @returns the files, as lines for people */
async function writeFiles(made: Report, flags: ReportFlags): Promise<string[]> {
  const { language, csv, xlsx, html } = flags;
  const files: string[] = [];
  const write = (file: string, content: string | Buffer): void => {
    // Who visited where is nobody's business but the scheme's.
    writeFileSync(file, content, { mode: 0o600 });
    files.push(file);
  };
  if (csv !== undefined) {
    const folder = fromHere(csv);
    makeFolder(folder);
    for (const table of made.tables) {
      write(join(folder, `${table.id}.csv`), byteOrderMark + tableCsv(table, language));
    }
  }
  if (xlsx !== undefined) {
    const { reportWorkbook } = await import('../reports/workbook.ts');
    write(fromHere(xlsx), await reportWorkbook(made, language));
  }
  if (html !== undefined) write(fromHere(html), reportPage(made, titles[language], language));
  return files;
}

const rowsOf = ({ columns: heads, rows }: ReportTable, language: Language): string[][] => [
  heads.map((words) => words[language]),
  ...rows.map((row) => row.map((cell) => cellText(cell, language))),
];

const tableCsv = (table: ReportTable, language: Language): string =>
  writeCsv(rowsOf(table, language));

function tableText(table: ReportTable, language: Language): string {
  const rows = rowsOf(table, language);
  const more = rows.length - 1 - linesMax;
  const tail = more > 0 ? [`and ${more} more: see --csv, --xlsx or --html`] : [];
  return [table.title[language], ...columns(rows.slice(0, linesMax + 1)), ...tail].join('\n');
}
