import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Color, colors } from '../../device/domain/signals.ts';
import { patience } from '../contracts/panel-contract.ts';
import { FeedListener } from '../support/feed-listener.ts';
import { Pcscd } from '../support/pcscd.ts';
import { Program } from '../support/program.ts';
import { Scheme } from '../support/scheme.ts';
import { SimulatedBoard } from '../support/simulated-board.ts';
import { VirtualCard } from '../support/virtual-card.ts';

const uid = '04A1B2C3D4E5F6';
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
