import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acknowledgeAlarm, resolveAlarm } from '../../hub/app/alarms.ts';
import {
  listNeighbours,
  neighboursMax,
  placeStation,
  setNeighbours,
  setNeighboursWithin,
  withinMax,
} from '../../hub/app/neighbours.ts';
import { addStation, revokeStation } from '../../hub/app/registry.ts';
import { neighbourCallsFor, neighbourToldMs } from '../../hub/ingest/neighbour-rows.ts';
import { stationNameMax } from '../../shared/wire/limits.ts';
import { feedTopic } from '../../shared/wire/topics.ts';
import { IngestHub, minuteMs, Past, startMs } from '../support/ingest-hub.ts';

let hub: IngestHub;
let [second, third] = ['', ''];
beforeEach(async () => {
  hub = await IngestHub.start();
  second = (await addStation(hub.store, 'Station 2', 'test')).station;
  third = (await addStation(hub.store, 'Station 3', 'test')).station;
});
afterEach(() => hub.stop());

/** One call for help of Station 1. @returns its key */
async function call() {
  const past = new Past(hub, 'alarm').add(0, { type: 'alarm', gesture: 'hold' });
  await hub.give(past.message(1, 1), hub.macKey, 'alarm');
  return { epoch: past.epoch, seq: 1 };
}
/** What each station is to be told of its neighbours, by id; a row of the outbox is one transaction. */
async function toldByRow() {
  const rows = await hub.outgoingByRow();
  return rows.map((row) =>
    row.flatMap(({ station, body }) => {
      const { command } = Object(body);
      return command?.name === 'neighbour-alarm' ? [{ station, ...command }] : [];
    }),
  );
}
const told = async () => (await toldByRow()).flat();
const idsOf = async (station: string) =>
  (await listNeighbours(hub.store, station)).neighbours.map(({ id }) => id);
const actions = async () =>
  (await hub.store.db.selectFrom('operator_action').selectAll().orderBy('id').execute())
    .filter(({ action }) => action === 'station neighbours' || action === 'station place')
    .map(({ by, action, subject, detail }) => [by, action, subject, JSON.parse(detail)]);
const callsFor = (station: string, nowMs = hub.nowMs) =>
  hub.store.db.transaction().execute((trx) => neighbourCallsFor(trx, station, nowMs));

describe('the neighbours of a station', () => {
  it('are nobody until somebody chooses: an alarm is told to no other station', async () => {
    await call();
    expect(await told()).toEqual([]);
    expect(await callsFor(second)).toEqual([]);
  });

  it('are told in the commit of the alarm itself, and of each step of it', async () => {
    await setNeighbours(hub.store, hub.station, [third, second, second], 'Operator 1');
    const alarm = await call();
    const about = { name: 'neighbour-alarm', alarm, stationName: 'Station 1' };
    const both = (state: string) =>
      [second, third].sort().map((station) => ({ station, ...about, state }));
    const rows = await hub.outgoingByRow();
    const own = rows.findIndex((row) => row.some(({ body }) => Object(body).state === 'raised'));
    expect((await toldByRow())[own]).toEqual(both('raised'));
    await acknowledgeAlarm(hub.store, 1, 'Operator 1');
    await resolveAlarm(hub.store, 1, 'Operator 1', { cause: 'real', note: 'tried out' });
    expect(await told()).toEqual(['raised', 'acknowledged', 'resolved'].flatMap(both));
  });

  it('are told once, however often the alarm is told', async () => {
    await setNeighbours(hub.store, hub.station, [second], 'Operator 1');
    const past = new Past(hub, 'alarm').add(0, { type: 'alarm', gesture: 'hold' });
    for (const minute of [1, 2]) await hub.give(past.message(1, 1, minute), hub.macKey, 'alarm');
    expect(await told()).toHaveLength(1);
  });

  it('are not told once they are revoked', async () => {
    await setNeighbours(hub.store, hub.station, [second, third], 'Operator 1');
    await revokeStation(hub.store, second, 'Operator 1');
    await call();
    expect((await told()).map(({ station }) => station)).toEqual([third]);
  });

  it('do not keep an alarm from being stored by the length of a name', async () => {
    await setNeighbours(hub.store, hub.station, [second], 'Operator 1');
    await hub.store.db
      .updateTable('station')
      .set({ name: '站'.repeat(5_000) })
      .execute();
    await hub.restart();
    await call();
    const [one] = await told();
    expect(one.stationName).toBe('站'.repeat(stationNameMax));
    expect((await callsFor(second))[0]).toMatchObject({ command: { state: 'raised' } });
  });

  it('hear, when they come back, of recent calls and what became of them, and of no old ones', async () => {
    await setNeighbours(hub.store, hub.station, [second], 'Operator 1');
    const alarm = await call();
    const heard = async (nowMs?: number) =>
      (await callsFor(second, nowMs)).map((message) => Object(message).command);
    const about = { name: 'neighbour-alarm', alarm, stationName: 'Station 1' };
    expect(await heard()).toEqual([{ ...about, state: 'raised' }]);
    expect(await callsFor(third)).toEqual([]);
    await acknowledgeAlarm(hub.store, 1, 'Operator 1');
    expect(await heard()).toEqual([{ ...about, state: 'acknowledged' }]);
    await resolveAlarm(hub.store, 1, 'Operator 1', { cause: 'false', note: 'tried out' });
    expect(await heard()).toEqual([{ ...about, state: 'resolved' }]);
    // The call may have been told to it late, and stands as long again.
    expect(await heard(hub.nowMs + 2 * neighbourToldMs - 1)).toEqual([
      { ...about, state: 'resolved' },
    ]);
    expect(await heard(hub.nowMs + 2 * neighbourToldMs)).toEqual([]);
  });

  it('hear of no call anew that stands open for long', async () => {
    await setNeighbours(hub.store, hub.station, [second], 'Operator 1');
    await call();
    expect(await callsFor(second, hub.nowMs + neighbourToldMs - 1)).toHaveLength(1);
    expect(await callsFor(second, hub.nowMs + neighbourToldMs)).toEqual([]);
  });
});

describe('choosing neighbours', () => {
  it('keeps the choice, and who changed it, for good', async () => {
    await setNeighbours(hub.store, hub.station, [second, third], 'Operator 1');
    await setNeighbours(hub.store, hub.station, [third], 'Operator 2');
    await hub.restart();
    expect(await idsOf(hub.station)).toEqual([third]);
    expect(await idsOf(third), 'it is no choice for the other').toEqual([]);
    await setNeighbours(hub.store, hub.station, [], 'Operator 2');
    expect(await idsOf(hub.station)).toEqual([]);
    expect(await actions()).toEqual([
      ['Operator 1', 'station neighbours', hub.station, { neighbours: [second, third].sort() }],
      ['Operator 2', 'station neighbours', hub.station, { neighbours: [third] }],
      ['Operator 2', 'station neighbours', hub.station, { neighbours: [] }],
    ]);
  });

  it('refuses whom nobody can tell, and changes nothing then', async () => {
    await setNeighbours(hub.store, hub.station, [third], 'Operator 1');
    const chosen = (...ids: string[]) => setNeighbours(hub.store, hub.station, ids, 'Operator 1');
    await expect(chosen(second, 'st-zzzzzzzz')).rejects.toThrow(/no station st-zzzzzzzz/);
    await expect(chosen(hub.station)).rejects.toThrow(/no neighbour of its own/);
    await revokeStation(hub.store, second, 'Operator 1');
    await expect(chosen(second)).rejects.toThrow(/was revoked/);
    await expect(setNeighbours(hub.store, 'st-zzzzzzzz', [], 'x')).rejects.toThrow(/no station/);
    expect(await idsOf(hub.station)).toEqual([third]);
    expect(await actions()).toHaveLength(1);
  });

  it('by distance follows stations that are placed, moved and revoked', async () => {
    const place = (station: string, latitude: number) =>
      placeStation(hub.store, station, { latitude, longitude: 123.4 }, 'Operator 1');
    const within = (metres: number) =>
      setNeighboursWithin(hub.store, hub.station, metres, 'Operator 1');
    await expect(within(500)).rejects.toThrow(/has no position/);
    await place(hub.station, 41.8);
    await place(second, 41.803);
    await within(500);
    expect(await listNeighbours(hub.store, hub.station)).toEqual({
      within: 500,
      neighbours: [{ id: second, name: 'Station 2', distance: 334 }],
    });
    await place(third, 41.796);
    expect((await idsOf(hub.station)).sort()).toEqual([second, third].sort());
    await place(second, 41.9);
    expect(await idsOf(hub.station)).toEqual([third]);
    await place(hub.station, 41.9);
    expect(await idsOf(hub.station)).toEqual([second]);
    expect((await actions()).map(([, action, , detail]) => [action, detail]).slice(2)).toEqual([
      ['station neighbours', { within: 500, neighbours: [second] }],
      ['station place', { latitude: 41.796, longitude: 123.4 }],
      ['station neighbours', { within: 500, added: third }],
      ['station place', { latitude: 41.9, longitude: 123.4 }],
      ['station neighbours', { within: 500, removed: second }],
      ['station place', { latitude: 41.9, longitude: 123.4 }],
      ['station neighbours', { within: 500, neighbours: [second] }],
    ]);
    await revokeStation(hub.store, second, 'Operator 1');
    await within(400);
    expect(await idsOf(hub.station)).toEqual([]);
    await setNeighbours(hub.store, hub.station, [], 'Operator 1');
    expect(await listNeighbours(hub.store, hub.station)).toMatchObject({ within: null });
    await place(third, 41.9);
    expect(await idsOf(hub.station), 'the rule is gone').toEqual([]);
  });

  it('tells whom it takes off the list that the calls of now are over for them', async () => {
    const chosen = (...ids: string[]) => setNeighbours(hub.store, hub.station, ids, 'Operator 1');
    await chosen(second, third);
    const alarm = await call();
    const ended = { name: 'neighbour-alarm', alarm, stationName: 'Station 1', state: 'resolved' };
    const before = (await told()).length;
    await chosen(third);
    expect((await told()).slice(before)).toEqual([{ station: second, ...ended }]);
    await resolveAlarm(hub.store, 1, 'Operator 1', { cause: 'real', note: 'tried out' });
    expect((await told()).slice(before + 1)).toEqual([{ station: third, ...ended }]);
    await chosen();
    expect(await told(), 'a call that is over').toHaveLength(before + 2);
  });

  it('tells whom it took off the list, when it comes back, that the calls until then are over', async () => {
    const chosen = (...ids: string[]) => setNeighbours(hub.store, hub.station, ids, 'Operator 1');
    const heard = async (nowMs?: number) =>
      (await callsFor(second, nowMs)).map((message) => Object(message).command);
    await chosen(second);
    const past = new Past(hub, 'alarm').add(0, { type: 'alarm', gesture: 'hold' });
    await hub.give(past.message(1, 1), hub.macKey, 'alarm');
    await chosen(third);
    past.add(1, { type: 'alarm', gesture: 'hold' });
    await hub.give(past.message(2, 2), hub.macKey, 'alarm');
    const alarm = { epoch: past.epoch, seq: 1 };
    const ended = { name: 'neighbour-alarm', alarm, stationName: 'Station 1', state: 'resolved' };
    expect(await heard(), 'and nothing of what came later').toEqual([ended]);
    // The call may have been told to it late, and stands as long again.
    expect(await heard(hub.nowMs + 2 * neighbourToldMs - 1)).toEqual([ended]);
    expect(await heard(hub.nowMs + 2 * neighbourToldMs)).toEqual([]);
    await chosen(second);
    expect(
      (await heard()).map(({ state }) => state),
      'a neighbour again',
    ).toEqual([...['raised', 'raised']]);
    await chosen();
    expect((await heard()).map(({ state }) => state)).toEqual(['resolved', 'resolved']);
  });

  it('by distance tells who is moved away that the calls of now are over for them', async () => {
    const place = (station: string, latitude: number) =>
      placeStation(hub.store, station, { latitude, longitude: 123.4 }, 'Operator 1');
    await place(hub.station, 41.8);
    await place(second, 41.803);
    await place(third, 41.803);
    await setNeighboursWithin(hub.store, hub.station, 500, 'Operator 1');
    await call();
    const before = (await told()).length;
    const since = async () =>
      (await told()).slice(before).map(({ station, state }) => [station, state]);
    await place(second, 41.9);
    expect(await since()).toEqual([[second, 'resolved']]);
    await setNeighboursWithin(hub.store, hub.station, 100, 'Operator 1');
    expect(await since()).toEqual([
      [second, 'resolved'],
      [third, 'resolved'],
    ]);
  });

  it('has limits', async () => {
    const at = { latitude: 41.8, longitude: 123.4 };
    await placeStation(hub.store, hub.station, at, 'Operator 1');
    await expect(
      setNeighboursWithin(hub.store, hub.station, withinMax + 1, 'Operator 1'),
    ).rejects.toThrow(/at most/);
    const many = Array.from({ length: neighboursMax + 1 }, (_, index) => ({
      ...{ id: `st-many${`${index}`.padStart(4, '0')}`, name: `Station ${index}`, created_at: 0 },
      ...{ mac_key: '', mqtt_password_hash: '', revoked_at: null },
    }));
    await hub.store.db.insertInto('station').values(many).execute();
    const ids = many.map(({ id }) => id);
    await expect(setNeighbours(hub.store, hub.station, ids, 'x')).rejects.toThrow(/at most/);
    await setNeighboursWithin(hub.store, hub.station, 100, 'Operator 1');
    for (const id of ids.slice(1)) await placeStation(hub.store, id, at, 'Operator 1');
    const oneTooMany = placeStation(hub.store, ids[0] ?? '', at, 'Operator 1');
    await expect(oneTooMany).rejects.toThrow(/would have 201 neighbours/);
    expect(await idsOf(hub.station)).toHaveLength(neighboursMax);
  });
});

describe('a stuck button', () => {
  it('is on the feed, from its beginning to its end', async () => {
    const fault = { type: 'fault', part: 'button', detail: 'down for 60 s' };
    const past = new Past(hub).add(0, { ...fault, state: 'begun' });
    past.add(1, { ...fault, state: 'ended' });
    await hub.give(past.message(1, 2));
    const ofStation = (await hub.outgoing()).filter(({ topic }) => topic === feedTopic('station'));
    const said = ofStation.map(({ body }) => body);
    const about = { station: hub.station, part: 'button', at: new Date(startMs).toISOString() };
    expect(said[0]).toMatchObject({ ...about, state: 'fault-begun' });
    expect(said[1]).toMatchObject({
      state: 'fault-ended',
      at: new Date(startMs + minuteMs).toISOString(),
    });
  });
});
