import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { launchChromium } from '../support/chromium.ts';
import { freePort } from '../support/free-port.ts';
import { Program } from '../support/program.ts';
import { WatchedPage } from '../support/watched-page.ts';

/** Not the default, so that the page must have it from the station; long, so that a click on a busy machine is none. */
const holdMs = 3000;
const cards = [
  { uid: '04A1B2C3', label: 'Volunteer 1' },
  { uid: '04A1B2C4', label: 'Volunteer 2' },
];
/** Generous: it covers a station that reconnects on a busy machine. */
const patience = { timeout: 40_000 };
const green = 'rgb(37, 211, 102)';
const red = 'rgb(255, 45, 32)';

const alarmsSchema = z.array(z.looseObject({ id: z.int() }));
const viewSchema = z.looseObject({
  alarm: z.string(),
  button: z.looseObject({ edge: z.string() }),
});

/** The page in a real browser, served by a real station that talks to a real hub. */
describe("the virtual unit's page", { timeout: 120_000 }, () => {
  let folder: string;
  let browser: Browser;
  let mqttPort: number;
  let stationPort: number;
  let url: string;
  let hub: Program;
  let station: Program;
  let open: WatchedPage[];

  const hubSays = (...args: string[]): string => {
    const { status, stdout, stderr } = Program.run('hub/main.ts', [...args, '--data', folder]);
    if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  };
  const startHub = () => {
    const ports = ['--mqtt-port', String(mqttPort), '--http-port', '0'];
    const args = ['start', '--data', folder, ...ports];
    return Program.start('hub/main.ts', args, /hub ready/);
  };
  const startStation = () => {
    const files = ['--settings', join(folder, 'station.json'), '--cards', join(folder, 'cards')];
    const args = [...files, '--virtual', '--station-port', String(stationPort)];
    return Program.start('device/main.ts', args, /virtual station: http/);
  };
  const openPage = async (options?: Parameters<typeof WatchedPage.open>[2]) => {
    const watched = await WatchedPage.open(browser, url, options);
    open.push(watched);
    watched.page.setDefaultTimeout(patience.timeout);
    await watched.page.locator('body[data-row="all-well"]').waitFor();
    return watched;
  };
  const openAlarm = (): string => {
    const alarms: unknown = JSON.parse(hubSays('alarm', 'list', '--json'));
    return String(alarmsSchema.parse(alarms).at(-1)?.id);
  };
  const resolve = async ({ page }: WatchedPage): Promise<void> => {
    hubSays(
      'alarm',
      'resolve',
      openAlarm(),
      '--by',
      'Operator 1',
      '--cause',
      'test',
      '--note',
      'tried out',
    );
    await page.locator('body[data-row="all-well"]').waitFor();
  };
  const view = async () => viewSchema.parse(await (await fetch(`${url}/panel`)).json());
  const buttonIs = (edge: string) =>
    expect.poll(async () => (await view()).button.edge, patience).toBe(edge);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-browser-'));
    mqttPort = await freePort();
    stationPort = await freePort();
    url = `http://127.0.0.1:${stationPort}`;
    const file = join(folder, 'station.json');
    const hubUrl = `mqtt://127.0.0.1:${mqttPort}`;
    hubSays('station', 'add', 'Station 1', '--out', file, '--virtual', '--url', hubUrl);
    const settings: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const button = { holdMs };
    writeFileSync(file, JSON.stringify({ ...z.looseObject({}).parse(settings), button }));
    for (const { uid, label } of cards) {
      hubSays('card', 'add', '--volunteer', hubSays('volunteer', 'add', label), '--uid', uid);
    }
    writeFileSync(join(folder, 'cards'), JSON.stringify(cards));
    hub = await startHub();
    station = await startStation();
    // Playwright gives each launch a new, empty profile.
    browser = await launchChromium();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await station.stop();
    await hub.stop();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    open = [];
  });
  afterEach(async () => {
    for (const watched of open) await watched.close();
  });

  it('shows a tap: white, then green with its points; and a card that nobody has', async () => {
    const unit = await openPage();
    await unit.page.getByRole('button', { name: 'Volunteer 1' }).click();
    const credited = await unit.said('Checked in');
    expect(credited.map(({ more }) => more)).toContain('+10 points are on the account.');
    expect(credited.map(({ lamp }) => lamp)).toContain(green);
    expect((await unit.seen()).map(({ says }) => says)).toContain('Card read, one moment…');
    await unit.page.getByRole('button', { name: 'Tap', exact: true }).click();
    await unit.said('Card not registered');
    await unit.page.locator('#uid').fill('04A1B2C4');
    await unit.page.locator('#uid').press('Enter');
    await expect
      .poll(() => unit.page.locator('#facts').innerText(), patience)
      .toContain('Checked in (+10)');
    expect(unit.errors).toEqual([]);
    expect([...unit.hosts]).toEqual(['127.0.0.1']);
  });

  it('calls for help when the button is held, for as long as this station wants', async () => {
    const unit = await openPage();
    await unit.page.getByText('Hold the red button for 3 s').waitFor();
    const panic = unit.page.getByRole('button', { name: 'HOLD' });
    await panic.click();
    await buttonIs('up');
    expect((await view()).alarm).toBe('none');

    await panic.hover();
    await unit.forget();
    await unit.page.mouse.down();
    await unit.said('Help requested');
    await unit.page.mouse.up();
    expect(Math.max(...(await unit.seen()).map(({ held }) => held))).toBeGreaterThan(0.5);
    hubSays('alarm', 'acknowledge', openAlarm(), '--by', 'Operator 1');
    await unit.said('Acknowledged, help is coming');
    await resolve(unit);
    expect(unit.errors).toEqual([]);
  });

  it('holds the button under a key, until the key or the focus goes', async () => {
    const { page } = await openPage();
    await page.locator('#panic').focus();
    for (const letGo of [() => page.keyboard.up('Space'), () => page.locator('#uid').focus()]) {
      await page.keyboard.down('Space');
      await buttonIs('down');
      await letGo();
      await buttonIs('up');
    }
    await page.keyboard.up('Space');
    expect((await view()).alarm).toBe('none');
  });

  it('speaks the chosen language, also on the next visit', async () => {
    const { page } = await openPage({ locale: 'ko-KR' });
    await page.getByText('카드를 대 주세요').waitFor();
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByText('一切正常').waitFor();
    expect(await page.getByRole('button', { name: '中文' }).getAttribute('aria-pressed')).toBe(
      'true',
    );
    await page.reload();
    await page.getByText('绿灯,每两秒闪一下').waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
  });

  it('flashes nothing for who wants less motion, and says the pattern in words', async () => {
    const [moving, still] = [await openPage(), await openPage({ reducedMotion: 'reduce' })];
    const lampsOf = async (page: WatchedPage) =>
      (await page.seen()).map(({ lamp }) => lamp).filter((lamp, at, all) => lamp !== all[at - 1]);
    await still.forget();
    await moving.page.locator('#panic').hover();
    await moving.page.mouse.down();
    await moving.said('Help requested');
    await moving.page.mouse.up();
    await moving.forget();
    await expect.poll(async () => (await lampsOf(moving)).length, patience).toBeGreaterThan(3);
    await still.page.getByText('Light: red, flashing slowly').waitFor();
    // What is left of the light before this one is no flash.
    expect((await lampsOf(still)).filter((lamp) => lamp !== green)).toEqual([red]);
    await resolve(moving);
  });

  it('flashes fast in a small place only, and says when nobody was reached', async () => {
    const unit = await openPage();
    await hub.stop('SIGKILL');
    await unit.said('Hub not reachable');
    await unit.page.locator('#panic').hover();
    await unit.page.mouse.down();
    await unit.said('Help NOT requested: phone for help yourself!');
    await unit.page.mouse.up();
    const sending = await unit.said('Requesting help…');
    expect(new Set(sending.map(({ core }) => core)).size).toBeGreaterThan(1);
    expect(new Set(sending.map(({ lamp }) => lamp)).size).toBe(1);
    const core = await unit.page.evaluate(
      "getComputedStyle(document.getElementById('lamp'), '::after').width",
    );
    expect(core).toBe('64px');
    hub = await startHub();
    await unit.said('Help requested');
    await resolve(unit);
  });

  it('claims nothing of a station that is gone, and goes on when it is back', async () => {
    const { page } = await openPage();
    await station.stop('SIGKILL');
    await page.getByText('The station does not answer').waitFor();
    expect(await page.locator('#unit').getAttribute('inert')).not.toBeNull();
    expect(await page.locator('#lamp').getAttribute('data-color')).toBe('off');
    station = await startStation();
    await page.locator('body[data-row="all-well"]').waitFor();
    expect(await page.locator('#unit').getAttribute('inert')).toBeNull();
  });
});
