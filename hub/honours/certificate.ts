import type { Honour } from '../domain/honours.ts';
import { type Language, languages } from '../notify/texts.ts';
import { escapeHtml } from '../reports/escape-html.ts';

interface Words {
  readonly heading: string;
  readonly honours: Readonly<Record<Honour, string>>;
  readonly citation: (name: string, month: string) => string;
  readonly thanks: string;
}

const words: Readonly<Record<Language, Words>> = {
  zh: {
    heading: '荣誉证书',
    honours: { 'star-of-safety': '平安之星', 'patrol-pacesetter': '巡逻标兵' },
    citation: (name, month) => `兹授予 ${name} ${month} 荣誉称号`,
    thanks: '谢谢您',
  },
  en: {
    heading: 'Certificate of honour',
    honours: { 'star-of-safety': 'Star of Safety', 'patrol-pacesetter': 'Patrol Pacesetter' },
    citation: (name, month) => `awarded to ${name} for ${month}`,
    thanks: 'Thank you',
  },
  ko: {
    heading: '표창장',
    honours: { 'star-of-safety': '안전의 별', 'patrol-pacesetter': '순찰 모범' },
    citation: (name, month) => `${month} ${name} 님께 드립니다`,
    thanks: '감사합니다',
  },
};

/** How each language writes a month. */
const locales: Readonly<Record<Language, string>> = { zh: 'zh-CN', en: 'en-GB', ko: 'ko-KR' };

export interface Certificate {
  readonly honour: Honour;
  /** YYYY-MM. */
  readonly month: string;
  /** Of the volunteer. */
  readonly name: string;
  /** Who awarded it. */
  readonly by: string;
  /** Local date on which it was awarded. */
  readonly day: string;
}

/**
 * A certificate as one page, A4 across, to be printed or saved as PDF by any browser: in the volunteer's
 * language, and small below it in the others.
 */
export function certificatePage(certificate: Certificate, language: Language): string {
  const { honour, name, by, day } = certificate;
  const own = words[language];
  const others = languages.filter((other) => other !== language);
  const small = others.map((other) => {
    const { honours, citation } = words[other];
    return `${honours[honour]} · ${citation(name, monthText(certificate, other))}`;
  });
  return `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<title>${escapeHtml(`${own.honours[honour]} ${name}`)}</title>
<style>${style}</style>
<main>
<p class="heading">${escapeHtml(own.heading)}</p>
<h1>${escapeHtml(own.honours[honour])}</h1>
<p class="citation">${escapeHtml(own.citation(name, monthText(certificate, language)))}</p>
${small.map((line) => `<p class="small">${escapeHtml(line)}</p>`).join('\n')}
<p class="thanks">${escapeHtml(own.thanks)}</p>
<footer><span>${escapeHtml(day)}</span><span>${escapeHtml(by)}</span></footer>
</main>
</html>
`;
}

const monthText = ({ month }: Certificate, language: Language): string =>
  new Intl.DateTimeFormat(locales[language], {
    year: 'numeric',
    month: 'long',
    timeZone: 'UTC',
  }).format(Date.parse(`${month}-01T00:00:00Z`));

const style = `
@page { size: A4 landscape; margin: 0 }
* { box-sizing: border-box }
html, body { margin: 0 }
body { font-family: "Noto Serif CJK SC", "Songti SC", SimSun, "Noto Serif", serif; color: #1b2733 }
main { width: 297mm; height: 209mm; padding: 22mm 30mm; display: flex; flex-direction: column; align-items: center; text-align: center; border: 6mm double #b8860b }
.heading { font-size: 20pt; letter-spacing: .4em; margin: 0 }
h1 { font-size: 52pt; color: #a01c1c; margin: 8mm 0 }
.citation { font-size: 24pt; margin: 0 0 8mm; overflow-wrap: anywhere }
.small { font-size: 12pt; margin: 1mm 0; color: #52606d }
.thanks { font-size: 16pt; margin-top: auto }
footer { width: 100%; display: flex; justify-content: space-between; font-size: 13pt }
`;
