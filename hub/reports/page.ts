import type { Language } from '../notify/texts.ts';
import { escapeHtml } from './escape-html.ts';
import {
  type Cell,
  type Chart,
  cellText,
  type Report,
  type ReportTable,
  removedText,
} from './report.ts';

/** More bars on one page are a wall; the table below has all of them. */
const barsMax = 25;
const barHeight = 20;
const labelWidth = 220;
const barWidthMax = 480;

/** A report as one page without scripts and without anything from elsewhere: to look at, and to print. */
export function reportPage(report: Report, title: string, language: Language): string {
  const { period, tables } = report;
  const note = removedText(report, language);
  const heading = `${title} ${period.name}`;
  const sections = tables.map((table) => section(table, language)).join('\n');
  return `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(heading)}</title>
<style>${style}</style>
<h1>${escapeHtml(heading)}</h1>
<p>${period.from} – ${period.to}</p>${note === undefined ? '' : `\n<p>${escapeHtml(note)}</p>`}
${sections}
</html>
`;
}

const style = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; color: #1b2733 }
h1, h2 { line-height: 1.2 } h2 { margin-top: 2.5rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .15rem .6rem; border-bottom: 1px solid #d8dee4; text-align: left }
th.n, td.n { text-align: right }
.heat th, .heat td { text-align: center; padding: .1rem .2rem; font-size: 12px }
.heat :first-child { text-align: left; white-space: nowrap }
section { overflow-x: auto }
svg text { font: 13px system-ui, sans-serif; fill: #1b2733 }
@media print { section { break-inside: avoid-page } thead { display: table-header-group } }
`;

function section(table: ReportTable, language: Language): string {
  const { title, chart } = table;
  const picture = chart?.kind === 'bars' ? bars(table, chart, language) : '';
  const kind = chart?.kind === 'heat' ? ' class="heat"' : '';
  const heads = table.columns.map((words, index) => {
    const isNumber = table.rows.some((row) => typeof row[index] === 'number');
    return `<th${isNumber ? ' class="n"' : ''}>${escapeHtml(words[language])}</th>`;
  });
  const strongest = chart?.kind === 'heat' ? largest(table.rows, chart.from) : 0;
  const rows = table.rows.map((row) => {
    const cells = row.map((cell, index) => {
      const shade = chart?.kind === 'heat' && index >= chart.from ? shadeOf(cell, strongest) : '';
      const kind = typeof cell === 'number' ? ' class="n"' : '';
      return `<td${kind}${shade}>${escapeHtml(cellText(cell, language))}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<section>
<h2>${escapeHtml(title[language])}</h2>
${picture}
<table${kind}><thead><tr>${heads.join('')}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table>
</section>`;
}

function bars(
  { rows, title, columns }: ReportTable,
  { label, value }: Extract<Chart, { kind: 'bars' }>,
  language: Language,
): string {
  const shown = rows.slice(0, barsMax);
  const longest = largest(
    shown.map((row) => [row[value] ?? null]),
    0,
  );
  if (longest === 0) return '';
  const lines = shown.map((row, index) => {
    const number = Math.max(0, Number(row[value] ?? 0));
    const width = Math.round((number / longest) * barWidthMax);
    const y = index * barHeight;
    const text = y + barHeight * 0.72;
    return `<text x="${labelWidth - 8}" y="${text}" text-anchor="end">${escapeHtml(cellText(row[label] ?? null, language))}</text>
<rect x="${labelWidth}" y="${y + 3}" width="${width}" height="${barHeight - 6}" fill="#1565c0"/>
<text x="${labelWidth + width + 6}" y="${text}">${number}</text>`;
  });
  const width = labelWidth + barWidthMax + 80;
  const height = shown.length * barHeight;
  // A bar without its unit says whatever one expects of it.
  const unit = columns[value]?.[language] ?? '';
  return `<p>${escapeHtml(unit)}</p>
<svg viewBox="0 0 ${width} ${height}" width="${width}" style="max-width: 100%" role="img" aria-label="${escapeHtml(`${title[language]}: ${unit}`)}">
${lines.join('\n')}
</svg>`;
}

const largest = (rows: readonly (readonly Cell[])[], from: number): number =>
  Math.max(0, ...rows.flatMap((row) => row.slice(from)).map((cell) => Number(cell) || 0));

/** White for nothing, so that a gap is seen at once; the number stands in it for whoever sees no colours. */
function shadeOf(cell: Cell, strongest: number): string {
  const share = strongest === 0 ? 0 : (Number(cell) || 0) / strongest;
  return share === 0
    ? ''
    : ` style="background: rgb(21 101 192 / ${(0.1 + 0.5 * share).toFixed(2)})"`;
}
