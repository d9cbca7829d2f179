import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';

/** What stands between the cells, as office software writes it in one country or another. */
const separators = [',', ';', '\t'] as const;
export type Separator = (typeof separators)[number];

export interface CsvRow {
  /** The line of the file on which it begins, from 1: a cell may hold several lines. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvTable {
  readonly separator: Separator;
  readonly header: readonly string[];
  /** Those that are not empty. */
  readonly rows: readonly CsvRow[];
}

/** The text is no table; the message says where. */
export class CsvFault extends Error {
  override readonly name = 'CsvFault';
}

const parsedSchema = z.array(
  z.object({
    record: z.array(z.string()),
    /** The line on which it ends. */
    info: z.object({ lines: z.int() }),
  }),
);
type Parsed = z.infer<typeof parsedSchema>;

/**
 * Reads a table. The separator is the one under which most words of the first line are known, so that a
 * comma in a heading does no harm.
 * @param isKnown whether a word is one that heads a column
 * @throws CsvFault when a quote is opened and never closed, or there is no heading
 */
export function readCsv(text: string, isKnown: (word: string) => boolean): CsvTable {
  // One kind of line end, so that lines are counted as every editor counts them.
  const lines = text.replace(/\r\n?/g, '\n');
  const separator = separatorOf(lines, isKnown);
  const [header, ...rows] = rowsOf(parseWith(lines, separator));
  if (!header) throw new CsvFault('the file is empty');
  return { separator, header: header.cells.map((cell) => cell.trim()), rows };
}

function separatorOf(lines: string, isKnown: (word: string) => boolean): Separator {
  const knownWith = (separator: Separator): number => {
    const [first] = parseWith(lines, separator, { to: 1 });
    return (first?.record ?? []).filter(isKnown).length;
  };
  const counts = separators.map((separator) => ({ separator, known: knownWith(separator) }));
  return counts.toSorted((a, b) => b.known - a.known)[0]?.separator ?? ',';
}

function parseWith(text: string, separator: Separator, { to }: { to?: number } = {}): Parsed {
  const options = {
    ...{ delimiter: separator, record_delimiter: '\n', info: true },
    // A row that is too long or too short is reported with all else that is wrong with it.
    relax_column_count: true,
    // A quote within a cell that does not begin with one is a quote, as office software has it.
    relax_quotes: true,
    skip_empty_lines: false,
  };
  try {
    return parsedSchema.parse(parse(text, to === undefined ? options : { ...options, to }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (error.code !== 'CSV_QUOTE_NOT_CLOSED') throw new CsvFault(error.message);
    const complete = z.int().catch(0).parse(Reflect.get(error, 'records'));
    const before = complete === 0 ? [] : parseWith(text, separator, { to: complete });
    const line = (before.at(-1)?.info.lines ?? 0) + 1;
    throw new CsvFault(`line ${line}: a quote is opened there and never closed`);
  }
}

function rowsOf(parsed: Parsed): CsvRow[] {
  let line = 1;
  const rows: CsvRow[] = [];
  for (const { record, info } of parsed) {
    if (record.some((cell) => cell.trim() !== '')) {
      rows.push({ line, cells: record.map(withoutGuard) });
    }
    line = info.lines + 1;
  }
  return rows;
}

/**
 * A cell that begins with one of these is a formula to a spreadsheet, and may call other programs (OWASP,
 * "CSV Injection"); also in full width, which some of them read alike. A quote before it makes it text.
 */
const formula = /^'*[=+\-@\t\r\n＝＋－＠]/;
const guarded = /^'+[=+\-@\t\r\n＝＋－＠]/;
/** Nothing but a number, whatever a spreadsheet does with it; as text, a column of them would have no sum. */
const negative = /^-\d+(?:\.\d+)?$/;

/** What `writeCsv` put before it is taken away again, and so is what a spreadsheet shows nobody. */
const withoutGuard = (cell: string): string => (guarded.test(cell) ? cell.slice(1) : cell);
const withGuard = (cell: string): string =>
  formula.test(cell) && !negative.test(cell) ? `'${cell}` : cell;

/** Every cell in quotes: none can then begin a cell or a row of its own (RFC 4180 §2). */
export const writeCsv = (rows: readonly (readonly string[])[]): string =>
  rows
    .map(
      (cells) =>
        `${cells.map((cell) => `"${withGuard(cell).replaceAll('"', '""')}"`).join(',')}\r\n`,
    )
    .join('');
