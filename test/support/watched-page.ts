import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { z } from 'zod';

/** Generous: it covers a station that reconnects on a busy machine. */
const withinMs = 40_000;

/** What the page showed, each time that something of it changed. */
const momentSchema = z.object({
  row: z.string(),
  says: z.string(),
  more: z.string(),
  /** Colours as the browser drew them. */
  lamp: z.string(),
  core: z.string(),
  /** How far the ring around the button has closed, from 0 to 1. */
  held: z.number(),
});
export type Moment = z.infer<typeof momentSchema>;

/** Runs in the page before anything else. Some lights last a second only, so what was seen is kept. */
const recorder = `
  window.seen = [];
  new MutationObserver(() => {
    const lamp = document.getElementById('lamp');
    const panic = document.getElementById('panic');
    if (!lamp || !panic) return;
    const moment = {
      row: document.body.dataset.row ?? '',
      says: document.getElementById('says').textContent,
      more: document.getElementById('more').textContent,
      lamp: getComputedStyle(lamp).backgroundColor,
      core: getComputedStyle(lamp, '::after').backgroundColor,
      held: Number(panic.style.getPropertyValue('--held')),
    };
    const last = window.seen.at(-1);
    if (JSON.stringify(last) !== JSON.stringify(moment)) window.seen.push(moment);
  }).observe(document, { subtree: true, attributes: true, childList: true, characterData: true });
`;

/** A page in a profile of its own, and all that can be seen from outside of what it does. */
export class WatchedPage {
  readonly page: Page;
  /** What the page logged as an error, or threw. */
  readonly errors: string[] = [];
  readonly hosts = new Set<string>();

  private constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
    page.on('pageerror', ({ message }) => this.errors.push(message));
    page.on('request', (request) => this.hosts.add(new URL(request.url()).hostname));
  }

  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<WatchedPage> {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    const watched = new WatchedPage(await context.newPage());
    await watched.page.addInitScript(recorder);
    await watched.page.goto(url);
    return watched;
  }

  /** All that was seen since the page was opened, or since `forget`. */
  async seen(): Promise<Moment[]> {
    return z.array(momentSchema).parse(await this.page.evaluate('window.seen'));
  }

  async forget(): Promise<void> {
    await this.page.evaluate('window.seen = []');
  }

  /** Waits until the page has said `words`, if only for a moment, and returns all moments when it did. */
  async said(words: string): Promise<Moment[]> {
    const deadlineMs = performance.now() + withinMs;
    while (performance.now() < deadlineMs) {
      const found = (await this.seen()).filter(({ says }) => says === words);
      if (found.length > 0) return found;
      await delay(50);
    }
    const heard = new Set((await this.seen()).map(({ says }) => says));
    throw new Error(`the page never said "${words}", only: ${[...heard].join(' | ')}`);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
