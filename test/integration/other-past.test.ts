import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backlogOf } from '../../device/domain/state.ts';
import type { Input } from '../../device/domain/steps.ts';
import { checkReceipt } from '../../device/journal/receipt-check.ts';
import { genesisHash, type Lane } from '../../shared/wire/entry.ts';
import { eventually } from '../support/eventually.ts';
import { card, LoneStation, macKey, stationId } from '../support/lone-station.ts';
import { ModelHub } from '../support/model-hub.ts';

let folder: string;
let hub: ModelHub;
let station: LoneStation;
const live = (): string => join(folder, 'live');
const image = (): string => join(folder, 'image');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yizhan-other-past-'));
  hub = new ModelHub(macKey);
  station = new LoneStation(live(), hub);
});
afterEach(async () => {
  await station.stop();
  rmSync(folder, { recursive: true });
});

const times = (count: number, what: () => void): void => {
  for (let done = 0; done < count; done += 1) what();
};
const delivered = () =>
  eventually('nothing is left to deliver', () => backlogOf(station.brain.state) === 0);

/** Copies the memory card as it is now; `restoreImage` puts the unit back to that. */
async function takeImage(): Promise<void> {
  await station.stop();
  cpSync(live(), image(), { recursive: true });
  station = new LoneStation(live(), hub);
}

async function restoreImage(): Promise<void> {
  await station.stop();
  rmSync(live(), { recursive: true });
  cpSync(image(), live(), { recursive: true });
  station = new LoneStation(live(), hub);
}

const begunAnew = (before: string) =>
  eventually(
    'another epoch, told to the hub',
    () =>
      station.keeper.journal.epoch !== before &&
      station.brain.state.retirement === undefined &&
      backlogOf(station.brain.state) === 0,
  );

const typesOf = (epoch: string, lane: Lane): unknown[] =>
  hub.committed(epoch, lane).map((text) => JSON.parse(text).type);

describe('a memory card that was restored from an image', () => {
  it('goes on in a new epoch, and its file is kept', async () => {
    const { epoch } = station.keeper.journal;
    times(5, () => station.tap());
    await station.connect();
    await delivered();
    await takeImage();
    await station.connect();
    times(4, () => station.tap());
    await delivered();
    const before = hub.committed(epoch, 'routine');
    await restoreImage();
    await station.connect();
    await begunAnew(epoch);

    expect(hub.committed(epoch, 'routine')).toEqual(before);
    expect(hub.aside).toHaveLength(1);
    expect(typesOf(station.keeper.journal.epoch, 'routine')).toEqual(['fault', 'fault']);
    expect(station.light).toBe('all-well');
    const aside = readdirSync(live()).filter((name) => name.startsWith('journal.retired-'));
    expect(aside.filter((name) => name.endsWith('.db'))).toHaveLength(1);
    station.tap();
    await delivered();
    expect(typesOf(station.keeper.journal.epoch, 'routine').at(-1)).toBe('check-in');
  });

  it('that held what the hub had already, not yet receipted, does not wait for ever', async () => {
    const { epoch } = station.keeper.journal;
    times(5, () => station.tap());
    station.callForHelp();
    await takeImage();
    await station.connect();
    times(4, () => station.tap());
    await delivered();
    await restoreImage();
    await station.connect();
    await begunAnew(epoch);
    expect(hub.committed(epoch, 'routine').length).toBeGreaterThanOrEqual(9);
  });

  it('that went on by itself has those entries set aside for a person: none is lost, none is counted', async () => {
    const { epoch } = station.keeper.journal;
    times(3, () => station.tap());
    await takeImage();
    await station.connect();
    times(300, () => station.tap());
    station.callForHelp();
    await delivered();
    const before = hub.committed(epoch, 'routine');
    await restoreImage();
    times(500, () => station.tap());
    station.callForHelp();
    const own = station.keeper.journal.read('routine', 4, 503).map(({ text }) => text);
    await station.connect();
    await begunAnew(epoch);

    expect(hub.committed(epoch, 'routine')).toEqual(before);
    expect(own).toHaveLength(500);
    expect(hub.aside).toEqual(expect.arrayContaining(own));
    const next = station.keeper.journal.epoch;
    expect(typesOf(next, 'alarm')).toEqual(['alarm']);
    expect(station.brain.state.alarms.at(-1)).toMatchObject({
      key: { epoch: next },
      phase: 'stored',
    });
  });
});

describe('a receipt', () => {
  const check = (through: number, hash: string, lane: Lane = 'routine') =>
    checkReceipt(station.keeper.journal, { lane, through, hash });

  beforeEach(() => times(3, () => station.tap()));

  it('is believed with the hash that the journal has there, of no entry too', () => {
    const { journal } = station.keeper;
    const hashes = journal.read('routine', 1, 3).map(({ hash }) => hash);
    expect(check(3, hashes[2] ?? '')).toEqual({ past: 'same', through: 3 });
    expect(check(2, hashes[2] ?? '')).toEqual({ past: 'other', through: 2 });
    expect(check(0, genesisHash(journal.epoch, 'routine'))).toEqual({ past: 'same', through: 0 });
    expect(check(0, genesisHash(journal.epoch, 'alarm')).past).toBe('other');
    expect(check(4, hashes[2] ?? '')).toEqual({ past: 'rolled-back', through: 4 });
  });
});

it('entries are set aside only with the hash that they have here', async () => {
  const { epoch } = station.keeper.journal;
  times(3, () => station.tap());
  await station.connect();
  await delivered();
  hub.setAside(stationId, epoch, 'routine', 3, 'f'.repeat(64));
  expect(station.brain.state.retirement).toBeUndefined();
  hub.setAside(stationId, epoch, 'routine', 3, station.keeper.journal.hashAt('routine', 3) ?? '');
  expect(station.brain.state.retirement?.phase).toBe('draining');
});

describe('inputs that wait for each other', () => {
  /** What comes while the station is busy with something else: it is taken up right after that, in this order. */
  function together(...inputs: readonly Input[]): void {
    station.onPanel = () => {
      station.onPanel = () => {};
      for (const input of inputs) station.brain.dispatch(input);
    };
    station.brain.dispatch({ type: 'card-unreadable' });
  }
  const setAside = (through: number): Input => ({
    type: 'set-aside',
    epoch: station.keeper.journal.epoch,
    lane: 'routine',
    through,
  });

  beforeEach(() => {
    times(3, () => station.tap());
    station.brain.dispatch(setAside(3));
    expect(station.brain.state.lanes.routine).toMatchObject({ committed: 3, last: 4 });
  });

  it('do not leave a tap behind in an epoch that ends', () => {
    const { epoch } = station.keeper.journal;
    together({ type: 'card', token: card }, setAside(4));
    expect(station.keeper.journal.epoch).toBe(epoch);
    expect(station.brain.state.lanes.routine).toMatchObject({ committed: 4, last: 5 });
    station.brain.dispatch(setAside(5));
    expect(station.keeper.journal.epoch).not.toBe(epoch);
  });

  it('do not take the new journal for the old', () => {
    const { epoch } = station.keeper.journal;
    station.brain.dispatch({ type: 'connection', connected: true });
    station.brain.dispatch({ type: 'hub', online: true });
    const lane = { lane: 'routine', through: 2, past: 'same', outcomes: [] } as const;
    together(setAside(4), { type: 'receipt', epoch, ...lane });
    expect(station.keeper.journal.epoch).not.toBe(epoch);
    expect(station.keeper.journal.restore().lanes.routine).toEqual({ last: 1, committed: 0 });
  });
});
