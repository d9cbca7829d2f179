import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  decideSuspicion,
  listSuspicions,
  lookForFraud,
  showSuspicion,
} from '../../hub/fraud/look.ts';
import { dayOf, IngestHub, Past, reading, startMs } from '../support/ingest-hub.ts';

const atMs = startMs;
const day = dayOf(startMs);

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

const look = () => lookForFraud(hub.store, { from: day, to: day }, { by: 'Operator A', atMs });
const tapSixTimes = async () => {
  const past = new Past(hub);
  for (const minute of [0, 1, 2.3, 4, 5.1, 6.7]) past.checkIn(reading(minute));
  await hub.give(past.message(1, 6));
};

it('keeps what it finds once, with its evidence, and takes nobody’s points', async () => {
  await tapSixTimes();
  const before = await hub.balances();
  expect(await look()).toEqual({ burst: 1 });
  expect(await look()).toEqual({});
  expect(await hub.balances()).toEqual(before);
  const [found] = await listSuspicions(hub.store, {});
  expect(found).toMatchObject({ kind: 'burst', volunteers: [hub.volunteer], decision: null });
  const { evidence } = await showSuspicion(hub.store, found?.id ?? 0);
  expect(evidence).toHaveLength(6);
  expect(evidence[0]).toMatchObject({ station: 'Station 1', occurredMs: startMs, points: 10 });
});

it('is decided once by a person who says why, and not told again', async () => {
  await tapSixTimes();
  await look();
  const decide = (note: string) =>
    decideSuspicion(hub.store, 1, { decision: 'dismissed', by: 'Operator A', note, atMs });
  await expect(decide(' ')).rejects.toThrow('the reason');
  await decide('the reader was being tried');
  await expect(decide('again')).rejects.toThrow('waits for nobody');
  expect(await listSuspicions(hub.store, {})).toEqual([]);
  expect(await look()).toEqual({});
  expect(await listSuspicions(hub.store, { all: true })).toMatchObject([
    { decision: 'dismissed', note: 'the reader was being tried' },
  ]);
});

it('makes nothing of times that are only known within bounds', async () => {
  const past = new Past(hub);
  for (const minute of [0, 1, 2.3, 4, 5.1, 6.7]) {
    past.checkIn(reading(minute, { synced: false, wallMs: 0, boot: 'boot-0' }));
  }
  await hub.give(past.message(1, 6));
  expect(await look()).toEqual({});
});
