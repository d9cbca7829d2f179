import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { certificatePage } from '../../hub/honours/certificate.ts';
import { languages } from '../../hub/notify/texts.ts';
import { launchChromium } from '../support/chromium.ts';

const certificate = {
  ...({ honour: 'star-of-safety', month: '2026-03', name: 'Volunteer <1> & 志愿者' } as const),
  ...{ by: 'Operator A', day: '2026-04-02' },
};

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
}, 60_000);
afterAll(() => browser.close());

it.each(languages)(
  'of an honour is one page of paper, A4 across, in %s',
  async (language) => {
    const page = await browser.newPage();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.setContent(certificatePage(certificate, language));
    expect(await page.locator('.citation').textContent()).toContain('Volunteer <1> & 志愿者');
    // It asks nobody for anything: it is printed where there is no network, too.
    expect(requests.filter((url) => !url.startsWith('about:'))).toEqual([]);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    expect(pdf.match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
    // 297 by 210 mm, in points of 1/72 inch (ISO 32000-1 §8.3.2.3).
    const [, width, height] = /\/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/.exec(pdf) ?? [];
    expect([Math.round(Number(width)), Math.round(Number(height))]).toEqual([842, 595]);
    await page.close();
  },
  60_000,
);
