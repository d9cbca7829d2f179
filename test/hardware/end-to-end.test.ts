import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Color, colors } from '../../device/domain/signals.ts';
import { sunKeys } from '../../hub/sun/diversify.ts';
import { patience } from '../contracts/panel-contract.ts';
import { FeedListener } from '../support/feed-listener.ts';
import { Pcscd } from '../support/pcscd.ts';
import { Program } from '../support/program.ts';
import { Scheme } from '../support/scheme.ts';
import { SimulatedBoard } from '../support/simulated-board.ts';
import { atr, VirtualCard } from '../support/virtual-card.ts';
import { VirtualNtag } from '../support/virtual-ntag.ts';

const uid = '04A1B2C3D4E5F6';
const master = '0F0E0D0C0B0A09080706050403020100';
/** Between the heartbeat's flash (120 ms) and how long "credited" is shown (1500 ms). */
const steadyMs = 800;
/** Between a flash of "being sent" (100 ms) and one of "stored" (500 ms). */
const slowFlashMs = 300;

/** Real programs and real protocols from the card to the operator's terminal; card and board are simulated. */
describe('a hub and a station with a reader and a panel', { timeout: 120_000 }, () => {
  const started: { stop(): Promise<unknown> }[] = [];
  let scheme: Scheme;
  let pcscd: Pcscd;
  let board: SimulatedBoard;
  let feed: FeedListener;

  /** Notes that it runs: what started last stops first. */
  async function run<T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
    const part = await starting;
    started.push(part);
    return part;
  }

  const isColor = (rgb: readonly number[], color: Color) => `${rgb}` === `${colors[color]}`;
  const flashesOf = (color: Color) => board.shown().filter(({ rgb }) => isColor(rgb, color));
  const lights = (color: Color) =>
    expect.poll(() => board.light(), patience).toEqual(colors[color]);

  /** The light flashes in this colour, each flash shorter than the darkness around it. */
  async function beats(color: Color): Promise<void> {
    board.forget();
    await expect.poll(() => flashesOf(color).length, patience).toBeGreaterThan(2);
    const darkMs = flashesOf('off').reduce((sum, { ms }) => sum + ms, 0);
    const litMs = flashesOf(color).reduce((sum, { ms }) => sum + ms, 0);
    expect(litMs).toBeLessThan(darkMs);
    expect(flashesOf('amber')).toEqual([]);
  }

  beforeEach(async () => {
    board = await run(SimulatedBoard.start());
    pcscd = await Pcscd.prepare();
    await pcscd.start();
    scheme = await Scheme.create(uid, ['--panel', board.path]);
    await run(scheme.startHub());
    feed = await run(FeedListener.start(scheme.mqttPort));
    const env = { PCSCLITE_CSOCK_NAME: pcscd.socketPath, YIZHAN_LOG: 'info' };
    // Compiled ahead, as it runs on a unit.
    const args = ['scripts/run-station.js', '--settings', scheme.stationFile];
    const station = await run(Program.startNode(args, /station started/, env));
    const says = (what: RegExp) => expect.poll(() => station.output, patience).toMatch(what);
    await says(/"state":"ready".*"msg":"reader"/);
    await says(/"state":"ready".*"msg":"panel"/);
    await beats('green');
  }, 120_000);
  afterEach(async () => {
    for (const part of started.splice(0).reverse()) await part.stop();
    await pcscd.remove();
    scheme.remove();
  });

  it('credit a card: white, then green, a line on the feed, points on the account', async () => {
    board.forget();
    const card = new VirtualCard(pcscd.port, uid);
    const isSteadyGreen = () => flashesOf('green').some(({ ms }) => ms > steadyMs);
    await expect.poll(isSteadyGreen, patience).toBe(true);
    card.take();
    const shown = board.shown();
    const white = shown.findIndex(({ rgb }) => isColor(rgb, 'white'));
    const green = shown.findIndex(({ rgb, ms }) => isColor(rgb, 'green') && ms > steadyMs);
    expect(white).toBeGreaterThanOrEqual(0);
    expect(green).toBeGreaterThan(white);
    await expect.poll(() => feed.messages('check-in'), patience).toHaveLength(1);
    expect(feed.messages('check-in')[0]).toMatchObject({ outcome: 'credited', points: 10 });
    expect(scheme.balance()).toBe(10);
  });

  it('credit a card that proves itself, and refuse a copy of what it said', async () => {
    const keyFile = join(scheme.folder, 'master.key');
    writeFileSync(keyFile, `${master}\n`, { mode: 0o600 });
    scheme.hubSays('sun', 'key', '--import', keyFile, '--by', 'Operator 1');
    const ntag = new VirtualNtag('04DE5F1EACC040', sunKeys(Buffer.from(master, 'hex')));
    const [volunteer] = scheme.hubJson('volunteer', 'list');
    scheme.hubSays('card', 'add', '--volunteer', `${volunteer?.['id']}`, '--uid', ntag.uid);
    let said = '';
    const outcomes = () => feed.messages('check-in').map(({ outcome }) => outcome);
    const first = new VirtualCard(pcscd.port, ntag.uid, 'answer', atr.type4, () => {
      said = ntag.readUri();
      return said;
    });
    await expect.poll(outcomes, patience).toEqual(['credited']);
    first.take();
    await beats('green');
    const copy = new VirtualCard(pcscd.port, ntag.uid, 'answer', atr.type4, () => said);
    await expect.poll(outcomes, patience).toEqual(['credited', 'blocked-card']);
    copy.take();
    expect(feed.messages('card')).toMatchObject([{ state: 'refused', reason: 'replayed' }]);
    expect(scheme.hubJson('sun', 'refused')).toMatchObject([{ reason: 'replayed', counter: 1 }]);
    expect(scheme.balance()).toBe(10);
  });

  it('carry an alarm from the button to the operator, and the answer back to the light', async () => {
    const alarm = () => feed.messages('alarm').map(({ state }) => state);
    await board.press();
    await expect.poll(alarm, patience).toEqual(['raised']);
    board.forget();
    const slowly = () => flashesOf('red').filter(({ ms }) => ms > slowFlashMs).length;
    await expect.poll(slowly, patience).toBeGreaterThan(2);
    await board.release();
    scheme.hubSays('alarm', 'acknowledge', '1', '--by', 'Operator 1');
    await lights('blue');
    await expect.poll(alarm, patience).toEqual(['raised', 'acknowledged']);
    scheme.hubSays(
      'alarm',
      'resolve',
      '1',
      '--by',
      'Operator 1',
      '--cause',
      'test',
      '--note',
      'tried out',
    );
    await expect.poll(alarm, patience).toEqual(['raised', 'acknowledged', 'resolved']);
    await lights('green');
    await beats('green');
  });
});
