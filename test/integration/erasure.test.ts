import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addCard } from '../../hub/app/cards.ts';
import { beginPause, resumeVolunteer } from '../../hub/app/pauses.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { changeVolunteer, listVolunteers } from '../../hub/app/volunteers.ts';
import { awardHonour } from '../../hub/honours/candidates.ts';
import { decideContribution, recordContribution } from '../../hub/ledger/contributions.ts';
import { askCorrection, decideCorrection } from '../../hub/ledger/corrections.ts';
import { Pace } from '../../hub/nightly/pace.ts';
import { erasePerson, finishErasures } from '../../hub/privacy/erase-person.ts';
import { exportPerson } from '../../hub/privacy/export-person.ts';
import { heldKinds } from '../../hub/privacy/held.ts';
import { dayOf, IngestHub, Past, reading } from '../support/ingest-hub.ts';
import { april, dayMs, march, may, nightMs, RetentionScene } from '../support/retention-scene.ts';
import { RewardDesk } from '../support/reward-desk.ts';

const timeZone = 'Asia/Shanghai';
const uid = '04A1B2C3';
const by = 'Operator A';

let hub: IngestHub;
let scene: RetentionScene;
beforeEach(async () => {
  hub = await IngestHub.start();
  scene = new RetentionScene(hub);
  const details = { displayName: 'Alias 1', externalId: 'E-1', roles: ['other'] } as const;
  await changeVolunteer(hub.store, hub.volunteer, details, by);
  await scene.give([march, march + 90]);
  await scene.give([april]);
});
afterEach(() => hub.stop());

const erase = (atMs = nightMs) =>
  erasePerson(
    hub.store,
    { volunteer: hub.volunteer, by, reason: 'they asked for it', atMs, dayOf },
    new Pace(),
  );
const exported = () =>
  exportPerson(hub.store, {
    ...{ volunteer: hub.volunteer, by, reason: 'they asked for it', atMs: nightMs, timeZone },
  });
/** Every table and column in which a text stands. */
async function whereIs(text: string): Promise<string[]> {
  const { db } = hub.store;
  const tables = (await db.introspection.getTables()).map(({ name }) => name);
  const found: string[] = [];
  for (const table of tables) {
    const rows = await db
      .selectFrom(table as 'meta')
      .selectAll()
      .execute();
    if (JSON.stringify(rows).includes(text)) found.push(table);
  }
  return found;
}

it('exports all that is held, with why each point is there, and notes that it did', async () => {
  const desk = new RewardDesk(hub);
  await desk.redeem(await desk.add({ cost: 3 }));
  const { held, about } = await exported();
  expect(Object.keys(held)).toEqual(heldKinds.map(({ name }) => name));
  expect(Object.keys(about)).toEqual(Object.keys(held));
  expect(held).toMatchObject({
    person: { name: 'Volunteer 1', displayName: 'Alias 1', externalId: 'E-1', roles: ['other'] },
    cards: { cards: [{ token: hub.card, status: 'active' }], changes: [{ card: hub.card }] },
    checkIns: [{ stationName: 'Station 1' }, { outcome: 'credited' }, { day: '2026-04-01' }],
    points: { balance: 27 },
    redemptions: [{ points: 3, state: 'reserved' }],
  });
  expect(JSON.stringify(held['points'])).toContain('10 points for checking in at Station 1');
  const actions = await hub.store.db
    .selectFrom('operator_action')
    .select(['by', 'subject', 'detail'])
    .where('action', '=', 'privacy export')
    .execute();
  const detail = JSON.stringify({ reason: 'they asked for it' });
  expect(actions).toEqual([{ by, subject: hub.volunteer, detail }]);
});

it('names everything in which a person stands: a new table has to be thought of', async () => {
  const tables = await whereIs(hub.volunteer);
  expect(tables.sort()).toEqual(
    [
      'account',
      'card',
      'card_event',
      'check_in',
      'operator_action',
      'outbox',
      'transfer',
      'volunteer',
    ].concat(['volunteer_role']),
  );
});

it('leaves nobody’s name, number, alias or card, and the sums as they are', async () => {
  const before = await hub.balances();
  const report = await erase(nightMs + 60 * dayMs);
  expect(report).toMatchObject({ checkIns: 3, points: 30, faults: [] });
  await hub.store.db.deleteFrom('outbox').execute(); // what was published is gone from there, too
  for (const text of ['Volunteer 1', 'Alias 1', 'E-1']) {
    expect(await whereIs(text)).toEqual([]);
  }
  // The token alone: see erasure-cards.test.ts.
  expect(await whereIs(hub.card)).toEqual(['forgotten_card']);
  expect(await hub.balances()).toEqual(before);
  expect(await scene.findings()).toEqual([]);
  const [line] = await listVolunteers(hub.store);
  expect(line).toMatchObject({ id: hub.volunteer, name: '(erased)', state: 'erased', cards: 0 });
  expect((await exported()).held).toMatchObject({ points: { balance: 30 }, checkIns: [] });
});

it('keeps the last months under the number until nothing can come for them, and then removes them by night', async () => {
  await scene.give([may]);
  expect(await erase()).toMatchObject({ checkIns: 2 });
  expect((await scene.checkIns()).map(({ day }) => day.slice(0, 7))).toEqual([
    '2026-04',
    '2026-05',
  ]);
  const night = (atMs: number) =>
    finishErasures(hub.store, { by: 'nightly', atMs, dayOf }, new Pace());
  expect(await night(nightMs)).toMatchObject({ volunteers: 0, checkIns: 0 });
  expect(await night(nightMs + 60 * dayMs)).toMatchObject({ volunteers: 1, checkIns: 2 });
  expect(await hub.balances()).toEqual({ volunteer: 40, sum: 0 });
  expect(await scene.findings()).toEqual([]);
});

it('forgets cards by night where an erasure was interrupted before it came to them', async () => {
  const stop = new AbortController();
  class StoppedAfterLast extends Pace {
    override async slice<T>(work: () => Promise<T>): Promise<T> {
      const done = await super.slice(work);
      if ((await scene.checkIns()).length === 0) stop.abort();
      return done;
    }
  }
  const late = { by, atMs: nightMs + 60 * dayMs, dayOf };
  const asked = { ...late, volunteer: hub.volunteer, reason: 'they asked for it' };
  const interrupted = erasePerson(hub.store, asked, new StoppedAfterLast(stop.signal));
  await expect(interrupted).rejects.toThrow('interrupted');
  expect(await scene.checkIns()).toEqual([]);
  await hub.store.db.deleteFrom('outbox').execute();
  expect(await whereIs(hub.card)).toEqual(['card', 'card_event']);
  await finishErasures(hub.store, late, new Pace());
  expect(await whereIs(hub.card)).toEqual(['forgotten_card']);
  expect(await scene.findings()).toEqual([]);
});

it('leaves no bytes of it in the file either', async () => {
  const { store, volunteer } = hub;
  // Not the alias: it stands on the feed, and its messages still wait here.
  const before = 'Number-that-was-theirs';
  for (const externalId of [before, ''])
    await changeVolunteer(store, volunteer, { externalId }, by);
  const text = `What they saw, ${'at length, '.repeat(800)} to its end`;
  const about = { volunteer, kind: 'mediation', day: dayOf(nightMs), points: 30, text, by };
  const now = { atMs: nightMs, today: dayOf(nightMs) };
  const id = await recordContribution(store, { ...about, ...now });
  const decided = { id, decision: 'refused', note: 'x', by: 'Operator B', atMs: nightMs } as const;
  await decideContribution(store, decided);
  store.checkpoint();
  const traces = [before, 'What they saw', 'at length, at length', 'to its end'];
  const found = () => {
    const bytes = readFileSync(hub.file, 'latin1');
    return traces.filter((trace) => bytes.includes(trace));
  };
  expect(found()).toContain('at length, at length');
  await erase();
  store.checkpoint();
  expect(found()).toEqual([]);
});

it('leaves others alone', async () => {
  const other = await addVolunteer(hub.store, 'Volunteer 2', by);
  await addCard(hub.store, other, '04D1E2F3', by);
  const [card] = await hub.store.db
    .selectFrom('card')
    .select('token')
    .where('volunteer_id', '=', other)
    .execute();
  await scene.give([march + 200], new Past({ station: hub.station, card: card?.token ?? '' }));
  hub.nowMs = nightMs;
  await erase(nightMs + 60 * dayMs);
  expect(await scene.checkIns()).toMatchObject([{ volunteer_id: other }]);
  expect(await scene.findings()).toEqual([]);
});

it('takes their card back, which can be given to somebody else', async () => {
  await erase();
  hub.nowMs = nightMs;
  const past = new Past(hub).checkIn(
    reading((nightMs - Date.parse('2026-03-02T02:00:00Z')) / 60_000),
  );
  await hub.give(past.message(1, 1));
  expect(hub.receipts.at(-1)?.outcomes).toEqual([{ seq: 1, outcome: 'blocked-card', points: 0 }]);
  const next = await addVolunteer(hub.store, 'Volunteer 2', by);
  await addCard(hub.store, next, uid, by);
  const [first, second] = await listVolunteers(hub.store);
  expect([first, second]).toMatchObject([
    { state: 'erased', cards: 0 },
    { id: next, cards: 1 },
  ]);
});

it('waits until what is open is settled', async () => {
  const desk = new RewardDesk(hub);
  const { id, code } = await desk.redeem(await desk.add({ cost: 3 }));
  await expect(erase()).rejects.toThrow(`redemption ${id} is still open`);
  await desk.handOut(code);
  const asked = { volunteer: hub.volunteer, points: 500, reason: 'a reason', by, atMs: nightMs };
  const correction = await askCorrection(hub.store, asked, { aloneMax: 100 });
  await expect(erase()).rejects.toThrow(`correction ${correction.id} still waits`);
  expect(await whereIs('Alias 1')).toContain('volunteer');
  const refused = { id: correction.id, decision: 'refused', by: 'Operator B' } as const;
  await decideCorrection(hub.store, { ...refused, atMs: nightMs });
  await erase();
  expect(await whereIs('Alias 1')).not.toContain('volunteer');
});

it('takes the text of a contribution, once it is decided, and keeps its points', async () => {
  const recorded = {
    volunteer: hub.volunteer,
    kind: 'hazard-removed',
    points: 20,
    text: 'Words 1',
  };
  const today = dayOf(nightMs);
  const when = { day: today, today, by, atMs: nightMs };
  const id = await recordContribution(hub.store, { ...recorded, ...when });
  expect((await exported()).held).toMatchObject({ contributions: [{ text: 'Words 1' }] });
  await expect(erase()).rejects.toThrow(`contribution ${id} still waits`);
  const decided = { id, decision: 'approved', by: 'Operator B', atMs: nightMs } as const;
  await decideContribution(hub.store, decided);
  await erase();
  expect(await whereIs('Words 1')).toEqual([]);
  expect((await exported()).held).toMatchObject({ contributions: [{ points: 20, text: null }] });
  expect(await scene.findings()).toEqual([]);
});

it('is for good: nobody is resumed, changed, given a card, rewarded or erased again', async () => {
  await erase();
  const { store, volunteer } = hub;
  const now = { by, atMs: nightMs };
  await expect(erase()).rejects.toThrow('erased already');
  await expect(resumeVolunteer(store, volunteer, now)).rejects.toThrow('was erased');
  await expect(
    store.db.transaction().execute((trx) => beginPause(store, trx, volunteer, now)),
  ).rejects.toThrow('was erased');
  await expect(changeVolunteer(store, volunteer, { name: 'x' }, by)).rejects.toThrow('was erased');
  await expect(addCard(store, volunteer, uid, by)).rejects.toThrow('was erased');
  const about = { volunteer, reason: 'a reason', by, atMs: nightMs };
  const corrected = askCorrection(store, { ...about, points: 5 }, { aloneMax: 100 });
  await expect(corrected).rejects.toThrow('was erased');
  const day = dayOf(nightMs);
  const did = { volunteer, kind: 'mediation', day, points: 30, text: 'x', today: day, ...now };
  await expect(recordContribution(store, did)).rejects.toThrow('was erased');
  const honour = {
    month: dayOf(nightMs - 31 * dayMs).slice(0, 7),
    honour: 'star-of-safety',
  } as const;
  await expect(awardHonour(store, { ...honour, volunteer }, { ...about, dayOf })).rejects.toThrow(
    'was erased',
  );
  const desk = new RewardDesk(hub);
  const reward = await desk.add({ cost: 3 });
  await expect(desk.redeem(reward)).rejects.toThrow('is erased');
  await expect(store.db.updateTable('volunteer').set({ name: 'x' }).execute()).rejects.toThrow(
    'stays erased',
  );
  await expect(store.db.deleteFrom('volunteer').execute()).rejects.toThrow('never deleted');
  const card = { token: 'x', volunteer_id: volunteer, status: 'active' } as const;
  await expect(store.db.insertInto('card').values(card).execute()).rejects.toThrow('no card');
});

it.each([
  [{ volunteer: 'vo-00000000' }, 'no volunteer'],
  [{ by: ' ' }, 'must not be blank'],
  [{ reason: '' }, 'the reason must not be blank'],
])('refuses %o', async (fault, message) => {
  const asked = { volunteer: hub.volunteer, by, reason: 'x', atMs: nightMs, dayOf, ...fault };
  await expect(erasePerson(hub.store, asked, new Pace())).rejects.toThrow(message);
  await expect(exportPerson(hub.store, { ...asked, timeZone })).rejects.toThrow(message);
  expect(await whereIs('Alias 1')).toContain('volunteer');
});
