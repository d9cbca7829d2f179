import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addCard, assignCard } from '../../hub/app/cards.ts';
import { askForCard, enrolmentOf } from '../../hub/app/enrolments.ts';
import { importVolunteers } from '../../hub/app/import-volunteers.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { cardReference } from '../../hub/domain/card.ts';
import { Pace } from '../../hub/nightly/pace.ts';
import { erasePerson, finishErasures } from '../../hub/privacy/erase-person.ts';
import { dayOf, IngestHub, minuteMs, Past, startMs } from '../support/ingest-hub.ts';
import {
  april,
  dayMin,
  dayMs,
  march,
  nightMs,
  RetentionScene,
} from '../support/retention-scene.ts';

const uid = '04A1B2C3';
const by = 'Operator A';
/** When nothing of March can be settled any more: an erasure takes all at once. */
const lateMs = nightMs + 60 * dayMs;

let hub: IngestHub;
let scene: RetentionScene;
beforeEach(async () => {
  hub = await IngestHub.start();
  scene = new RetentionScene(hub);
});
afterEach(async () => {
  expect(await scene.findings()).toEqual([]);
  await hub.stop();
});

const erase = (atMs: number, volunteer = hub.volunteer) =>
  erasePerson(hub.store, { volunteer, by, reason: 'they asked for it', atMs, dayOf }, new Pace());
const cards = () => hub.store.db.selectFrom('card').selectAll().execute();

describe('the next owner of a card that was forgotten', () => {
  const ownerIs = (name: string) => addVolunteer(hub.store, name, by);
  const ways: [string, () => Promise<unknown>][] = [
    ['adds', async () => addCard(hub.store, await ownerIs('Volunteer 2'), uid, by)],
    [
      'assigns',
      async () => {
        const [volunteer, reference] = [await ownerIs('Volunteer 2'), cardReference(hub.card)];
        await assignCard(hub.store, { reference, volunteer, by, atMs: lateMs + 3 * dayMs });
      },
    ],
    [
      'imports',
      () => {
        const text = Buffer.from(`name,card\nVolunteer 2,${uid}\n`);
        return importVolunteers(hub.store, text, { by, atMs: lateMs + 3 * dayMs });
      },
    ],
  ];

  it.each(ways)('gets only what was tapped since: who %s', async (_, issue) => {
    await scene.give([march]);
    await erase(lateMs);
    expect(await cards()).toEqual([]);
    // A station that was offline brings taps from the day before the erasure, and the day after.
    const erasedAt = (lateMs - startMs) / minuteMs;
    hub.nowMs = lateMs + 2 * dayMs;
    const past = new Past(hub).checkIns(erasedAt - dayMin, erasedAt + dayMin);
    await hub.give(past.message(1, 2, erasedAt + 2 * dayMin));
    await issue();
    expect(await cards()).toMatchObject([{ token: hub.card, status: 'active', since_ms: lateMs }]);
    expect(await scene.checkIns()).toMatchObject([
      { volunteer_id: null, outcome: 'unknown-card' },
      { outcome: 'credited', points: 10 },
    ]);
  });
});

it('keeps of a card that was forgotten no more than its token and when', async () => {
  await erase(lateMs);
  const rows = await hub.store.db.selectFrom('forgotten_card').selectAll().execute();
  expect(rows).toEqual([{ token: hub.card, not_before_ms: lateMs }]);
});

it('never gives a card’s second owner’s taps to the third, either', async () => {
  await erase(lateMs);
  const second = await addVolunteer(hub.store, 'Volunteer 2', by);
  await addCard(hub.store, second, uid, by);
  await erase(lateMs + dayMs, second);
  await addCard(hub.store, await addVolunteer(hub.store, 'Volunteer 3', by), uid, by);
  expect(await cards()).toMatchObject([{ since_ms: lateMs + dayMs }]);
});

describe('an enrolment of who is erased', () => {
  const request = 'en-000000000001';
  const fresh = 'b'.repeat(32);
  const askedMs = startMs + 118 * minuteMs;
  let person: string;
  const ask = () =>
    askForCard(hub.store, {
      ...{ volunteer: person, station: hub.station, by, atMs: askedMs },
      newRequest: () => request,
    });
  const rows = () => hub.store.db.selectFrom('enrolment').selectAll().execute();
  const answers = () => hub.receipts.at(-1)?.outcomes.map(({ outcome }) => outcome);
  const tap = async () => {
    const past = new Past(hub);
    for (const card of [fresh, fresh, hub.card]) {
      const enrol = card === fresh ? { enrol: request } : {};
      past.add(118 + past.texts.length / 100, { type: 'check-in', card, ...enrol });
    }
    await hub.give(past.message(1, past.texts.length, 118.5));
  };

  beforeEach(async () => {
    hub.nowMs = askedMs + 20_000;
    person = await addVolunteer(hub.store, 'Volunteer 2', by);
    await hub.store.db
      .insertInto('station_presence')
      .values({ station: hub.station, state: 'online', session: 's', since_ms: 0, heard_ms: 0 })
      .execute();
  });

  it('ends, the station is told, and other people’s taps in the message are taken', async () => {
    const id = await ask();
    await erase(hub.nowMs, person);
    expect(await enrolmentOf(hub.store, id, hub.nowMs)).toMatchObject({ state: 'cancelled' });
    const told = JSON.stringify(await hub.outgoing());
    expect(told).toContain('enrol-over');
    await tap();
    expect(answers()).toEqual(['unknown-card', 'unknown-card', 'credited']);
  });

  it('brings nothing and stops nobody although it was left open', async () => {
    await erase(hub.nowMs, person);
    const open = { volunteer_id: person, by, asked_ms: askedMs, until_ms: askedMs + minuteMs };
    await hub.store.db
      .insertInto('enrolment')
      .values({ request, station: hub.station, ...open })
      .execute();
    await tap();
    expect(answers()).toEqual(['unknown-card', 'unknown-card', 'credited']);
  });

  it('is not begun', async () => {
    await erase(hub.nowMs, person);
    await expect(ask()).rejects.toThrow('was erased');
    expect(await rows()).toEqual([]);
  });

  it('names no card any more, nor them where another’s was waited for', async () => {
    const asked = { station: hub.station, by, asked_ms: 1, until_ms: 2, ended_ms: 2 };
    const own = { read: fresh, replaces: hub.card, result: 'enrolled' } as const;
    await hub.store.db
      .insertInto('enrolment')
      .values([
        { ...asked, ...own, request: 'en-1', volunteer_id: person },
        { ...asked, read: fresh, refused: person, request: 'en-2', volunteer_id: hub.volunteer },
      ])
      .execute();
    await erase(hub.nowMs, person);
    expect(await rows()).toMatchObject([
      { read: null, replaces: null, result: 'enrolled' },
      { read: fresh, refused: null },
    ]);
  });
});

it('goes by night also where ordinary retention took the last check-in', async () => {
  await scene.give([april]);
  await erase(nightMs);
  expect(await cards()).toMatchObject([{ token: hub.card, status: 'returned' }]);
  await scene.remove(lateMs);
  expect(await scene.checkIns()).toEqual([]);
  const night = () => finishErasures(hub.store, { by: 'nightly', atMs: lateMs, dayOf }, new Pace());
  expect(await night()).toEqual({ volunteers: 0, checkIns: 0, faults: [] });
  expect(await cards()).toEqual([]);
  expect(await hub.store.db.selectFrom('card_event').selectAll().execute()).toEqual([]);
});
